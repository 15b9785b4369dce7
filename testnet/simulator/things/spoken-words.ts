/**
 * Spoken words: everything that devices and owners have signed and let out, and who did.
 *
 * It is what evidence is held against: nobody is convicted by words that were never said, and whoever
 * keeps the rules never says two different things in one turn.
 *
 * @module
 */

import { decodeTransaction, toHex } from '../../../protocol/index.ts'
import { expectKept } from '../checkers/checker.ts'

/** Whose words they are. */
export interface Speaker {
  readonly name: string
  /** Whether it is a client of the product, which keeps the rules whatever happens. */
  readonly isHonest: boolean
}

/** What was said in one turn under one key. */
export interface Turn {
  readonly device: string
  readonly incarnation: number
  readonly sequence: number
  /** Ids of all that was said, in hex. */
  readonly ids: Set<string>
}

/** Takes down what leaves. */
export class SpokenWords {
  /** By device, incarnation, sequence and key. */
  readonly messages: Map<string, Turn> = new Map()
  /** By device, sequence and key: what owners said. */
  readonly acts: Map<string, Set<string>> = new Map()
  /** Acceptances beneath which a device gave its presence. */
  readonly acceptances: Set<string> = new Set()
  readonly #networkTag: Uint8Array
  /** By speaker and turn. */
  readonly #own = new Map<string, string>()

  constructor(networkTag: Uint8Array) {
    this.#networkTag = networkTag
  }

  /** A transaction is handed out. */
  note({ name, isHonest }: Speaker, wire: Uint8Array): void {
    const decoded = decodeTransaction(wire, this.#networkTag)
    if (!decoded.ok) return
    const { body, id } = decoded.value
    const said = toHex(id)
    if (body.kind === 'transfer-accept') this.acceptances.add(said)
    let turn: string | undefined
    if (body.kind === 'device-message') {
      const { incarnation, sequence } = body
      const device = toHex(body.deviceId)
      turn = messageTurn(body)
      const before = this.messages.get(turn)
      if (before !== undefined) before.ids.add(said)
      else this.messages.set(turn, { device, incarnation, sequence, ids: new Set([said]) })
    } else if ('ownerKey' in body) {
      turn = actTurn(body)
      this.acts.set(turn, (this.acts.get(turn) ?? new Set()).add(said))
    }
    if (turn === undefined || !isHonest) return
    const own = `${name}/${turn}`
    const rule = body.kind === 'device-message' ? 'T2' : 'T8'
    expectKept(
      rule,
      (this.#own.get(own) ?? said) === said,
      () => `${name} says two things in ${turn}`
    )
    this.#own.set(own, said)
  }
}

/** The turn of a message: whoever says two things in it can be convicted. */
export function messageTurn(message: {
  readonly deviceId: Uint8Array
  readonly incarnation: number
  readonly sequence: number
  readonly signingKey: Uint8Array
}): string {
  const { deviceId, incarnation, sequence, signingKey } = message
  return `${toHex(deviceId).slice(0, 16)}/${incarnation}/${sequence}/${toHex(signingKey).slice(0, 16)}`
}

/** The turn of an owner's act. */
export function actTurn(act: {
  readonly deviceId: Uint8Array
  readonly ownerSequence: number
  readonly ownerKey: Uint8Array
}): string {
  const { deviceId, ownerSequence, ownerKey } = act
  return `${toHex(deviceId).slice(0, 16)}/${ownerSequence}/${toHex(ownerKey).slice(0, 16)}`
}
