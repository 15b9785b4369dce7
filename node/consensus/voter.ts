/**
 * The voter: the one gate through which a vote is signed.
 *
 * Bodies and batches first, synced; then the votes with the certificates that
 * led to them, in one synced write. Only what is recorded is ever handed out,
 * and at a restart it is handed out as it was recorded, never signed anew.
 *
 * @module
 */

import {
  type Block,
  type BlockId,
  type Certificate,
  decodeCertificate,
  decodeMemberMessage,
  type Effect,
  type Electorate,
  encodeBlock,
  encodeCertificate,
  encodeVote,
  encodeVoteMessage,
  invariant,
  type MemberIndex,
  type SignedVote,
  type View,
  type VoteKind
} from '../../protocol/index.ts'
import { bodyKey } from '../ledger/keyspace.ts'
import type { Database } from '../storage/database.ts'
import type { VoteLog } from '../storage/vote-log.ts'

/** What the voter signs with and where it records. */
export interface VoterOptions {
  readonly networkTag: Uint8Array
  readonly electorate: Electorate
  readonly self: MemberIndex
  readonly voteLog: VoteLog
  readonly database: Database
  /** Signs with this epoch's vote key. */
  readonly sign: (message: Uint8Array) => Uint8Array
  readonly blockOf: (blockId: BlockId) => Block | undefined
}

/** What a vote log says about an epoch. */
export interface RecordedVotes {
  readonly votes: readonly SignedVote[]
  readonly certificates: readonly Certificate[]
}

const CERTIFICATE_KINDS: {
  readonly [Kind in VoteKind]: 'notarisation' | 'nullification' | 'finalisation'
} = { notarise: 'notarisation', nullify: 'nullification', finalise: 'finalisation' }

/** Signs and records. */
export class Voter {
  readonly #options: VoterOptions

  constructor(options: VoterOptions) {
    this.#options = options
  }

  /** Carries out `record-votes`: everything is durable when it resolves. */
  async record(effect: Extract<Effect, { kind: 'record-votes' }>): Promise<readonly SignedVote[]> {
    const { electorate, networkTag, self, sign, voteLog } = this.#options
    await this.#syncBodies(effect.blockIds)
    const votes = effect.votes.map((vote): SignedVote => {
      const signature = sign(encodeVote(networkTag, electorate, vote))
      return { vote, signer: self, signature }
    })
    await voteLog.record({
      entries: votes.map((signed) => ({
        epoch: signed.vote.epoch,
        view: signed.vote.view,
        kind: signed.vote.kind,
        bytes: encodeVoteMessage(signed)
      })),
      certificates: effect.certificates.map((certificate) => ({
        epoch: certificate.vote.epoch,
        view: certificate.vote.view,
        kind: CERTIFICATE_KINDS[certificate.vote.kind],
        bytes: encodeCertificate(certificate)
      }))
    })
    return votes
  }

  /** A synced write also makes durable whatever was written before it, so the batches too. */
  async #syncBodies(blockIds: readonly BlockId[]): Promise<void> {
    if (blockIds.length === 0) return
    const batch = this.#options.database.createBatch()
    for (const blockId of blockIds) {
      const block = this.#options.blockOf(blockId)
      invariant(block !== undefined, 'a block that is voted for is held')
      batch.put(bodyKey(blockId), encodeBlock(block))
    }
    await batch.write({ sync: true })
  }
}

/** Reads what this node recorded from a view on. */
export async function readRecordedVotes(
  voteLog: VoteLog,
  electorate: Electorate,
  { self, from }: { readonly self: MemberIndex; readonly from: View }
): Promise<RecordedVotes> {
  const { entries, certificates } = await voteLog.load({ epoch: electorate.epoch, view: from })
  const votes: SignedVote[] = []
  for (const { bytes } of entries) {
    const message = decodeMemberMessage(bytes, self)
    invariant(message?.kind === 'vote', 'the vote log holds only votes of our own writing')
    votes.push(message.vote)
  }
  return {
    votes: votes.filter(({ vote }) => vote.epoch === electorate.epoch),
    certificates: certificates
      .map(({ bytes }) => decodeCertificate(bytes))
      .filter((certificate) => certificate !== undefined)
      .filter(({ vote }) => vote.epoch === electorate.epoch)
  }
}
