/**
 * Checks: what a light client makes of a node's answers, trusting genesis alone.
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
  decodeReadProof,
  decodeReceiptProof,
  type Electorate,
  equalBytes,
  type FinalHeader,
  fromHex,
  type Genesis,
  genesisElectorate,
  invariant,
  judgeAcceptedReceipt,
  judgeRead,
  judgeReceipt,
  networkTagOfGenesis,
  type Outcome,
  type ReadFault,
  type ReceiptFault,
  reject,
  type Verdict
} from '../protocol/index.ts'
import type { Anchor } from './outbox.ts'
import type { SignedTransaction } from './signed-transaction.ts'

/** A network as a client trusts it. */
export interface TrustedNetwork {
  readonly networkTag: Uint8Array
  readonly electorate: Electorate
}

/** A proved outcome with the block that holds it. */
export interface CheckedOutcome extends FinalHeader {
  readonly outcome: Outcome
}

/** A proved value, or its proved absence, with the block whose state it is of. */
export interface CheckedRead extends FinalHeader {
  readonly value: Uint8Array | null
}

/** The network that a genesis describes, in its first epoch. */
export function trustGenesis(genesis: Genesis): TrustedNetwork {
  return { networkTag: networkTagOfGenesis(genesis), electorate: genesisElectorate(genesis) }
}

/** Checks that a member promised to carry this very transaction. */
export function checkAcceptedReceipt(
  network: TrustedNetwork,
  transaction: SignedTransaction,
  encoded: Uint8Array
): Verdict<AcceptedReceiptFault, BatchHeader> {
  const receipt = decodeAcceptedReceipt(encoded)
  if (receipt === undefined) return reject('ACCEPTED_RECEIPT_MALFORMED')
  const { transactionId: id, wire } = transaction
  return judgeAcceptedReceipt(receipt, { id, wire }, network)
}

/** Checks a receipt of this transaction: the outcome is final. */
export function checkReceipt(
  network: TrustedNetwork,
  transactionId: Uint8Array,
  encoded: Uint8Array
): Verdict<ReceiptFault | 'RECEIPT_OF_OTHER_TRANSACTION', CheckedOutcome> {
  const proof = decodeReceiptProof(encoded)
  if (proof === undefined) return reject('RECEIPT_MALFORMED')
  if (!equalBytes(proof.transactionId, transactionId)) return reject('RECEIPT_OF_OTHER_TRANSACTION')
  const judged = judgeReceipt(proof, network)
  return judged.ok ? acceptAs({ ...judged.value, outcome: proof.outcome }) : judged
}

/** Checks a read of this key of this table. */
export function checkRead(
  network: TrustedNetwork,
  place: { readonly table: number; readonly key: Uint8Array },
  encoded: Uint8Array
): Verdict<ReadFault | 'READ_OF_OTHER_KEY', CheckedRead> {
  const proof = decodeReadProof(encoded)
  if (proof === undefined) return reject('READ_PROOF_MALFORMED')
  if (proof.table !== place.table || !equalBytes(proof.key, place.key))
    return reject('READ_OF_OTHER_KEY')
  const judged = judgeRead(proof, network)
  return judged.ok ? acceptAs({ ...judged.value, value: proof.value }) : judged
}

/** The anchor that a final header makes: a device may adopt it. */
export function anchorOf({ header, blockId }: FinalHeader): Anchor {
  const bytes = fromHex(blockId)
  invariant(bytes !== undefined, 'a block id is hex')
  return { height: header.height, blockId: bytes.subarray(0, 16) }
}
