/**
 * Ids on the command line: in full, or as much of them as tells them apart.
 *
 * @module
 */

import { fromHex, invariant } from '../../protocol/index.ts'
import { usage } from './command.ts'

const ID_CHARACTERS = 64

/**
 * The id that a text stands for.
 *
 * @param known - ids in hexadecimal among which an abbreviation is looked for
 * @param what  - such as "open motion", for errors
 * @throws NodeError USAGE_WRONG
 */
export function resolveId(text: string, known: readonly string[], what: string): string {
  const wanted = text.toLowerCase()
  if (!/^[0-9a-f]{1,64}$/.test(wanted)) throw usage(`"${text}" is no id: ids are hexadecimal`)
  if (wanted.length === ID_CHARACTERS) return wanted
  const found = [...new Set(known)].filter((id) => id.startsWith(wanted))
  const [only] = found
  if (only === undefined)
    throw usage(`"${text}" is the beginning of no ${what}; one that is over is named in full`)
  if (found.length > 1)
    throw usage(`"${text}" is the beginning of ${found.length} ids: write more of it`)
  return only
}

/** The bytes of an id in full. */
export function idBytes(id: string): Uint8Array {
  const bytes = fromHex(id)
  invariant(bytes !== undefined, 'ids are hexadecimal by now')
  return bytes
}
