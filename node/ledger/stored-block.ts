/**
 * Stored blocks: a final block with what became of its transactions.
 *
 * Outcomes are packed, one byte each, with codes only where there is one; the
 * receipts tree is made of them again when somebody asks for a path.
 *
 * @module
 */

import {
  type Block,
  bytesBetween,
  type CborValue,
  type Certificate,
  decodeBlock,
  decodeCbor,
  decodeCertificate,
  encodeCbor,
  encodeCertificate,
  invariant,
  list,
  nullable,
  OUTCOMES,
  type Outcome,
  type OutcomeName,
  type Shape,
  text,
  tuple,
  uint
} from '../../protocol/index.ts'

/** A final block as it lies in the database. */
export interface StoredBlock {
  readonly block: Block
  readonly blockBytes: Uint8Array
  /** Null when only a descendant was finalised directly. */
  readonly finalisation: Certificate | null
  readonly outcomes: readonly Outcome[]
}

const NAMES: readonly (OutcomeName | undefined)[] = [
  'applied',
  'void',
  'duplicate',
  'waits',
  'refused'
]

/** The shape of packed outcomes. */
export const packedOutcomes: {
  readonly numbers: Shape<Uint8Array>
  readonly codes: Shape<readonly (readonly [number, string])[]>
} = {
  numbers: bytesBetween(0, 1_048_576),
  codes: list(tuple(uint(), text(64)), 1_048_576)
}

const fields = tuple(
  bytesBetween(1, 2_097_152),
  nullable(bytesBetween(1, 65_536)),
  packedOutcomes.numbers,
  packedOutcomes.codes
)

/** Outcomes in their packed form: a byte each, and codes by position only where there is one. */
export function packOutcomes(
  outcomes: readonly Outcome[]
): readonly [numbers: Uint8Array, codes: CborValue[]] {
  const codes: CborValue[] = []
  const numbers = Uint8Array.from(outcomes, ({ outcome }) => OUTCOMES[outcome])
  for (const [index, { code }] of outcomes.entries()) if (code !== null) codes.push([index, code])
  return [numbers, codes]
}

/** Reads packed outcomes; undefined for a number that means none. */
export function unpackOutcomes(
  numbers: Uint8Array,
  codeList: readonly (readonly [index: number, code: string])[]
): readonly Outcome[] | undefined {
  const codes = new Map(codeList.map(([index, code]) => [index, code]))
  const outcomes: Outcome[] = []
  for (const [index, number] of numbers.entries()) {
    const outcome = NAMES[number]
    if (outcome === undefined) return undefined
    outcomes.push({ outcome, code: codes.get(index) ?? null })
  }
  return outcomes
}

/** The stored form of a block. */
export function encodeStoredBlock(stored: StoredBlock): Uint8Array {
  return encodeCbor([
    stored.blockBytes,
    stored.finalisation === null ? null : encodeCertificate(stored.finalisation),
    ...packOutcomes(stored.outcomes)
  ])
}

/** Reads a stored block of our own writing. */
export function decodeStoredBlock(encoded: Uint8Array): StoredBlock {
  const read = fields(decodeCbor(encoded))
  invariant(read !== undefined, 'the database holds only well-formed blocks')
  const [blockBytes, certificate, numbers, codeList] = read
  const block = decodeBlock(blockBytes)
  invariant(block !== undefined, 'the database holds only well-formed blocks')
  const finalisation = certificate === null ? null : (decodeCertificate(certificate) ?? null)
  const outcomes = unpackOutcomes(numbers, codeList)
  invariant(outcomes !== undefined, 'the database holds only well-formed outcomes')
  return { block, blockBytes, finalisation, outcomes }
}
