/**
 * JSON from strangers: bounded depth, and no key that could reach a prototype.
 *
 * @module
 */

/** Arrays and objects nested deeper than this are refused. */
export const JSON_DEPTH_MAX = 16

/** What is wrong with a text that should be JSON. */
export type JsonFault = 'JSON_TOO_DEEP' | 'JSON_KEY_FORBIDDEN' | 'JSON_MALFORMED'

/** Reads a JSON text of anyone's making. */
export function readJson(
  text: string
):
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly fault: JsonFault } {
  // The depth is counted before parsing: the parser itself would recurse.
  if (isTooDeep(text)) return { ok: false, fault: 'JSON_TOO_DEEP' }
  let isKeyForbidden = false
  try {
    const value: unknown = JSON.parse(text, (key, member: unknown) => {
      if (key === '__proto__' || key === 'constructor') isKeyForbidden = true
      return member
    })
    return isKeyForbidden ? { ok: false, fault: 'JSON_KEY_FORBIDDEN' } : { ok: true, value }
  } catch {
    // The parser reports a stranger's text by throwing; to us that is a plain "no".
    return { ok: false, fault: 'JSON_MALFORMED' }
  }
}

function isTooDeep(text: string): boolean {
  let depth = 0
  for (let index = 0; index < text.length; index++) {
    const letter = text[index]
    if (letter === '"') index = endOfText(text, index)
    else if (letter === '[' || letter === '{') depth++
    else if (letter === ']' || letter === '}') depth--
    if (depth > JSON_DEPTH_MAX) return true
  }
  return false
}

/** The place of the quote that closes the text opened at `start`. */
function endOfText(text: string, start: number): number {
  let index = start + 1
  while (index < text.length && text[index] !== '"') index += text[index] === '\\' ? 2 : 1
  return index
}
