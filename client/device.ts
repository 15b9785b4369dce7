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
  CONTENT_KINDS,
  CONTENT_SIZE_MAX_BYTES,
  invariant,
  keyHash,
  type OutcomeName,
  type PrivateKey,
  publicKeyOf,
  reject,
  type Verdict
} from '../protocol/index.ts'
import { drawPrivateKey } from './device-keys.ts'
import { ClientError } from './errors.ts'
import {
  type Anchor,
  beginNext,
  type CorrectContent,
  type DeviceContent,
  type FoundedNetwork,
  goOver,
  type HeldContent,
  newOutbox,
  type OutboxState,
  type Settled,
  sayHeld,
  settleNext,
  signNext,
  type UnconfirmedMessage
} from './outbox.ts'
import type { RandomBytes } from './random.ts'
import { type RecordStorage, readRecord, writeRecord } from './record-storage.ts'
import { Turns } from './turns.ts'

/** What a device needs from where it runs. */
export interface DevicePorts {
  readonly storage: RecordStorage
  readonly randomBytes: RandomBytes
  /** Mends void content whose fault is in what was said; without it such content is held. */
  readonly correctContent?: CorrectContent
}

/** How much an outbox takes. */
export interface OutboxLimits {
  readonly messagesMax: number
  /** Of signed messages and held content together. */
  readonly bytesMax: number
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
}

/** Why something is not said. Nothing was signed. */
export type SayFault =
  | 'OUTBOX_FULL'
  | 'INCARNATION_NOT_BEGUN'
  | 'KIND_NOT_ALLOWED'
  | 'CONTENT_TOO_LARGE'
  | 'CONTENT_MALFORMED'

/** Why an outcome changes nothing. */
export type SettleFault =
  /** Not on the list: settled before, or never said by this device. */
  | 'MESSAGE_UNKNOWN'
  /** It did not count: go on sending the same bytes. */
  | 'MESSAGE_NOT_COUNTED'

/** Why a device does not go over to another network. */
export type FollowNetworkFault =
  /** It has signed messages whose outcome it does not know: only its owner can take it over. */
  'MESSAGES_UNCONFIRMED'

/** Why an incarnation does not begin. */
export type BeginFault = 'INCARNATION_OLD' | 'INCARNATION_KEY_MISSING'

const LIMITS: OutboxLimits = { messagesMax: 256, bytesMax: 262_144 }
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
  limits: OutboxLimits = LIMITS
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
  limits: OutboxLimits = LIMITS
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
  get state(): Omit<OutboxState, 'signingKey' | 'comingKey'> {
    const { signingKey: _signingKey, comingKey: _comingKey, ...rest } = this.#state
    return rest
  }

  /** Signs and stores a message; the bytes may be sent as soon as this resolves. */
  say(contentKind: number, content: Uint8Array): Promise<Verdict<SayFault, UnconfirmedMessage>> {
    return this.#inTurn(async () => {
      const said = { contentKind, content }
      const fault = this.#judgeSaid(said)
      if (fault !== undefined) return reject(fault)
      const { state, message } = signNext(this.#state, said, this.#drawKey)
      await this.#store(state)
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
        { drawKey: this.#drawKey, correctContent }
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

  /** Says all held content anew: after new firmware, a new profile, a new data key. */
  sayHeld(): Promise<readonly UnconfirmedMessage[]> {
    return this.#inTurn(async () => {
      if (this.#state.held.length === 0) return []
      const { state, messages } = sayHeld(this.#state, this.#drawKey)
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
      const comingKey = this.#state.comingKey ?? this.#drawKey()
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
      await this.#store(beginNext(this.#state, begin, this.#drawKey))
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

  #judgeSaid(said: DeviceContent): SayFault | undefined {
    const { headMessageId, unconfirmed, held } = this.#state
    if (headMessageId === null) return 'INCARNATION_NOT_BEGUN'
    const fault = judgeContent(said)
    if (fault !== undefined) return fault
    const bytes =
      unconfirmed.reduce((sum, { wire }) => sum + wire.length, said.content.length) +
      held.reduce((sum, other) => sum + other.content.length, 0)
    const isFull =
      unconfirmed.length + held.length >= this.#limits.messagesMax || bytes > this.#limits.bytesMax
    return isFull ? 'OUTBOX_FULL' : undefined
  }

  readonly #drawKey = (): PrivateKey =>
    drawPrivateKey(this.#state.signingKey.algorithm, this.#ports.randomBytes)

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

/** What the ledger would not take from any device. */
function judgeContent({ contentKind, content }: DeviceContent): SayFault | undefined {
  const kind = CONTENT_KINDS.get(contentKind)
  if (kind === undefined) return 'KIND_NOT_ALLOWED'
  if (content.length > CONTENT_SIZE_MAX_BYTES) return 'CONTENT_TOO_LARGE'
  return kind.isWellFormed(content) ? undefined : 'CONTENT_MALFORMED'
}
