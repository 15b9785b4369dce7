/**
 * Checks: what a light client makes of a node's answers, trusting nothing but the seals it followed.
 *
 * An answer counts only for the question that was asked, so every check takes
 * both: a genuine proof about something else is refused like a forged one.
 *
 * @see ../protocol/SPEC.md §10 Proofs
 * @module
 */

import {
  type AcceptedReceiptFault,
  acceptAs,
  type BatchHeader,
  decodeAcceptedReceipt,
  decodeBlockHeader,
  decodeReadProof,
  decodeReceiptProof,
  type Electorate,
  equalBytes,
  type FinalHeader,
  type FinalityProof,
  fromHex,
  invariant,
  judgeAcceptedReceipt,
  judgeRead,
  judgeReceipt,
  type Outcome,
  type ReadFault,
  type ReceiptFault,
  reject,
  type Verdict
} from '../protocol/index.ts'
import type { EpochFault, TrustedNetwork } from './ledger-follower.ts'
import type { Anchor } from './outbox.ts'
import type { SignedTransaction } from './signed-transaction.ts'

/** A proved outcome with the block that holds it. */
export interface CheckedOutcome extends FinalHeader {
  readonly outcome: Outcome
}

/** A proved value, or its proved absence, with the block whose state it is of. */
export interface CheckedRead extends FinalHeader {
  readonly value: Uint8Array | null
}

/** Checks that a member of the newest epoch that is known promised to carry this very transaction. */
export function checkAcceptedReceipt(
  network: TrustedNetwork,
  transaction: SignedTransaction,
  encoded: Uint8Array
): Verdict<AcceptedReceiptFault, BatchHeader> {
  const receipt = decodeAcceptedReceipt(encoded)
  if (receipt === undefined) return reject('ACCEPTED_RECEIPT_MALFORMED')
  const { transactionId: id, wire } = transaction
  const { networkTag, newest: electorate } = network
  return judgeAcceptedReceipt(receipt, { id, wire }, { networkTag, electorate })
}

/** Checks a receipt of this transaction: the outcome is final. */
export function checkReceipt(
  network: TrustedNetwork,
  transactionId: Uint8Array,
  encoded: Uint8Array
): Verdict<ReceiptFault | EpochFault | 'RECEIPT_OF_OTHER_TRANSACTION', CheckedOutcome> {
  const proof = decodeReceiptProof(encoded)
  if (proof === undefined) return reject('RECEIPT_MALFORMED')
  if (!equalBytes(proof.transactionId, transactionId)) return reject('RECEIPT_OF_OTHER_TRANSACTION')
  const trusted = trustedFor(proof.finality, network)
  if (!trusted.ok) return trusted
  const judged = judgeReceipt(proof, trusted.value)
  return judged.ok ? acceptAs({ ...judged.value, outcome: proof.outcome }) : judged
}

/** Checks a read of this key of this table. */
export function checkRead(
  network: TrustedNetwork,
  place: { readonly table: number; readonly key: Uint8Array },
  encoded: Uint8Array
): Verdict<ReadFault | EpochFault | 'READ_OF_OTHER_KEY', CheckedRead> {
  const proof = decodeReadProof(encoded)
  if (proof === undefined) return reject('READ_PROOF_MALFORMED')
  if (proof.table !== place.table || !equalBytes(proof.key, place.key))
    return reject('READ_OF_OTHER_KEY')
  const trusted = trustedFor(proof.finality, network)
  if (!trusted.ok) return trusted
  const judged = judgeRead(proof, trusted.value)
  return judged.ok ? acceptAs({ ...judged.value, value: proof.value }) : judged
}

/** The network in the epoch that a proof is of: its members then, and no others, can have proved it. */
export function trustedFor(
  { headerBytes }: Pick<FinalityProof, 'headerBytes'>,
  network: TrustedNetwork
): Verdict<
  EpochFault | 'HEADER_MALFORMED' | 'HEADER_NETWORK_WRONG',
  { readonly networkTag: Uint8Array; readonly electorate: Electorate }
> {
  const header = decodeBlockHeader(headerBytes)
  if (header === undefined) return reject('HEADER_MALFORMED')
  const { networkTag } = network
  if (!equalBytes(header.networkTag, networkTag)) return reject('HEADER_NETWORK_WRONG')
  const electorate = network.electorateOf(header.epoch)
  return electorate.ok ? acceptAs({ networkTag, electorate: electorate.value }) : electorate
}

/** The anchor that a final header makes: a device may adopt it. */
export function anchorOf({ header, blockId }: FinalHeader): Anchor {
  const bytes = fromHex(blockId)
  invariant(bytes !== undefined, 'a block id is hex')
  return { height: header.height, blockId: bytes.subarray(0, 16) }
}
