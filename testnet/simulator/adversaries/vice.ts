/**
 * Vices: what a faulty member does that an honest one does not.
 *
 * A faulty member runs the product's own parts, and a vice that stands between
 * them and the world: it may change what leaves, answer otherwise, and say what
 * it likes with its own key. It can forge nothing: keys of others it does not have.
 *
 * @module
 */

import type {
  MemberProtocol,
  RequestProtocol,
  Topic
} from '../../../node/network/protocol-names.ts'
import type { Replica } from '../../../node/replica.ts'
import type { Electorate, SignedVote, Vote } from '../../../protocol/index.ts'
import type { Dice } from '../virtual/dice.ts'
import type { Outgoing } from '../virtual/node-network.ts'
import type { Founding } from '../world/founding.ts'

/** In whose name a vote is signed, where it is not this network and this electorate. */
export interface VoteDomain {
  readonly networkTag?: Uint8Array
  readonly electorate?: Electorate
}

/** A message to a member, as it would leave. */
export interface SentMessage {
  readonly protocol: MemberProtocol
  readonly to: string
  readonly message: Uint8Array
}

/** A message that has come on a member's stream. */
export interface HeardMessage {
  readonly protocol: MemberProtocol
  readonly from: string
  readonly message: Uint8Array
}

/** A question of another node, and what an honest node answers. */
export interface AskedQuestion {
  readonly protocol: RequestProtocol
  readonly request: Uint8Array
  readonly answer: Uint8Array
}

/** What a vice can do. */
export interface Hands {
  /** Its seat in the present epoch; one that does not exist where it has none. */
  readonly index: number
  /** Whoever is seated, as far as the member's own parts know. */
  readonly electorate: Electorate
  readonly founding: Founding
  readonly dice: Dice
  /** Keys of the other members. */
  readonly others: readonly string[]
  /** The member's own parts. */
  readonly replica: () => Replica
  /** Signs any vote at all, past the vote log. */
  readonly signVote: (vote: Vote, domain?: VoteDomain) => SignedVote
  /** Signs with the identity key. */
  readonly sign: (message: Uint8Array) => Uint8Array
  /** Sends as it is. */
  readonly push: (protocol: MemberProtocol, to: string, message: Uint8Array) => void
  /** Asks another node; nobody reads the answer. */
  readonly ask: (protocol: RequestProtocol, to: string, request: Uint8Array) => void
  /** Gossips as it is. */
  readonly publish: (topic: Topic, message: Uint8Array) => void
  /** Counts that the vice has bitten, and by which trick. */
  readonly mark: (trick: string) => void
  readonly timeMs: () => number
  /** Runs again and again as long as the process lives. */
  readonly every: (pauseMs: number, run: () => void) => void
}

/** One vice, fresh for each faulty member. */
export interface Vice {
  readonly name: string
  /** What leaves in place of a message to a member. */
  readonly send?: (hands: Hands, sent: SentMessage) => Outgoing
  /** What is answered in place of an answer; undefined for silence. */
  readonly answer?: (hands: Hands, asked: AskedQuestion) => Uint8Array | undefined
  /** Hears every message that comes on a member's stream; its own parts do not when it says false. */
  readonly hear?: (hands: Hands, heard: HeardMessage) => boolean
  /** The process has come up. */
  readonly start?: (hands: Hands) => void
  /** At each start the vote log is new: the member has forgotten what it signed. */
  readonly isAmnesiac?: boolean
}
