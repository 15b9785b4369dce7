/**
 * Wallet state: what an owner has signed for its devices and not yet seen counted, as pure steps.
 *
 * Each step takes the state and gives the next one; nothing is handed out before the next state is
 * stored. Sequences and key indexes never fall, so no key ever signs a second thing.
 *
 * @see ../protocol/SPEC.md §5.6 Owner acts
 * @module
 */

import {
  equalBytes,
  keyHash,
  type OwnershipRecord,
  ownerKeyHashAt,
  ownershipAt,
  publicKeyOf
} from '../protocol/index.ts'
import { ownerKeyOf } from './owner.ts'
import type { SignedTransaction } from './signed-transaction.ts'

/** Most devices of one wallet. */
export const DEVICES_MAX = 1_024
/** Most acts of one device in flight: what the ledger pools. */
export const IN_FLIGHT_MAX = 8
/** Most recovery keys that a wallet knows the hashes of. */
export const RECOVERY_HASHES_MAX = 1_024
/** How long a restored wallet waits: acts that another copy sent have an end by then. */
const RESTORE_WAIT_MS = 600_000
/** A proof that ends the waiting is at most this old: an old one would hide what was signed since. */
const FRESH_MS = 300_000
/** Keys that are tried below the one that is expected: guardians choose one long before it is used. */
const SEARCH_BELOW = 65_536
/** Keys that are tried above it: of a device that was sold with acts in flight, and bought back. */
const SEARCH_ABOVE = 64

/** An act that was signed. */
export interface SignedOwnerAct extends SignedTransaction {
  readonly kind: string
  readonly ownerSequence: number
}

/** A device as its owner's wallet knows it. */
export interface OwnedDevice {
  readonly networkTag: Uint8Array
  readonly deviceId: Uint8Array
  /** Of the last act that was signed, or that is known to have counted. */
  readonly sequence: number
  /** The key of the act after it; mostly its sequence, and higher or lower after a hand-over. */
  readonly nextKeyIndex: number
  /** Whether the ledger was last seen to wait for a key of this wallet. */
  readonly isOurs: boolean
  /** No act is signed before; 0 for no waiting. */
  readonly waitUntilMs: number
  /** Signed and not yet seen counted, without gaps, up to `sequence`. */
  readonly inFlight: readonly SignedOwnerAct[]
  /** The claim or acceptance by which it becomes ours, until that is seen. */
  readonly beginning: SignedTransaction | null
}

/** Everything that a wallet must not forget. */
export interface WalletState {
  readonly seed: Uint8Array
  /** Hashes of recovery keys, in order; the first `taken` of them stand on the ledger somewhere. */
  readonly recovery: { readonly hashes: readonly Uint8Array[]; readonly taken: number }
  readonly devices: readonly OwnedDevice[]
}

/** A device's ownership record, as it was proved at the time of a block. */
export interface ProvedOwnership {
  readonly ownership: OwnershipRecord
  readonly timeMs: number
}

/** What was learned of a device by looking at the ledger. */
export interface Observation {
  readonly device: OwnedDevice
  /** Acts that the ledger has gone past. */
  readonly ended: readonly SignedOwnerAct[]
  /** An act with a key of this wallet counted that it never signed: another copy of it is in use. */
  readonly isElsewhere: boolean
}

/** Why what was proved is of no use. */
export type ObserveFault =
  /** The proof is older than what is known, or too old to end the waiting. */
  | 'LEDGER_STALE'
  /** The claim or acceptance has not counted yet. */
  | 'OWNERSHIP_PENDING'
  /** The ledger waits for a key that is none of this wallet's. */
  | 'OWNER_OTHER'

/** The device of an id. */
export function deviceOf(state: WalletState, deviceId: Uint8Array): OwnedDevice | undefined {
  return state.devices.find((device) => equalBytes(device.deviceId, deviceId))
}

/** The state with a device in the place of the one of the same id, or added. */
export function withDevice(state: WalletState, device: OwnedDevice): WalletState {
  const isKnown = deviceOf(state, device.deviceId) !== undefined
  const devices = isKnown
    ? state.devices.map((other) => (equalBytes(other.deviceId, device.deviceId) ? device : other))
    : [...state.devices, device]
  return { ...state, devices }
}

/** The state in which no recovery key of a list is given to another device. */
export function withTaken(state: WalletState, listed: readonly Uint8Array[]): WalletState {
  const { hashes, taken } = state.recovery
  const last = hashes.findLastIndex((hash) => listed.some((other) => equalBytes(hash, other)))
  return { ...state, recovery: { hashes, taken: Math.max(taken, last + 1) } }
}

/** The hash of the next recovery key that no device was given; undefined when there is none left. */
export function freeRecoveryHash({ recovery }: WalletState): Uint8Array | undefined {
  return recovery.hashes[recovery.taken]
}

/** The state as it is in other hands than those that wrote it: each device waits before it is acted for. */
export function asRestored(state: WalletState, nowMs: number): WalletState {
  const waitUntilMs = nowMs + RESTORE_WAIT_MS
  return { ...state, devices: state.devices.map((device) => ({ ...device, waitUntilMs })) }
}

/** A device of a wallet that was restored from words; undefined when the ledger waits for another's key. */
export function adoptDevice(
  seed: Uint8Array,
  place: Pick<OwnedDevice, 'networkTag' | 'deviceId'>,
  seen: ProvedOwnership & { readonly nowMs: number }
): OwnedDevice | undefined {
  const nextKeyIndex = findKeyIndex(seed, place.deviceId, seen)
  if (nextKeyIndex === undefined) return undefined
  return {
    ...place,
    sequence: seen.ownership.ownerSequence,
    nextKeyIndex,
    isOurs: true,
    waitUntilMs: seen.nowMs + RESTORE_WAIT_MS,
    inFlight: [],
    beginning: null
  }
}

/** What a proved ownership says about a device of a wallet. */
export function observeDevice(
  seed: Uint8Array,
  device: OwnedDevice,
  seen: ProvedOwnership & { readonly nowMs: number }
): Observation | ObserveFault {
  const { ownership } = seen
  const { ownerSequence } = ownership
  if (ownerSequence < device.sequence - device.inFlight.length) return 'LEDGER_STALE'
  const ended = device.inFlight.filter((act) => act.ownerSequence <= ownerSequence)
  const inFlight = device.inFlight.slice(ended.length)
  const firstIndex = device.nextKeyIndex - inFlight.length
  if (inFlight.length > 0 && isAwaited(seed, device.deviceId, { ...seen, index: firstIndex })) {
    const isElsewhere = wasElsewhere(device, ended, ownership)
    return settle({ ...device, inFlight }, { ended, isElsewhere, seen })
  }
  const nextKeyIndex = findKeyIndex(seed, device.deviceId, seen)
  if (nextKeyIndex === undefined)
    return device.beginning === null ? 'OWNER_OTHER' : 'OWNERSHIP_PENDING'
  const isElsewhere = wasElsewhere(device, ended, ownership)
  const next = {
    ...device,
    sequence: ownerSequence,
    nextKeyIndex,
    isOurs: true,
    inFlight: [],
    beginning: null
  }
  return settle(next, { ended: device.inFlight, isElsewhere, seen })
}

/** A device that is somebody else's now. Its key indexes are kept: should it come back, none is used twice. */
export function asGone(device: OwnedDevice): OwnedDevice {
  return { ...device, isOurs: false, inFlight: [], beginning: null }
}

/** Whether there is anything new to store. */
export function isChanged(before: OwnedDevice, after: OwnedDevice): boolean {
  const names = ['sequence', 'nextKeyIndex', 'isOurs', 'waitUntilMs', 'beginning'] as const
  return (
    names.some((name) => before[name] !== after[name]) ||
    before.inFlight.length !== after.inFlight.length
  )
}

/** Ends the waiting, or begins it anew where another copy of the wallet has acted meanwhile. */
function settle(
  device: OwnedDevice,
  found: {
    readonly ended: readonly SignedOwnerAct[]
    readonly isElsewhere: boolean
    readonly seen: ProvedOwnership & { readonly nowMs: number }
  }
): Observation | ObserveFault {
  const { ended, isElsewhere, seen } = found
  const { nowMs, timeMs } = seen
  if (isElsewhere) {
    const waitUntilMs = nowMs + RESTORE_WAIT_MS
    return { device: { ...device, waitUntilMs }, ended, isElsewhere }
  }
  if (device.waitUntilMs === 0 || nowMs < device.waitUntilMs) return { device, ended, isElsewhere }
  if (timeMs < nowMs - FRESH_MS) return 'LEDGER_STALE'
  return { device: { ...device, waitUntilMs: 0 }, ended, isElsewhere }
}

/** Whether an act counted that this wallet did not sign, though its key is this wallet's. */
function wasElsewhere(
  device: OwnedDevice,
  ended: readonly SignedOwnerAct[],
  { ownerSequence, ownerHeadId }: OwnershipRecord
): boolean {
  // What made the device ours is another's act where it was bought, and the first where it was claimed.
  if (device.beginning !== null || !device.isOurs) return false
  if (ownerSequence > device.sequence) return true
  const last = ended.at(-1)
  return (
    last !== undefined &&
    last.ownerSequence === ownerSequence &&
    !equalBytes(last.transactionId, ownerHeadId)
  )
}

/** The index of the key that the ledger waits for, as far as this wallet can find it. */
export function findKeyIndex(
  seed: Uint8Array,
  deviceId: Uint8Array,
  seen: ProvedOwnership
): number | undefined {
  const expected = seen.ownership.ownerSequence + 1
  const isAt = (index: number): boolean => isAwaited(seed, deviceId, { ...seen, index })
  for (let index = expected; index <= expected + SEARCH_ABOVE; index++)
    if (isAt(index)) return index
  const lowest = Math.max(1, expected - SEARCH_BELOW)
  for (let index = expected - 1; index >= lowest; index--) if (isAt(index)) return index
  return undefined
}

function isAwaited(
  seed: Uint8Array,
  deviceId: Uint8Array,
  { ownership, timeMs, index }: ProvedOwnership & { readonly index: number }
): boolean {
  const key = publicKeyOf(ownerKeyOf(seed, deviceId, index))
  return equalBytes(keyHash(key), ownerKeyHashAt(ownershipAt(ownership, timeMs), timeMs))
}
