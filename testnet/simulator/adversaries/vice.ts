/**
 * Vices: what a faulty member does that an honest one does not.
 *
 * A faulty member runs the product's own parts, and a vice that stands between
 * them and the world: it may change what leaves, answer otherwise, and say what
 * it likes with its own key. It can forge nothing: keys of others it does not have.
 *
 * @module
 */

import type { MemberProtocol, RequestProtocol } from '../../../node/network/protocol-names.ts'
import type { Replica } from '../../../node/replica.ts'
import type { SignedVote, Vote } from '../../../protocol/index.ts'
import type { Dice } from '../virtual/dice.ts'
import type { Outgoing } from '../virtual/node-network.ts'
import type { Founding } from '../world/founding.ts'

/** What a vice can do. */
export interface Hands {
  /** Its seat. */
  readonly index: number
  readonly founding: Founding
  readonly dice: Dice
  /** Keys of the other members. */
  readonly others: readonly string[]
  /** The member's own parts. */
  readonly replica: () => Replica
  /** Signs any vote at all, past the vote log. */
  readonly signVote: (vote: Vote) => SignedVote
  /** Signs with the identity key. */
  readonly sign: (message: Uint8Array) => Uint8Array
  /** Sends as it is. */
  readonly push: (protocol: MemberProtocol, to: string, message: Uint8Array) => void
  readonly timeMs: () => number
  /** Runs again and again as long as the process lives. */
  readonly every: (pauseMs: number, run: () => void) => void
}

/** One vice, fresh for each faulty member. */
export interface Vice {
  readonly name: string
  /** What leaves in place of a message to a member. */
  readonly send?: (
    hands: Hands,
    sent: { readonly protocol: MemberProtocol; readonly to: string; readonly message: Uint8Array }
  ) => Outgoing
  /** What is answered in place of an answer; undefined for silence. */
  readonly answer?: (
    hands: Hands,
    asked: {
      readonly protocol: RequestProtocol
      readonly request: Uint8Array
      readonly answer: Uint8Array
    }
  ) => Uint8Array | undefined
  /** Looks at every message that comes on a member's stream. */
  readonly hear?: (hands: Hands, from: string, message: Uint8Array) => void
  /** The process has come up. */
  readonly start?: (hands: Hands) => void
  /** At each start the vote log is new: the member has forgotten what it signed. */
  readonly isAmnesiac?: boolean
}
