/**
 * Chains of what devices say: each counted message follows on one that counted, under the key that this
 * one committed to. A device has one chain, and a second one beside it from a marked fork on.
 *
 * @see ../../../protocol/SPEC.md §4.1 device-message
 * @module
 */

import {
  type Body,
  type DeviceMessage,
  decodeCbor,
  keyHash,
  kindByNumber,
  toHex,
  transactionIdOf
} from '../../../protocol/index.ts'

interface Head {
  readonly sequence: number
  readonly nextKeyHash: string
}

interface Chains {
  readonly incarnation: number
  /** By the id of the last message. */
  readonly heads: Map<string, Head>
  /** Whether its first message counted: a fork can be marked before. */
  hasBegun: boolean
}

/** The chains of all devices, along one ledger. */
export class SaidChains {
  readonly #networkTag: Uint8Array
  readonly #devices = new Map<string, Chains>()
  /** Whether nothing is missing since genesis. */
  #isWhole = true

  constructor(networkTag: Uint8Array) {
    this.#networkTag = networkTag
  }

  /** Something is missing from here on: how each chain goes on is found out anew. */
  breakOff(): void {
    this.#isWhole = false
    this.#devices.clear()
  }

  /** Takes in what counts; a sentence about what is wrong with it, if anything. */
  note(id: Uint8Array, body: Body): string | undefined {
    if (body.kind === 'device-message') return this.#follow(toHex(id), body)
    if (body.kind === 'device-fork') this.#fork(body.second)
    return undefined
  }

  #follow(id: string, message: DeviceMessage): string | undefined {
    const device = toHex(message.deviceId)
    const { incarnation, sequence } = message
    const known = this.#devices.get(device)
    if (known !== undefined && incarnation < known.incarnation)
      return `a device says ${sequence} in incarnation ${incarnation}, which is over`
    const chains = known?.incarnation === incarnation ? known : this.#begin(device, incarnation)
    const previous = toHex(message.previousMessageId)
    const head = chains.heads.get(previous)
    const next = { sequence, nextKeyHash: toHex(message.nextSigningKeyHash) }
    if (head === undefined) {
      const mayBegin = this.#isWhole ? !chains.hasBegun && sequence === 1 : chains.heads.size < 2
      chains.hasBegun = true
      chains.heads.set(id, next)
      return mayBegin ? undefined : `a device says ${sequence} on what never counted`
    }
    chains.heads.delete(previous)
    chains.heads.set(id, next)
    if (sequence !== head.sequence + 1) return `a device says ${sequence} after ${head.sequence}`
    return head.nextKeyHash === toHex(keyHash(message.signingKey))
      ? undefined
      : `a device says ${sequence} under a key that was not its next`
  }

  /** The second of two messages of one turn may go on as well, where forks are marked. */
  #fork(signedBody: Uint8Array): void {
    const body = readShown(signedBody)
    if (body?.kind !== 'device-message') return
    const device = toHex(body.deviceId)
    const known = this.#devices.get(device)
    // Two first messages of an incarnation may be shown before one of them counts.
    const isKnown = known !== undefined && known.incarnation >= body.incarnation
    const chains = isKnown ? known : this.#begin(device, body.incarnation)
    if (chains.incarnation !== body.incarnation) return
    const id = toHex(transactionIdOf(this.#networkTag, signedBody))
    const nextKeyHash = toHex(body.nextSigningKeyHash)
    chains.heads.set(id, { sequence: body.sequence, nextKeyHash })
  }

  #begin(device: string, incarnation: number): Chains {
    const chains = { incarnation, heads: new Map<string, Head>(), hasBegun: false }
    this.#devices.set(device, chains)
    return chains
  }
}

/** What stands in a body that evidence shows. */
export function readShown(signedBody: Uint8Array): Body | undefined {
  const fields = decodeCbor(signedBody)
  if (!Array.isArray(fields) || typeof fields[0] !== 'number') return undefined
  return kindByNumber(fields[0])?.read(fields)
}
