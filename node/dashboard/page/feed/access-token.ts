/**
 * The token that this tab shows to the node: kept as long as the tab, told to nobody else.
 *
 * @module
 */

const KEY = 'thingmoot-token'
const TOKEN = /^[A-Za-z0-9_-]{1,128}$/

/** The token of this tab; null for none. */
export function readToken(): string | null {
  return sessionStorage.getItem(KEY)
}

/** Keeps a token; false for text that can be none. */
export function keepToken(text: string): boolean {
  if (!TOKEN.test(text)) return false
  sessionStorage.setItem(KEY, text)
  return true
}
