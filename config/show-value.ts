/**
 * How wrong text is shown in an error line: short, on one line, and harmless to a terminal.
 *
 * @module
 */

/** The way to a value: keys and indices from the top. */
export type Path = readonly PropertyKey[]

const SHOWN_MAX_CHARACTERS = 60
const PLAIN_KEY = /^[a-zA-Z0-9_-]{1,64}$/

/** Text on one line in printable ASCII, cut off at `charactersMax`. */
export function printable(text: string, charactersMax: number = SHOWN_MAX_CHARACTERS): string {
  // Beyond ASCII there are characters that reorder or hide what stands beside them.
  const escaped = text
    .slice(0, charactersMax + 1)
    .replace(
      /[^\x20-\x7e]/g,
      (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`
    )
  return escaped.length > charactersMax ? `${escaped.slice(0, charactersMax - 1)}…` : escaped
}

/** A value as an error line names it: `70000`, `"loud"`, `a list`. */
export function showValue(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (Array.isArray(value)) return 'a list'
  if (value instanceof Uint8Array) return 'bytes'
  if (typeof value === 'object' && value !== null) return 'a group of keys'
  if (typeof value !== 'string') return printable(String(value))
  const text = printable(value)
  return `"${text.replaceAll('"', '\\"')}"`
}

/** A path as an error line names it: `http.port`, `members[3].voteKey`. */
export function showPath(path: Path): string {
  let text = ''
  for (const part of path) {
    const key = String(part)
    if (typeof part === 'number') text += `[${key}]`
    else text += `${text === '' ? '' : '.'}${PLAIN_KEY.test(key) ? key : showValue(key)}`
  }
  return text
}
