import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  BATCH_ENCODED_MAX_BYTES,
  BLOCK_BATCHES_MAX,
  type Certificate,
  createBlock,
  createCertificate,
  encodeProposalMessage,
  JUSTIFICATION_MAX,
  type MemberIndex,
  PROPOSAL_INLINE_MAX_BYTES,
  type SignedVote,
  type View
} from '../../protocol/index.ts'
import { emptyBlock } from '../testing/epoch-blocks.ts'
import { ELECTORATE, signBatch } from '../testing/small-network.ts'
import { NETWORK_LIMITS } from './limits.ts'

const test = suite('network limits')

const MIB = 1024 * 1024
/** The most batches that a fetch answers with. */
const ANSWERED_BATCHES_BYTES = 4 * MIB

/** A certificate of so many members, as large as one is. */
function certificateOf(members: number): Certificate {
  const vote = {
    kind: 'nullify',
    epoch: ELECTORATE.epoch,
    view: 9_999 as View,
    subject: null
  } as const
  const signature = new Uint8Array(64)
  return createCertificate(
    Array.from({ length: members }, (_, signer) => ({
      vote,
      signer: signer as MemberIndex,
      signature
    }))
  )
}

/** The longest proposal: as many batches and certificates as there may be, and small batches inlined. */
function longestProposal(members: number): Uint8Array {
  const { header } = emptyBlock(ELECTORATE, { parentId: new Uint8Array(32) })
  const { reference } = signBatch([], { header: { authorSequence: 2 ** 48, height: 2 ** 48 } })
  const block = createBlock(
    header,
    Array.from({ length: BLOCK_BATCHES_MAX }, () => reference)
  )
  const subject = { parentView: 0 as View, blockId: block.id }
  const vote: SignedVote = {
    vote: { kind: 'notarise', epoch: header.epoch, view: header.view, subject },
    signer: 0 as MemberIndex,
    signature: new Uint8Array(64)
  }
  const quorum = Math.floor((2 * members) / 3) + 1
  const justification = Array.from({ length: JUSTIFICATION_MAX }, () => certificateOf(quorum))
  const inlined = new Uint8Array(PROPOSAL_INLINE_MAX_BYTES)
  return encodeProposalMessage({ block, vote, justification }, [inlined])
}

test('the largest proposal of a network of 256 members is no longer than what members may say', () => {
  const { length } = longestProposal(256)
  assert.ok(length > MIB / 2, `${length} bytes`)
  assert.ok(length <= NETWORK_LIMITS.votesMessageMaxBytes, `${length} bytes`)
})

test('a full batch fits its stream and the gossip, and a run of blocks its answer', () => {
  assert.ok(BATCH_ENCODED_MAX_BYTES <= NETWORK_LIMITS.batchesMessageMaxBytes)
  assert.ok(BATCH_ENCODED_MAX_BYTES <= NETWORK_LIMITS.gossipMessageMaxBytes)
  const { length } = longestProposal(256)
  assert.ok(ANSWERED_BATCHES_BYTES + length <= NETWORK_LIMITS.fetchAnswerMaxBytes)
})

test.run()
