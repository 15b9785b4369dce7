/**
 * The wallet: signs what owners order, each act once, for many devices, through any crash.
 *
 * The order is all: the act is signed, the record that holds its bytes is written, and only then are
 * they handed out. After a write that failed nobody knows what is stored, so the wallet closes, and
 * who opens it anew finds either the state before or the state after.
 *
 * @see ../protocol/SPEC.md §5.6 Owner acts
 * @module
 */

import {
  acceptAs,
  type Claim,
  type CoseSignature,
  invariant,
  keyHash,
  publicKeyOf,
  reject,
  type TransferAccept,
  type Verdict
} from '../protocol/index.ts'
import { ClientError } from './errors.ts'
import { type ClaimOptions, draftClaim, finishClaim } from './owner.ts'
import { type OwnerOrder, readBody } from './owner-acts.ts'
import type { RotationSigner } from './owner-rotation.ts'
import { type AcceptOptions, buyerKeyOf, draftAccept, finishAccept } from './owner-transfer.ts'
import type { RecordStorage } from './record-storage.ts'
import type { SignedTransaction } from './signed-transaction.ts'
import { Turns } from './turns.ts'
import { type ActFault, judgeActing, ownerKeyHashOf, signOwnerAct } from './wallet-signing.ts'
import {
  adoptDevice,
  asGone,
  asRestored,
  DEVICES_MAX,
  deviceOf,
  freeRecoveryHash,
  isChanged,
  type Observation,
  type ObserveFault,
  type OwnedDevice,
  observeDevice,
  type ProvedOwnership,
  type SignedOwnerAct,
  type WalletState,
  withDevice,
  withTaken
} from './wallet-state.ts'
import { readWalletRecord, writeWalletRecord } from './wallet-storage.ts'

/** What a wallet needs from where it runs. */
export interface WalletPorts {
  readonly storage: RecordStorage
  /** Milliseconds since 1970. */
  readonly now: () => number
}

/** What a new wallet is made of. */
export interface WalletSeeds {
  readonly seed: Uint8Array
  /** Hashes of recovery keys in their order; the keys themselves stay apart. */
  readonly recoveryHashes: readonly Uint8Array[]
}

/** Asks the device, beside which somebody stands, for its presence signature beneath a body. */
export type AskPresence = (signedBody: Uint8Array) => Promise<CoseSignature | undefined>

/** Why a device does not become this wallet's. */
export type BeginOwningFault =
  | 'DEVICE_OWNED_ALREADY'
  | 'WALLET_FULL'
  | 'PRESENCE_REFUSED'
  /** No offer is open, or it is made to somebody else. */
  | 'OFFER_OTHER'

const CALLS_WAITING_MAX = 64

/**
 * Writes the first record of a wallet and opens it.
 *
 * @throws ClientError RECORD_EXISTS: a wallet is never overwritten
 */
export function createWallet(seeds: WalletSeeds, ports: WalletPorts): Promise<Wallet> {
  invariant(seeds.seed.length === 32, 'a wallet seed has 32 bytes')
  const recovery = { hashes: seeds.recoveryHashes, taken: 0 }
  return writeFirst({ seed: new Uint8Array(seeds.seed), recovery, devices: [] }, ports)
}

/** Opens a wallet from its record: after a restart, or after a write that failed. */
export async function openWallet(ports: WalletPorts): Promise<Wallet> {
  return new Wallet(await readWalletRecord(ports.storage), ports)
}

/**
 * Makes a wallet of what another one exported. Whether that one has signed since is unknown, so
 * each device waits before it is acted for.
 *
 * @throws ClientError RECORD_EXISTS
 */
export function importWallet(exported: WalletState, ports: WalletPorts): Promise<Wallet> {
  return writeFirst(asRestored(exported, ports.now()), ports)
}

async function writeFirst(state: WalletState, ports: WalletPorts): Promise<Wallet> {
  if ((await ports.storage.read()) !== undefined)
    throw new ClientError('the storage already holds a wallet', { code: 'RECORD_EXISTS' })
  await writeWalletRecord(ports.storage, state)
  return new Wallet(state, ports)
}

/** One wallet. Calls are carried out one after the other. */
export class Wallet {
  #state: WalletState
  readonly #ports: WalletPorts
  readonly #turns = new Turns(CALLS_WAITING_MAX)
  #isClosed = false

  /** Use {@link createWallet}, {@link openWallet} or {@link importWallet}. */
  constructor(state: WalletState, ports: WalletPorts) {
    this.#state = state
    this.#ports = ports
  }

  /** The devices, also those that are pending or gone. */
  get devices(): readonly OwnedDevice[] {
    return this.#state.devices
  }

  /** How many recovery keys are known, and how many of them stand on the ledger. */
  get recovery(): { readonly known: number; readonly taken: number } {
    const { hashes, taken } = this.#state.recovery
    return { known: hashes.length, taken }
  }

  /** The hash of the next recovery key that no device was given; undefined when there is none left. */
  get freeRecoveryHash(): Uint8Array | undefined {
    return freeRecoveryHash(this.#state)
  }

  /** The hash to give to a seller, so that the offer is made to this wallet. */
  buyerKeyHash(deviceId: Uint8Array, ownerSequence: number): Uint8Array {
    return keyHash(publicKeyOf(buyerKeyOf(this.#state.seed, deviceId, ownerSequence)))
  }

  /** The hash to give to guardians who shall make this wallet the owner. */
  ownerKeyHash(deviceId: Uint8Array, ownerSequence: number): Uint8Array {
    return ownerKeyHashOf(this.#state.seed, deviceId, ownerSequence)
  }

  /** All that a copy elsewhere needs; it holds the seed. */
  get exported(): WalletState {
    return this.#state
  }

  /** Transactions of a device to send again, in their order, for as long as they are not seen to count. */
  pending(deviceId: Uint8Array): readonly SignedTransaction[] {
    const device = this.#isClosed ? undefined : deviceOf(this.#state, deviceId)
    if (device === undefined) return []
    return device.beginning === null ? device.inFlight : [device.beginning, ...device.inFlight]
  }

  /**
   * Claims a device: signs, stores, and gives the bytes that may be sent from then on. A claim that
   * failed is signed anew by the same call.
   */
  claim(
    options: Omit<ClaimOptions, 'walletSeed' | 'rotationKeyHashes'>,
    askPresence: AskPresence
  ): Promise<Verdict<BeginOwningFault, SignedTransaction>> {
    return this.#inTurn(async () => {
      const { seed } = this.#state
      const free = freeRecoveryHash(this.#state)
      const rotationKeyHashes = free === undefined ? [] : [free]
      const draft = draftClaim({ ...options, walletSeed: seed, rotationKeyHashes })
      const place = { networkTag: draft.networkTag, deviceId: draft.deviceId }
      const fault = this.#judgeBeginning(place.deviceId)
      if (fault !== undefined) return reject(fault)
      const presence = await askPresence(draft.signedBody)
      if (presence === undefined) return reject('PRESENCE_REFUSED')
      const beginning = finishClaim(draft, presence)
      return this.#begin({ ...place, sequence: 0, nextKeyIndex: 1, beginning }, draft.signedBody)
    })
  }

  /**
   * Accepts an offer: signs, stores, and gives the bytes. The owner key that it commits to is one
   * that this wallet has never shown, also where it owned the device before.
   */
  accept(
    options: Omit<AcceptOptions, 'walletSeed' | 'ownerKeyHash' | 'recoveryKeyHash'>,
    askPresence: AskPresence
  ): Promise<Verdict<BeginOwningFault, SignedTransaction>> {
    return this.#inTurn(async () => {
      const { seed } = this.#state
      const { deviceId, networkTag, ownership } = options
      const fault = this.#judgeBeginning(deviceId)
      if (fault !== undefined) return reject(fault)
      const known = deviceOf(this.#state, deviceId)
      // The acceptance takes the sequence after the ledger's; the first act comes after it.
      const nextKeyIndex = Math.max(ownership.ownerSequence + 2, known?.nextKeyIndex ?? 0)
      const draft = draftAccept({
        ...options,
        walletSeed: seed,
        ownerKeyHash: ownerKeyHashOf(seed, deviceId, nextKeyIndex),
        recoveryKeyHash: freeRecoveryHash(this.#state) ?? null
      })
      if (draft === undefined) return reject('OFFER_OTHER')
      const presence = await askPresence(draft.signedBody)
      if (presence === undefined) return reject('PRESENCE_REFUSED')
      const beginning = finishAccept(draft, presence)
      const sequence = ownership.ownerSequence
      return this.#begin(
        { networkTag, deviceId, sequence, nextKeyIndex, beginning },
        draft.signedBody
      )
    })
  }

  /** Takes up a device that this wallet owned before it was restored from words. */
  adopt(
    place: Pick<OwnedDevice, 'networkTag' | 'deviceId'>,
    seen: ProvedOwnership
  ): Promise<Verdict<'DEVICE_OWNED_ALREADY' | 'WALLET_FULL' | 'OWNER_OTHER', OwnedDevice>> {
    return this.#inTurn(async () => {
      const fault = this.#judgeBeginning(place.deviceId)
      if (fault !== undefined) return reject(fault)
      const nowMs = this.#ports.now()
      const device = adoptDevice(this.#state.seed, place, { ...seen, nowMs })
      if (device === undefined) return reject('OWNER_OTHER')
      const { rotationKeyHashes } = seen.ownership
      await this.#store(withTaken(withDevice(this.#state, device), rotationKeyHashes))
      return acceptAs(device)
    })
  }

  /**
   * Takes in what was proved of a device: acts that the ledger has gone past are forgotten, a
   * hand-over is noticed, and the waiting of a restored wallet ends in time.
   */
  observe(
    deviceId: Uint8Array,
    seen: ProvedOwnership
  ): Promise<Verdict<ObserveFault | 'DEVICE_NOT_OWNED', Observation>> {
    return this.#inTurn(async () => {
      const device = deviceOf(this.#state, deviceId)
      if (device === undefined) return reject('DEVICE_NOT_OWNED')
      const nowMs = this.#ports.now()
      const observed = observeDevice(this.#state.seed, device, { ...seen, nowMs })
      if (observed === 'OWNER_OTHER' && device.isOurs)
        await this.#store(withDevice(this.#state, asGone(device)))
      if (typeof observed === 'string') return reject(observed)
      if (isChanged(device, observed.device))
        await this.#store(withDevice(this.#state, observed.device))
      return acceptAs(observed)
    })
  }

  /**
   * Signs an act and stores it; the bytes may be sent as soon as this resolves, after those that
   * are in flight already. Void or not, its sequence is used.
   *
   * @param cosigners - for each rotation key that the order shows, in its order, who signs with it
   */
  act(
    deviceId: Uint8Array,
    order: OwnerOrder,
    cosigners: readonly RotationSigner[] = []
  ): Promise<Verdict<ActFault, SignedOwnerAct>> {
    return this.#inTurn(async () => {
      const device = deviceOf(this.#state, deviceId)
      const fault = judgeActing(device)
      if (device === undefined || fault !== undefined) return reject(fault ?? 'DEVICE_NOT_OWNED')
      const act = await signOwnerAct(this.#state.seed, device, order, cosigners)
      if (act === undefined) return reject('ROTATION_UNSIGNED')
      const next = {
        ...device,
        sequence: act.ownerSequence,
        nextKeyIndex: device.nextKeyIndex + 1,
        inFlight: [...device.inFlight, act]
      }
      const listed = 'newRotationKeyHashes' in order ? order.newRotationKeyHashes : []
      await this.#store(withTaken(withDevice(this.#state, next), listed))
      return acceptAs(act)
    })
  }

  /** Why an act would not be signed now; undefined when it would. Nothing is signed or stored. */
  judgeAct(deviceId: Uint8Array): ActFault | undefined {
    return judgeActing(deviceOf(this.#state, deviceId))
  }

  #judgeBeginning(deviceId: Uint8Array): 'DEVICE_OWNED_ALREADY' | 'WALLET_FULL' | undefined {
    const known = deviceOf(this.#state, deviceId)
    if (known?.isOurs === true) return 'DEVICE_OWNED_ALREADY'
    return known === undefined && this.#state.devices.length >= DEVICES_MAX
      ? 'WALLET_FULL'
      : undefined
  }

  async #begin(
    device: Pick<OwnedDevice, 'networkTag' | 'deviceId' | 'sequence' | 'nextKeyIndex'> & {
      readonly beginning: SignedTransaction
    },
    signedBody: Uint8Array
  ): Promise<Verdict<never, SignedTransaction>> {
    const began = { ...device, isOurs: false, waitUntilMs: 0, inFlight: [] }
    const { rotationKeyHashes } = readBody(signedBody) as Claim | TransferAccept
    await this.#store(withTaken(withDevice(this.#state, began), rotationKeyHashes))
    return acceptAs(device.beginning)
  }

  /** Makes a state the present one, once it is stored. */
  async #store(state: WalletState): Promise<void> {
    try {
      await writeWalletRecord(this.#ports.storage, state)
    } catch (error) {
      // The record may have arrived all the same: nothing may be signed from what is in memory.
      this.#isClosed = true
      throw error
    }
    this.#state = state
  }

  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    return this.#turns.take(() => {
      if (!this.#isClosed) return task()
      throw new ClientError('a write failed: open the wallet anew', { code: 'WALLET_CLOSED' })
    })
  }
}
