/**
 * Early messages: what members who have begun the next epoch already say to one who has not.
 *
 * Nothing of it can be judged before the seal is final here, and nobody says it
 * again for a while. So some of it is kept until then, each member's within its
 * own bound.
 *
 * @module
 */

import type { MemberProtocol } from '../network/protocol-names.ts'

/** A message, as it came. */
export interface EarlyMessage {
  readonly protocol: MemberProtocol
  readonly from: string
  readonly message: Uint8Array
}

/** Messages and bytes of one member, and members, that are kept at most. */
const MESSAGES_MAX = 64
const BYTES_MAX = 262_144
const MEMBERS_KEPT_MAX = 128

interface Kept {
  readonly messages: EarlyMessage[]
  bytes: number
}

/** Keeps messages of the next epoch. */
export class EarlyMessages {
  readonly #kept = new Map<string, Kept>()

  /** Keeps a message; what is beyond the bound of its sender is dropped. */
  keep(early: EarlyMessage): void {
    let kept = this.#kept.get(early.from)
    if (kept === undefined) {
      if (this.#kept.size >= MEMBERS_KEPT_MAX) return
      kept = { messages: [], bytes: 0 }
      this.#kept.set(early.from, kept)
    }
    const isFull =
      kept.messages.length >= MESSAGES_MAX || kept.bytes + early.message.length > BYTES_MAX
    if (isFull) return
    kept.messages.push(early)
    kept.bytes += early.message.length
  }

  /** Takes out everything, in the order in which each member said it. */
  takeAll(): readonly EarlyMessage[] {
    const all = [...this.#kept.values()].flatMap(({ messages }) => messages)
    this.#kept.clear()
    return all
  }
}
