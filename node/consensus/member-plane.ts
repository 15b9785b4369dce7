/**
 * The member plane: consensus messages and batches, to and from the other members' own streams.
 *
 * Who a message is from is known by the stream it came on, never by what it says.
 *
 * @module
 */

import {
  type Block,
  decodeMemberMessage,
  type Electorate,
  encodeProposalMessage,
  isVoteGenuine,
  judgeBlock,
  type MemberIndex,
  type MemberMessage,
  type News,
  PROPOSAL_INLINE_MAX_BYTES,
  type Proposal,
  type Recipients,
  type Status,
  toHex
} from '../../protocol/index.ts'
import type { BatchStore } from '../batches/batch-store.ts'
import { type Clock, sleep } from '../clock.ts'
import type { Network } from '../network/network.ts'
import type { EarlyMessage } from './early-messages.ts'

/** Points held against a peer for what no honest node sends. */
const OFFENCE_POINTS = 50
/** Pause before a batch is judged again when there was no room. */
const BUSY_PAUSE_MS = 20
/** Proposals whose inlined batches are being judged at once. */
const PROPOSALS_MAX = 16

/** What the plane needs from others. */
export interface MemberPlanePorts {
  readonly clock: Pick<Clock, 'later'>
  readonly networkTag: Uint8Array
  readonly electorate: Electorate
  readonly network: Pick<Network, 'self' | 'sendToMember' | 'penalise'>
  readonly store: BatchStore
  readonly post: (news: News) => Promise<void> | undefined
  /** A member speaks of an epoch that has not begun here. */
  readonly onAhead: (early: EarlyMessage, epoch: number) => void
}

/** Sends and receives among members. */
export class MemberPlane {
  readonly #ports: MemberPlanePorts
  readonly #keys: readonly string[]
  #proposalsTaken = 0

  constructor(ports: MemberPlanePorts) {
    this.#ports = ports
    this.#keys = ports.electorate.seats.map(({ memberId }) => toHex(memberId))
  }

  /** The network key of a member. */
  keyOf(member: MemberIndex): string {
    return this.#keys[member] as string
  }

  /** The network keys of recipients, this node left out. */
  keysOf(to: Recipients): string[] {
    const { self } = this.#ports.network
    const keys = to === 'all' ? this.#keys : to.map((member) => this.keyOf(member))
    return keys.filter((key) => key !== self)
  }

  /** Sends one of the core's messages. What cannot be sent now is said again at a standstill. */
  send(message: Uint8Array, to: Recipients): void {
    for (const key of this.keysOf(to)) this.#ports.network.sendToMember('votes', key, message)
  }

  /** Sends a proposal; small blocks carry their batches. */
  sendProposal(proposal: Proposal, to: Recipients): void {
    this.send(encodeProposalMessage(proposal, this.#inlined(proposal.block)), to)
  }

  /** Pushes a batch to members on the stream of batches. */
  pushBatch(bytes: Uint8Array, to: Recipients): void {
    for (const key of this.keysOf(to)) this.#ports.network.sendToMember('batches', key, bytes)
  }

  /** Takes a message that came on a member's stream; resolves when the next one may come. */
  async receive(protocol: 'votes' | 'batches', from: string, message: Uint8Array): Promise<void> {
    const member = this.#ports.electorate.indexOf.get(from)
    if (member === undefined) return
    if (protocol === 'batches') return await this.#receiveBatch(from, message)
    const read = decodeMemberMessage(message, member, this.#ownIndex())
    if (read === undefined) return this.#offend(from, 'member message malformed')
    const { epoch } = this.#ports.electorate
    if (epochOf(read) !== epoch) {
      // Of an epoch that is over there is nothing left to say; its seal is fetched by whoever lacks it.
      if (epochOf(read) > epoch) this.#ports.onAhead({ protocol, from, message }, epochOf(read))
      return
    }
    switch (read.kind) {
      case 'vote':
        return await this.#ports.post({ kind: 'vote-received', from: member, vote: read.vote })
      case 'certificate': {
        const { certificate } = read
        return await this.#ports.post({ kind: 'certificate-received', from: member, certificate })
      }
      case 'status':
        if (!this.#isProved(read.status))
          return this.#offend(from, 'status with a forged vote of ours')
        return await this.#ports.post({
          kind: 'status-received',
          from: member,
          status: read.status
        })
      case 'proposal':
        return this.#receiveProposal(member, read.proposal, read.batches)
    }
  }

  #ownIndex(): MemberIndex | null {
    const { electorate, network } = this.#ports
    return electorate.indexOf.get(network.self) ?? null
  }

  /** A vote that shows that our log is old must be ours. */
  #isProved({ latestVoteOfYours }: Status): boolean {
    const { networkTag, electorate } = this.#ports
    return latestVoteOfYours === null || isVoteGenuine(networkTag, electorate, latestVoteOfYours)
  }

  /** Inlined batches are judged before the proposal is news, without holding up the stream. */
  #receiveProposal(member: MemberIndex, proposal: Proposal, batches: readonly Uint8Array[]): void {
    const { networkTag, electorate, store, post } = this.#ports
    const from = this.keyOf(member)
    if (!judgeBlock(proposal.block, networkTag, electorate).ok) {
      this.#offend(from, 'proposal malformed')
      return
    }
    if (this.#proposalsTaken >= PROPOSALS_MAX) return
    this.#proposalsTaken++
    void Promise.all(batches.map((bytes) => store.take(bytes))).then((takings) => {
      this.#proposalsTaken--
      if (takings.some(({ kind }) => kind === 'faulty'))
        this.#offend(from, 'a faulty batch was sent')
      return post({ kind: 'proposal-received', from: member, proposal })
    })
  }

  async #receiveBatch(from: string, message: Uint8Array): Promise<void> {
    for (;;) {
      const taking = await this.#ports.store.take(message)
      if (taking.kind === 'faulty') return this.#offend(from, `batch: ${taking.fault}`)
      if (taking.kind !== 'busy') return
      await sleep(this.#ports.clock, BUSY_PAUSE_MS)
    }
  }

  #inlined(block: Block): Uint8Array[] {
    const size = block.batches.reduce((sum, { header }) => sum + header.bytes, 0)
    if (size > PROPOSAL_INLINE_MAX_BYTES) return []
    const { store } = this.#ports
    return block.batches.map(({ id }) => store.bytesOf(id)).filter((bytes) => bytes !== undefined)
  }

  #offend(from: string, reason: string): void {
    this.#ports.network.penalise(from, OFFENCE_POINTS, reason)
  }
}

function epochOf(read: MemberMessage): number {
  switch (read.kind) {
    case 'vote':
      return read.vote.vote.epoch
    case 'proposal':
      return read.proposal.block.header.epoch
    case 'certificate':
      return read.certificate.vote.epoch
    case 'status':
      return read.status.epoch
  }
}
