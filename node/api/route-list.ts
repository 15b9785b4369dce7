/**
 * The list of routes as Markdown, for the README: printed, so that it cannot be out of date.
 *
 * @module
 */

import { openApiPath } from './openapi.ts'
import type { Route } from './route.ts'

/** One row for each route, in the order of the table. */
export function printRoutes(routes: readonly Route[]): string {
  const rows = routes.map(
    ({ method, path, summary, right, rateKind }) =>
      `| \`${method} ${openApiPath(path)}\` | ${summary} | ${right} | ${rateKind ?? 'none'} |`
  )
  return ['| route | tells or does | right | rate |', '|---|---|---|---|', ...rows].join('\n')
}
