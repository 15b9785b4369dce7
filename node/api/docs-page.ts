/**
 * The page `/docs`: every route for people, without a script and without the net.
 *
 * @module
 */

import { openApiPath } from './openapi.ts'
import type { Route } from './route.ts'

/** What the page may load: its own style, and nothing else from nowhere. */
export const DOCS_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

const STYLE =
  'body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;' +
  'color-scheme:light dark}code{font-family:ui-monospace,monospace}td,th{text-align:left;' +
  'padding:.25rem .75rem .25rem 0;vertical-align:top}small{opacity:.75}'

/** The page of these routes. */
export function printDocs(routes: readonly Route[], version: string): string {
  const rows = routes.map(
    ({ method, path, summary, produces, right }) =>
      `<tr><td><code>${method}</code></td><td><code>${escapeText(openApiPath(path))}</code></td>` +
      `<td>${escapeText(summary)}<br><small>${escapeText(produces.join(', '))}${right === 'open' ? '; open to all' : ''}</small></td></tr>`
  )
  return [
    '<!doctype html><html lang="en"><meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width">',
    `<title>Thingmoot API</title><style>${STYLE}</style>`,
    `<h1>Thingmoot API</h1><p>Version ${escapeText(version)}. All parameters and answers stand in `,
    '<a href="/openapi.json">/openapi.json</a> (OpenAPI 3.1). WebSockets: <code>/v1/socket</code>.</p>',
    '<p>Every answer names the network, the height and the time of the block it speaks for, in the ',
    'headers <code>Thingmoot-Network</code>, <code>-Height</code> and <code>-Final-At</code>. Problems ',
    'are <code>application/problem+json</code> with a stable <code>code</code>.</p>',
    `<table>${rows.join('')}</table></html>\n`
  ].join('')
}

function escapeText(text: string): string {
  const names: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;'
  }
  return text.replaceAll(/[&<>"]/g, (letter) => names[letter] ?? letter)
}
