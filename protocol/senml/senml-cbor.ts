/**
 * SenML packs in CBOR.
 *
 * What is written is deterministic and passes the ledger's rule for content; what
 * is read may come from anyone, with fields in any order and numbers in any form
 * that the RFC allows.
 *
 * @see RFC 8428 §6
 * @module
 */

import { decode, encode, rfc8949EncodeOptions } from 'cborg'
import { concatBytes } from '../foundation/bytes.ts'
import { readSenmlPack, SENML_FIELDS, type SenmlLabel, type SenmlRecord } from './senml-record.ts'

/** The form of content that is a pack of its own. */
const INLINE_FORM = 0x00
/** CBOR's tag of decimal fractions: an exponent and a mantissa to the base of ten. */
const DECIMAL_FRACTION = 4

const LABELS: ReadonlyMap<unknown, SenmlLabel> = new Map(
  SENML_FIELDS.map(([label, number]) => [number, label])
)

/** A pack in CBOR. */
export function encodeSenmlCbor(records: readonly SenmlRecord[]): Uint8Array {
  const pack = records.map((record) => {
    const fields = SENML_FIELDS.filter(([label]) => record[label] !== undefined)
    return new Map(fields.map(([label, number]) => [number, record[label]]))
  })
  return encode(pack, rfc8949EncodeOptions)
}

/** A pack as the content of a reading or alarm: the form byte 0x00, then the pack. */
export function senmlContent(records: readonly SenmlRecord[]): Uint8Array {
  return concatBytes(Uint8Array.of(INLINE_FORM), encodeSenmlCbor(records))
}

/**
 * Reads a pack in CBOR.
 *
 * @param bytes - untrusted
 * @returns the records without labels that are not known; undefined when it is no pack, holds a
 *   label twice, NaN or an infinity, or a label that must be understood
 */
export function decodeSenmlCbor(bytes: Uint8Array): SenmlRecord[] | undefined {
  let pack: unknown
  try {
    pack = decode(bytes, {
      useMaps: true,
      rejectDuplicateMapKeys: true,
      allowUndefined: false,
      allowNaN: false,
      allowInfinity: false,
      tags: { [DECIMAL_FRACTION]: (content) => readDecimalFraction(content()) }
    })
  } catch {
    // The library reports a stranger's bytes by throwing; to us that is a plain "no".
    return undefined
  }
  return readSenmlPack(pack, (record) =>
    record instanceof Map
      ? [...record].map(([label, value]) => [LABELS.get(label) ?? label, value] as const)
      : undefined
  )
}

/** The number nearest to a decimal fraction; what is none is no number and refused as such. */
function readDecimalFraction(content: unknown): unknown {
  if (!Array.isArray(content) || content.length !== 2) return undefined
  const [exponent, mantissa] = content as unknown[]
  const isWhole = Number.isSafeInteger(exponent) && Number.isSafeInteger(mantissa)
  // Written out and read back, because only that rounds once.
  return isWhole ? Number(`${String(mantissa)}e${String(exponent)}`) : undefined
}
