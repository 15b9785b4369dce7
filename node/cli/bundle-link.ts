/**
 * Join bundles as links: the same bytes, in text that can be mailed or shown.
 *
 * @module
 */

const SCHEME = 'thingmoot:join?bundle='

/** The link that holds a bundle. */
export function bundleToLink(encoded: Uint8Array): string {
  return `${SCHEME}${Buffer.from(encoded).toString('base64url')}`
}

/** Whether a text means to be such a link. */
export function isBundleLink(text: string): boolean {
  return text.startsWith('thingmoot:')
}

/** The bytes in a link; undefined when it is none. */
export function bundleFromLink(link: string): Uint8Array | undefined {
  if (!link.startsWith(SCHEME)) return undefined
  const text = link.slice(SCHEME.length)
  return /^[A-Za-z0-9_-]+$/.test(text) ? new Uint8Array(Buffer.from(text, 'base64url')) : undefined
}
