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

const NAMES: readonly OutcomeName[] = ['applied', 'void', 'duplicate', 'waits', 'refused']

const fields = tuple(
  bytesBetween(1, 2_097_152),
  nullable(bytesBetween(1, 65_536)),
  bytesBetween(0, 1_048_576),
  list(tuple(uint(), text(64)), 1_048_576)
)

/** The stored form of a block. */
export function encodeStoredBlock(stored: StoredBlock): Uint8Array {
  const codes: CborValue[] = []
  const outcomes = Uint8Array.from(stored.outcomes, ({ outcome }) => OUTCOMES[outcome])
  for (const [index, { code }] of stored.outcomes.entries())
    if (code !== null) codes.push([index, code])
  return encodeCbor([
    stored.blockBytes,
    stored.finalisation === null ? null : encodeCertificate(stored.finalisation),
    outcomes,
    codes
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
  const codes = new Map(codeList.map(([index, code]) => [index, code]))
  const outcomes = Array.from(
    numbers,
    (number, index): Outcome => ({
      outcome: NAMES[number] as OutcomeName,
      code: codes.get(index) ?? null
    })
  )
  return { block, blockBytes, finalisation, outcomes }
}
