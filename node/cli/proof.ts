/**
 * Proofs in words: what a receipt, an accepted receipt or a read proof shows, or why it shows nothing.
 *
 * @module
 */

import { type TrustedNetwork, trustedFor } from '../../client/index.ts'
import {
  ACCEPTED_RECEIPT_FORMAT,
  decodeAcceptedReceipt,
  decodeCbor,
  decodeReadProof,
  decodeReceiptProof,
  type FinalHeader,
  judgeAcceptedReceipt,
  judgeRead,
  judgeReceipt,
  judgeTransaction,
  READ_FORMAT,
  RECEIPT_FORMAT,
  TABLES,
  toHex
} from '../../protocol/index.ts'
import { toJson } from './output.ts'

/** What is taken for granted, and what an accepted receipt is for. */
export interface ProofContext {
  readonly networkId: string
  /** The members of each epoch, as far as their seals were followed. */
  readonly ledger: TrustedNetwork
  readonly transaction?: Uint8Array | undefined
}

/** What was proved. */
export interface ProvedFact {
  readonly proof: 'receipt' | 'read' | 'accepted'
  readonly networkId: string
  readonly sentence: string
  /** The same and more, name by name. */
  readonly facts: Readonly<Record<string, unknown>>
  readonly rows: readonly (readonly [string, string])[]
}

/** Why nothing was proved. */
export interface ProofFault {
  readonly kind: 'fault'
  readonly code: string
  readonly what: string
}

/** The verdict on a proof. */
export type ProofVerdict =
  | { readonly kind: 'proved'; readonly fact: ProvedFact }
  | ProofFault
  | { readonly kind: 'needs-transaction' }

type Trusted = Pick<ProofContext, 'networkId' | 'ledger'>

const FAULTS: Readonly<Record<string, string>> = {
  PROOF_MALFORMED: 'the bytes are no proof in canonical form',
  HEADER_MALFORMED: 'its block header is none',
  HEADER_NETWORK_WRONG: 'it is of another network than this genesis',
  HEADER_ELECTORATE_WRONG: 'its members are not those of its epoch',
  EPOCH_AHEAD:
    'it is of a later epoch than the seals at hand lead to; have them followed with --node <url>, or fetch them with "thingmoot seals <file> --node <url>" and name them with --seals <file>',
  EPOCH_FORGOTTEN: 'its epoch is over for too long',
  DESCENDANTS_BROKEN: 'its headers do not follow each other',
  FINALISATION_OF_OTHER_BLOCK: 'what the members finalised is another block',
  FINALISATION_FORGED: 'the signatures of the members do not stand',
  RECEIPT_PATH_WRONG: 'the block does not hold this outcome',
  STATE_PROOF_WRONG: 'the way from the value to the state root is wrong',
  VALUE_DIFFERENT: 'the state holds another value',
  ACCEPTED_RECEIPT_MALFORMED: 'its batch header is none',
  BATCH_AUTHOR_UNKNOWN: 'it is signed by nobody who is a member',
  BATCH_SIGNATURE_FORGED: 'the signature of the member does not stand',
  ACCEPTED_RECEIPT_PATH_WRONG: 'the batch does not hold this transaction'
}

const OUTCOME_WORDS: Readonly<Record<string, string>> = {
  applied: 'was applied',
  void: 'counted, but had no effect',
  duplicate: 'had counted before',
  waits: 'was skipped and may come again',
  refused: 'was refused'
}

/** Judges a proof of any of the three formats; its first position tells which. */
export function judgeProof(encoded: Uint8Array, context: ProofContext): ProofVerdict {
  const value = decodeCbor(encoded)
  const format = Array.isArray(value) ? value[0] : undefined
  if (format === RECEIPT_FORMAT) return judgeFinal(encoded, context)
  if (format === READ_FORMAT) return judgeValue(encoded, context)
  if (format === ACCEPTED_RECEIPT_FORMAT) return judgeAccepted(encoded, context)
  return fault('PROOF_MALFORMED')
}

function judgeFinal(encoded: Uint8Array, trusted: Trusted): ProofVerdict {
  const receipt = decodeReceiptProof(encoded)
  if (receipt === undefined) return fault('PROOF_MALFORMED')
  const members = trustedFor(receipt.finality, trusted.ledger)
  if (!members.ok) return fault(members.fault)
  const judged = judgeReceipt(receipt, members.value)
  if (!judged.ok) return fault(judged.fault)
  const { outcome, code } = receipt.outcome
  const transactionId = toHex(receipt.transactionId)
  const block = blockFacts(judged.value)
  const reason = code === null ? '' : ` (${code})`
  return proved('receipt', trusted, {
    sentence: `Transaction ${transactionId.slice(0, 16)}… ${OUTCOME_WORDS[outcome] ?? outcome}${reason} in ${inBlock(block)}.`,
    facts: { transactionId, outcome, code, index: receipt.index, ...block }
  })
}

function judgeValue(encoded: Uint8Array, trusted: Trusted): ProofVerdict {
  const proof = decodeReadProof(encoded)
  if (proof === undefined) return fault('PROOF_MALFORMED')
  const members = trustedFor(proof.finality, trusted.ledger)
  if (!members.ok) return fault(members.fault)
  const judged = judgeRead(proof, members.value)
  if (!judged.ok) return fault(judged.fault)
  const known = [...TABLES.values()].find(({ number }) => number === proof.table)
  const name = known?.name ?? `table ${proof.table}`
  const block = blockFacts(judged.value)
  const holds = proof.value === null ? 'holds nothing' : `holds ${proof.value.length} bytes`
  const key = toHex(proof.key)
  return proved('read', trusted, {
    sentence: `The state ${holds} at ${name}/${key.slice(0, 16)}… as of ${inBlock(block)}.`,
    facts: {
      table: name,
      key,
      value: proof.value === null ? null : toHex(proof.value),
      // the value is what a quorum committed to, so it is one of the table's own
      record: proof.value === null ? null : (known?.decode(proof.value) ?? null),
      ...block
    }
  })
}

function judgeAccepted(
  encoded: Uint8Array,
  { transaction: wire, ...trusted }: ProofContext
): ProofVerdict {
  const { networkTag, newest: electorate } = trusted.ledger
  const receipt = decodeAcceptedReceipt(encoded)
  if (receipt === undefined) return fault('PROOF_MALFORMED')
  if (wire === undefined) return { kind: 'needs-transaction' }
  const transaction = judgeTransaction(wire, networkTag)
  if (!transaction.ok)
    return { kind: 'fault', code: transaction.fault, what: 'the transaction itself is faulty' }
  const judged = judgeAcceptedReceipt(receipt, transaction.value, {
    networkTag,
    electorate
  })
  if (!judged.ok) return fault(judged.fault)
  const author = toHex(judged.value.author)
  const transactionId = toHex(transaction.value.id)
  return proved('accepted', trusted, {
    sentence: `Member ${author.slice(0, 16)}… has promised to carry transaction ${transactionId.slice(0, 16)}…; what became of it, a receipt proves.`,
    facts: { transactionId, member: author, index: receipt.index }
  })
}

interface BlockFacts {
  readonly height: number
  readonly blockId: string
  readonly time: string
  readonly stateRoot: string
}

function blockFacts({ header, blockId }: FinalHeader): BlockFacts {
  const { height, timeMs, stateRoot } = header
  return { height, blockId, time: new Date(timeMs).toISOString(), stateRoot: toHex(stateRoot) }
}

function inBlock({ height, time }: BlockFacts): string {
  return `final block ${height}, ${time}`
}

function proved(
  proof: ProvedFact['proof'],
  { networkId }: Trusted,
  { sentence, facts }: Pick<ProvedFact, 'sentence' | 'facts'>
): ProofVerdict {
  const rows = Object.entries({ network: networkId, ...facts }).map(
    ([name, value]) => [name, showFact(value)] as const
  )
  return { kind: 'proved', fact: { proof, networkId, sentence, facts, rows } }
}

function showFact(value: unknown): string {
  if (value === null) return 'none'
  return typeof value === 'object' ? toJson(value).replaceAll('\n', '\n  ') : String(value)
}

function fault(code: string): ProofFault {
  return { kind: 'fault', code, what: FAULTS[code] ?? 'it does not hold' }
}
