/**
 * SenML packs in JSON.
 *
 * @see RFC 8428 §5, RFC 7493 I-JSON
 * @module
 */

import {
  readSenmlPack,
  SENML_FIELDS,
  type SenmlEntries,
  type SenmlLabel,
  type SenmlRecord
} from './senml-record.ts'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const SIXTETS: ReadonlyMap<string, number> = new Map(
  Array.from(ALPHABET, (letter, index) => [letter, index])
)

/** A record as JSON has it: bytes are base64url without padding. */
export type SenmlJsonRecord = Readonly<Partial<Record<SenmlLabel, number | string | boolean>>>

/** A pack in JSON, as values that can be written out. */
export function senmlJsonRecords(records: readonly SenmlRecord[]): readonly SenmlJsonRecord[] {
  return records.map((record) =>
    Object.fromEntries(
      SENML_FIELDS.filter(([label]) => record[label] !== undefined).map(([label]) => {
        const value = record[label]
        return [label, value instanceof Uint8Array ? toBase64Url(value) : value]
      })
    )
  )
}

/** A pack in JSON. */
export function encodeSenmlJson(records: readonly SenmlRecord[]): string {
  return JSON.stringify(senmlJsonRecords(records))
}

/**
 * Reads a pack in JSON.
 *
 * @param text - untrusted
 * @returns undefined as for CBOR; a name twice in an object is refused, where JSON.parse takes the last
 */
export function decodeSenmlJson(text: string): SenmlRecord[] | undefined {
  let pack: unknown
  try {
    pack = JSON.parse(text)
  } catch {
    // A stranger's text that is no JSON: a plain "no".
    return undefined
  }
  return hasNameTwice(text) ? undefined : readSenmlPack(pack, entriesOf)
}

function entriesOf(item: unknown): SenmlEntries | undefined {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) return undefined
  return Object.entries(item).map(([label, value]) =>
    label === 'vd' && typeof value === 'string'
      ? ([label, fromBase64Url(value)] as const)
      : ([label, value] as const)
  )
}

/** Strings with the colon that makes them names, and the brackets around them. */
const TOKENS = /"(?:[^"\\]|\\.)*"\s*:?|[[\]{}]/g

/** Whether an object in a text, which is well-formed JSON, has one name twice. */
function hasNameTwice(text: string): boolean {
  const open: Set<string>[] = []
  for (const [token] of text.matchAll(TOKENS)) {
    if (token === '{' || token === '[') open.push(new Set())
    else if (token === '}' || token === ']') open.pop()
    else if (token.endsWith(':')) {
      const name: string = JSON.parse(token.slice(0, token.lastIndexOf('"') + 1))
      const names = open.at(-1)
      if (names?.has(name)) return true
      names?.add(name)
    }
  }
  return false
}

function toBase64Url(bytes: Uint8Array): string {
  let text = ''
  for (let at = 0; at < bytes.length; at += 3) {
    const [first = 0, second = 0, third = 0] = bytes.subarray(at, at + 3)
    const group = (first << 16) | (second << 8) | third
    const letters = [group >> 18, group >> 12, group >> 6, group].map((bits) => ALPHABET[bits & 63])
    text += letters.slice(0, Math.min(bytes.length - at, 3) + 1).join('')
  }
  return text
}

function fromBase64Url(text: string): Uint8Array | undefined {
  const letters = text.replace(/={0,2}$/, '')
  const bytes = new Uint8Array(Math.floor((letters.length * 3) / 4))
  let [bits, held, at] = [0, 0, 0]
  for (const letter of letters) {
    const sixtet = SIXTETS.get(letter)
    if (sixtet === undefined) return undefined
    bits = ((bits << 6) | sixtet) & 0xfff
    held += 6
    if (held < 8) continue
    held -= 8
    bytes[at++] = (bits >> held) & 0xff
  }
  // A single letter left over encodes no byte.
  return held === 6 ? undefined : bytes
}
