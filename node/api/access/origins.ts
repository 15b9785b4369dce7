/**
 * Origins: which pages' scripts may read this API from a browser.
 *
 * None but those of the settings. There are no cookies here, so a page can do nothing in its
 * visitor's name that it could not do without him; the list keeps a page from using its visitor's
 * way into a closed network.
 *
 * @see WHATWG Fetch §3.2 CORS protocol
 * @module
 */

/** Headers of answers that scripts may read. */
const EXPOSED =
  'ETag, Retry-After, Thingmoot-Final-At, Thingmoot-Height, Thingmoot-Network, Thingmoot-Stale'
/** Headers of requests that scripts may set. */
const ALLOWED =
  'Accept, Authorization, Content-Type, If-None-Match, Last-Event-ID, Thingmoot-Height'
const PREFLIGHT_MAX_SECONDS = 600

/** Origins such as `https://app.example`; `*` stands for all. */
export type OriginList = readonly string[]

/** Whether scripts of an origin are let in. */
export function isOriginAllowed(origin: string, origins: OriginList): boolean {
  return origins.includes('*') || origins.includes(origin)
}

/** The headers that let a script read an answer; none for origins that are not let in. */
export function corsHeaders(
  origin: string | undefined,
  origins: OriginList
): Readonly<Record<string, string>> {
  if (origin === undefined || !isOriginAllowed(origin, origins)) return {}
  return { 'access-control-allow-origin': origin, 'access-control-expose-headers': EXPOSED }
}

/** The headers that let a script send a request. */
export function preflightHeaders(methods: readonly string[]): Readonly<Record<string, string>> {
  return {
    'access-control-allow-methods': methods.join(', '),
    'access-control-allow-headers': ALLOWED,
    'access-control-max-age': `${PREFLIGHT_MAX_SECONDS}`
  }
}

/** Whether an origin is that of this very node, as the browser names both. */
export function isOwnOrigin(origin: string, host: string | undefined): boolean {
  return (
    host !== undefined && /^https?:\/\//.test(origin) && origin.replace(/^https?:\/\//, '') === host
  )
}
