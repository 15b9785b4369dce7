/**
 * The device: says things so that the ledger counts each once, through any crash.
 *
 * The order is all: make the next key, sign with the present one, write the
 * record that no longer holds it, and only then hand the bytes out. After a
 * write that failed nobody knows what is stored, so the device closes, and who
 * opens it anew finds either the state before or the state after.
 *
 * @see ../protocol/SPEC.md §4.6 What a device does
 * @module
 */

import {
  accept,
  acceptAs,
  invariant,
  keyHash,
  type OutcomeName,
  type PrivateKey,
  publicKeyOf,
  reject,
  type Verdict
} from '../protocol/index.ts'
import type { AdoptFault, BeginFault, FollowNetworkFault, SettleFault } from './device-faults.ts'
import { drawPrivateKey } from './device-keys.ts'
import { ClientError } from './errors.ts'
import {
  type Anchor,
  adoptNext,
  beginNext,
  type CorrectContent,
  type Draw,
  type HeldContent,
  newOutbox,
  type OutboxState,
  type Settled,
  sayHeld,
  settleNext,
  signNext,
  type UnconfirmedMessage
} from './outbox.ts'
import { type FoundedNetwork, goOver } from './outbox-refounding.ts'
import type { RandomBytes } from './random.ts'
import { type RecordStorage, readRecord, writeRecord } from './record-storage.ts'
import {
  judgeContent,
  judgeSaid,
  OUTBOX_LIMITS,
  type OutboxLimits,
  type SayFault
} from './saying.ts'
import { type DataKey, SALT_BYTES } from './sealed-data.ts'
import { Turns } from './turns.ts'

/** What a device needs from where it runs. */
export interface DevicePorts {
  readonly storage: RecordStorage
  readonly randomBytes: RandomBytes
  /** Mends void content whose fault is in what was said; without it such content is held. */
  readonly correctContent?: CorrectContent
}

/** What a device is made of: its first signing key, and the network that it speaks to. */
export interface DeviceOptions {
  readonly networkTag: Uint8Array
  readonly deviceId: Uint8Array
  readonly signingKey: PrivateKey
  /** As the profile of its class asks for: 1, k, or RATCHET_NEVER. */
  readonly ratchetEvery: number
  /** Id of block 0. */
  readonly genesisId: Uint8Array
  /** Its profile requires sealing: readings and alarms are never said in clear. */
  readonly isSealing?: boolean
}

/** What the ledger pools of one device that speaks ahead of itself. */
const PENDING_MAX = 64
const CALLS_WAITING_MAX = 64

/**
 * Writes the first record of a device and opens it.
 *
 * @throws ClientError RECORD_EXISTS: a second first record would sign the same sequences again
 */
export async function createDevice(
  options: DeviceOptions,
  ports: DevicePorts,
  limits: OutboxLimits = OUTBOX_LIMITS
): Promise<Device> {
  if ((await ports.storage.read()) !== undefined)
    throw new ClientError('the storage already holds the record of a device', {
      code: 'RECORD_EXISTS'
    })
  // The device erases its keys as it goes: it must not erase the caller's.
  const signingKey = { ...options.signingKey, bytes: new Uint8Array(options.signingKey.bytes) }
  const state = newOutbox({ ...options, signingKey })
  await writeRecord(ports.storage, state)
  return new Device(state, ports, limits)
}

/** Opens a device from its record: after a restart, or after a write that failed. */
export async function openDevice(
  ports: DevicePorts,
  limits: OutboxLimits = OUTBOX_LIMITS
): Promise<Device> {
  return new Device(await readRecord(ports.storage), ports, limits)
}

/** One device. Calls are carried out one after the other. */
export class Device {
  #state: OutboxState
  readonly #ports: DevicePorts
  readonly #limits: OutboxLimits
  readonly #turns = new Turns(CALLS_WAITING_MAX)
  #isClosed = false

  /** Use {@link createDevice} or {@link openDevice}. */
  constructor(state: OutboxState, ports: DevicePorts, limits: OutboxLimits) {
    this.#state = state
    this.#ports = ports
    this.#limits = limits
  }

  /** The state as it is stored, without its keys. */
  get state(): Omit<OutboxState, 'signingKey' | 'comingKey' | 'dataKeys'> {
    const { signingKey: _signingKey, comingKey: _comingKey, dataKeys: _, ...rest } = this.#state
    return rest
  }

  /**
   * Signs and stores a message; the bytes may be sent as soon as this resolves.
   *
   * @param inputMark - how far input is taken with it, stored in the same write: after a crash,
   * `state.inputMark` tells which readings need not be said again
   */
  say(
    contentKind: number,
    content: Uint8Array,
    inputMark?: number
  ): Promise<Verdict<SayFault, UnconfirmedMessage>> {
    return this.#inTurn(async () => {
      const said = { contentKind, content }
      const fault = judgeSaid(this.#state, said, this.#limits)
      if (fault !== undefined) return reject(fault)
      const { state, message } = signNext(this.#state, said, this.#draw)
      await this.#store({ ...state, inputMark: inputMark ?? state.inputMark })
      return acceptAs(message)
    })
  }

  /** Messages to send again, oldest first, for as long as no final outcome is known. */
  pending(limit: number = PENDING_MAX): readonly UnconfirmedMessage[] {
    return this.#isClosed ? [] : this.#state.unconfirmed.slice(0, limit)
  }

  /**
   * Takes a final outcome of a message.
   *
   * The device believes what it is told here, and a message that is dropped too
   * early is never sent again: tell it only what a receipt proves, or what a
   * node says that the device has to trust.
   *
   * @param outcome - of the block; `refused` and `waits` leave the message on the list
   */
  settle(
    messageId: Uint8Array,
    outcome: OutcomeName,
    code: string | null
  ): Promise<Verdict<SettleFault, Settled>> {
    return this.#inTurn(async () => {
      if (outcome === 'waits' || outcome === 'refused') return reject('MESSAGE_NOT_COUNTED')
      const voidCode = outcome === 'void' ? (code ?? '') : null
      const correctContent = this.#correctContent
      const next = settleNext(
        this.#state,
        { messageId, voidCode },
        { draw: this.#draw, correctContent }
      )
      if (next === undefined) return reject('MESSAGE_UNKNOWN')
      await this.#store(next.state)
      return acceptAs(next.settled)
    })
  }

  /** Content that was void and waits for what it says to become allowed. */
  held(): readonly HeldContent[] {
    return this.#state.held
  }

  /** Says all held content anew: after new firmware or a new profile. */
  sayHeld(): Promise<readonly UnconfirmedMessage[]> {
    return this.#inTurn(async () => {
      if (this.#state.held.length === 0) return []
      const { state, messages } = sayHeld(this.#state, this.#draw)
      await this.#store(state)
      return messages
    })
  }

  /** Hands held content over to the application, for good. */
  takeHeld(): Promise<readonly HeldContent[]> {
    return this.#inTurn(async () => {
      const { held } = this.#state
      if (held.length > 0) await this.#store({ ...this.#state, held: [] })
      return held
    })
  }

  /**
   * Seals readings and alarms under a data key from now on, and says what waited for one.
   *
   * Adopt it before an anchor of the same height: a message that vouches to know the block of a
   * newer key may not be sealed under an older one.
   *
   * @param dataKey - from the device's wrap of a proved grant, held against its commitment
   */
  adoptDataKey({
    epoch,
    bytes
  }: DataKey): Promise<Verdict<AdoptFault, readonly UnconfirmedMessage[]>> {
    return this.#inTurn(async () => {
      const adopted = adoptNext(this.#state, { epoch, bytes: new Uint8Array(bytes) }, this.#draw)
      if (adopted === undefined) return reject('DATA_KEY_OLD')
      await this.#store(adopted.state)
      return acceptAs(adopted.messages)
    })
  }

  /** Speaks in clear again, as whoever owns the device now wants it: it never does so by itself. */
  speakClear(): Promise<void> {
    return this.#inTurn(() => this.#store({ ...this.#state, isSealing: false, dataKeyEpoch: 0 }))
  }

  /**
   * Adopts an anchor for messages to come: a block whose certificate was verified.
   *
   * Stored with the next message, for an anchor that is lost costs nothing.
   */
  adoptAnchor(anchor: Anchor): Promise<void> {
    invariant(anchor.blockId.length >= 16, 'an anchor names a block by 16 bytes of its id')
    return this.#inTurn(async () => {
      const blockId = new Uint8Array(anchor.blockId.subarray(0, 16))
      this.#state = { ...this.#state, anchor: { height: anchor.height, blockId } }
    })
  }

  /** Makes the key of the coming incarnation; its hash goes into the owner's act. Asked again: the same. */
  prepareIncarnation(): Promise<Uint8Array> {
    return this.#inTurn(async () => {
      const comingKey = this.#state.comingKey ?? this.#draw.key()
      if (this.#state.comingKey === null) await this.#store({ ...this.#state, comingKey })
      return keyHash(publicKeyOf(comingKey))
    })
  }

  /**
   * Begins an incarnation, once the act that made it is final: a claim (0, the born key), or a
   * rotate, recover or transfer (the prepared key). Old messages are dead; their content is said anew.
   */
  beginIncarnation(
    incarnation: number,
    headMessageId: Uint8Array
  ): Promise<Verdict<BeginFault, undefined>> {
    return this.#inTurn(async () => {
      const { state } = this
      const isFirst = state.sequence === 0 && incarnation === 0 && state.incarnation === 0
      if (!isFirst && incarnation <= state.incarnation) return reject('INCARNATION_OLD')
      const signingKey = isFirst ? this.#state.signingKey : this.#state.comingKey
      if (signingKey === null) return reject('INCARNATION_KEY_MISSING')
      const begin = { incarnation, headMessageId, signingKey }
      await this.#store(beginNext(this.#state, begin, this.#draw))
      return acceptAs(undefined)
    })
  }

  /**
   * Goes over to a network that was founded anew from the device's own. A device never does so by
   * itself: its owner has seen who founded it.
   *
   * Its chain goes on where it was. The keys of messages that are not settled are gone: they must
   * stand in the state that the new network goes on from, which the device's record there proves.
   *
   * @param network - with its first block, which becomes the anchor
   * @param provedHeadId - head of the device's chain in the new network, if its record there was proved
   */
  followNetwork(
    network: FoundedNetwork,
    provedHeadId?: Uint8Array
  ): Promise<Verdict<FollowNetworkFault>> {
    return this.#inTurn(async () => {
      const followed = goOver(this.#state, network, provedHeadId)
      if (followed === undefined) return reject('MESSAGES_UNCONFIRMED')
      await this.#store(followed)
      return accept
    })
  }

  readonly #draw: Draw = {
    key: () => drawPrivateKey(this.#state.signingKey.algorithm, this.#ports.randomBytes),
    salt: () => this.#ports.randomBytes(SALT_BYTES)
  }

  /** What the application says instead, if the ledger could take it. */
  readonly #correctContent: CorrectContent = (content, code) => {
    const corrected = this.#ports.correctContent?.(content, code)
    return corrected === undefined || judgeContent(corrected) !== undefined ? undefined : corrected
  }

  /** Makes a state the present one, once it is stored; keys that it no longer holds are erased. */
  async #store(state: OutboxState): Promise<void> {
    const before = this.#state
    try {
      await writeRecord(this.#ports.storage, state)
    } catch (error) {
      // The record may have arrived all the same: nothing may be signed from what is in memory.
      this.#isClosed = true
      throw error
    } finally {
      for (const key of [before.signingKey, before.comingKey])
        if (key !== null && key !== state.signingKey && key !== state.comingKey) key.bytes.fill(0)
      for (const key of before.dataKeys) if (!state.dataKeys.includes(key)) key.bytes.fill(0)
    }
    this.#state = state
  }

  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    return this.#turns.take(() => {
      if (!this.#isClosed) return task()
      throw new ClientError('a write failed: open the device anew', { code: 'DEVICE_CLOSED' })
    })
  }
}
