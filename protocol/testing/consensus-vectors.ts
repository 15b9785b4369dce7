/**
 * The golden vectors of blocks, votes and proofs, computed from their inputs.
 *
 * @module
 */

import { batchIdOf, batchSigningBytes, encodeBatch } from '../blocks/batch.ts'
import { encodeBlock } from '../blocks/block.ts'
import { encodeCertificate } from '../consensus/certificate.ts'
import {
  encodeCertificateMessage,
  encodeProposalMessage,
  encodeStatusMessage,
  encodeVoteMessage
} from '../consensus/message.ts'
import { encodeVote, type SignedVote } from '../consensus/vote.ts'
import { createListTree, listLeafHash } from '../crypto/merkle.ts'
import { toHex } from '../foundation/bytes.ts'
import { encodeGenesis, genesisHashOf } from '../ledger/genesis.ts'
import type { ChangedValue } from '../ledger/ledger-view.ts'
import { encodeReceiptLeaf, type Outcome } from '../ledger/outcome.ts'
import { stateKey } from '../ledger/table.ts'
import { faultWeightOf } from '../membership/electorate.ts'
import { leaderOrder } from '../membership/leaders.ts'
import { encodeAcceptedReceipt } from '../proofs/accepted-receipt.ts'
import { encodeReadProof } from '../proofs/read-proof.ts'
import { encodeReceiptProof } from '../proofs/receipt-proof.ts'
import { type Transaction, transactionLeaf } from '../transactions/transaction.ts'
import type { Epoch, View } from '../types.ts'
import { buildVectorChain, type VectorChain } from './vector-chain.ts'
import type { VectorInputs } from './vector-inputs.ts'

/** What a vector file holds: hex, numbers and words, nested by name. */
export type Vector =
  | string
  | number
  | null
  | readonly Vector[]
  | { readonly [name: string]: Vector }

/** Computes every vector. */
export function consensusVectors(inputs: VectorInputs): Readonly<Record<string, Vector>> {
  const chain = buildVectorChain(inputs)
  return {
    genesis: genesisVectors(chain),
    electorate: electorateVectors(chain),
    transactions: chain.transactions.map(transactionVector),
    batch: batchVectors(chain),
    blocks: [chain.block1, chain.block2].map((block) => ({
      header: toHex(block.headerBytes),
      id: block.id,
      encoded: toHex(encodeBlock(block))
    })),
    state: chain.executed.changedValues.map(valueVector),
    votes: voteVectors(chain),
    certificates: certificateVectors(chain),
    messages: messageVectors(chain),
    proofs: proofVectors(chain)
  }
}

function genesisVectors({ genesis, networkTag, block0, genesisValues }: VectorChain): Vector {
  return {
    encoded: toHex(encodeGenesis(genesis)),
    hash: toHex(genesisHashOf(genesis)),
    networkTag: toHex(networkTag),
    state: genesisValues.map(valueVector),
    stateRoot: toHex(block0.header.stateRoot),
    header: toHex(block0.headerBytes),
    blockId: block0.id
  }
}

function electorateVectors({ electorate }: VectorChain): Vector {
  return {
    members: electorate.seats.map(({ memberId }) => toHex(memberId)),
    hash: toHex(electorate.hash),
    quorumWeight: electorate.quorumWeight,
    faultWeight: faultWeightOf(electorate),
    leaderOrder: leaderOrder(electorate)
  }
}

function transactionVector(transaction: Transaction): Vector {
  return {
    wire: toHex(transaction.wire),
    id: toHex(transaction.id),
    leaf: toHex(transactionLeaf(transaction)),
    leafHash: toHex(listLeafHash(transactionLeaf(transaction)))
  }
}

function valueVector({ table, key, value, stateKey: treeKey, valueHash }: ChangedValue): Vector {
  return {
    table,
    key: toHex(key),
    value: toHex(value),
    stateKey: toHex(treeKey),
    valueHash: toHex(valueHash)
  }
}

function batchVectors({ batch, networkTag }: VectorChain): Vector {
  return {
    header: toHex(batch.headerBytes),
    id: batchIdOf(batch.headerBytes),
    transactionsRoot: toHex(batch.header.transactionsRoot),
    signingBytes: toHex(batchSigningBytes(networkTag, batch.headerBytes)),
    signature: toHex(batch.signature.signature),
    encoded: toHex(encodeBatch(batch))
  }
}

function voteVectors(chain: VectorChain): Vector {
  const { networkTag, electorate } = chain
  return votesOf(chain).map((signed) => ({
    kind: signed.vote.kind,
    view: signed.vote.view,
    signer: signed.signer,
    signingBytes: toHex(encodeVote(networkTag, electorate, signed.vote)),
    signature: toHex(signed.signature),
    message: toHex(encodeVoteMessage(signed))
  }))
}

function votesOf({ sign, block1 }: VectorChain): readonly SignedVote[] {
  return [
    sign('nullify', 1, null, 0),
    sign('notarise', 2, block1, 1),
    sign('finalise', 2, block1, 2)
  ]
}

function certificateVectors({ certify, block1, block2 }: VectorChain): Vector {
  return {
    nullificationOfView1: toHex(encodeCertificate(certify('nullify', 1, null))),
    notarisationOfBlock1: toHex(encodeCertificate(certify('notarise', 2, block1))),
    finalisationOfBlock1: toHex(encodeCertificate(certify('finalise', 2, block1))),
    finalisationOfBlock2: toHex(encodeCertificate(certify('finalise', 3, block2)))
  }
}

function messageVectors(chain: VectorChain): Vector {
  const { block1, batch, sign, certify, electorate } = chain
  const order = leaderOrder(electorate)
  const leader = order[1] as number
  const vote = sign('notarise', 2, block1, leader)
  const justification = [certify('nullify', 1, null)]
  const status = {
    epoch: 0 as Epoch,
    view: 3 as View,
    finalView: 2 as View,
    height: 1,
    pendingBatches: 0,
    latestVoteOfYours: null,
    isQuestion: true,
    instance: 281_474_976_710_654,
    hasTwin: false
  }
  return {
    proposal: toHex(
      encodeProposalMessage({ block: block1, vote, justification }, [encodeBatch(batch)])
    ),
    proposalLeader: leader,
    certificate: toHex(encodeCertificateMessage(certify('finalise', 2, block1))),
    statusQuestion: toHex(encodeStatusMessage(status)),
    statusAnswer: toHex(
      encodeStatusMessage({
        ...status,
        latestVoteOfYours: sign('finalise', 2, block1, leader),
        isQuestion: false,
        hasTwin: true
      })
    )
  }
}

function proofVectors(chain: VectorChain): Vector {
  const { batch, block1, block2, certify, executed, transactions, vendorId } = chain
  const direct = {
    headerBytes: block1.headerBytes,
    finalisation: certify('finalise', 2, block1),
    descendants: []
  }
  const byDescendant = {
    headerBytes: block1.headerBytes,
    finalisation: certify('finalise', 3, block2),
    descendants: [block2.headerBytes]
  }
  const index = 1
  const transaction = transactions[index] as Transaction
  const outcome = executed.outcomes[index] as Outcome
  const leaves = transactions.map((one) => listLeafHash(transactionLeaf(one)))
  const vendor = executed.changedValues.find(({ key }) => toHex(key) === toHex(vendorId))
  const stranger = new Uint8Array(32).fill(0xee)
  const read = (table: number, key: Uint8Array, value: Uint8Array | null): string =>
    toHex(
      encodeReadProof({
        table,
        key,
        value,
        state: executed.tree.prove(stateKey(table, key)),
        finality: value === null ? direct : byDescendant
      })
    )
  return {
    receiptLeaf: toHex(encodeReceiptLeaf(transaction.id, outcome)),
    receipt: toHex(
      encodeReceiptProof({
        transactionId: transaction.id,
        outcome,
        index,
        path: createListTree(executed.receiptLeaves).path(index),
        finality: direct
      })
    ),
    readOfVendor: read(8, vendorId, vendor?.value ?? null),
    readOfAbsentDevice: read(1, stranger, null),
    accepted: toHex(
      encodeAcceptedReceipt({
        headerBytes: batch.headerBytes,
        signature: batch.signature,
        index,
        path: createListTree(leaves).path(index)
      })
    )
  }
}
