/**
 * The routes that describe the API. They describe themselves too.
 *
 * @module
 */

import { softwareVersion } from '../software.ts'
import { DOCS_POLICY, printDocs } from './docs-page.ts'
import { describeApi } from './openapi.ts'
import { createRoute, type Route } from './route.ts'
import { nothing } from './shapes.ts'

const OPENAPI_TYPE = 'application/json'
const HTML_TYPE = 'text/html; charset=utf-8'

/** `GET /openapi.json` and `GET /docs`, for a table of which they are a part. */
export function docsRoutes(table: () => readonly Route[]): readonly Route[] {
  const shared = {
    method: 'GET',
    right: 'open',
    scope: 'any',
    params: nothing,
    query: nothing
  } as const
  // Printed once, when somebody asks.
  let description: string | null = null
  let page: string | null = null
  return [
    createRoute({
      ...shared,
      path: '/openapi.json',
      summary: 'This API in OpenAPI 3.1',
      produces: [OPENAPI_TYPE],
      handle: () => {
        description ??= JSON.stringify(describeApi(table(), softwareVersion()))
        return { kind: 'text', text: description, mediaType: OPENAPI_TYPE }
      }
    }),
    createRoute({
      ...shared,
      path: '/docs',
      summary: 'This API for people',
      produces: ['text/html'],
      handle: () => {
        page ??= printDocs(table(), softwareVersion())
        return { kind: 'text', text: page, mediaType: HTML_TYPE, policy: DOCS_POLICY }
      }
    })
  ]
}
