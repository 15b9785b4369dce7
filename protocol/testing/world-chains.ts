/**
 * Chains of device messages for tests of execution: honest ones, void ones, forks and noise.
 *
 * @module
 */

import { keyHash } from '../crypto/hash.ts'
import { type PrivateKey, publicKeyOf } from '../crypto/signing.ts'
import type { DeviceMessage } from '../transactions/device-message.ts'
import type { Transaction } from '../transactions/transaction.ts'
import type { LedgerWorld, WorldDevice } from './ledger-world.ts'
import { signWorldMessage, worldKey } from './world-signer.ts'

/** What a device says, header in order: the code that its content is void with, or null. */
export const SAYINGS: Readonly<Record<Saying, string | null>> = {
  heartbeat: null,
  'false-anchor': 'ANCHOR_FALSE',
  'key-kept': 'RATCHET_OVERDUE',
  'unknown-kind': 'KIND_NOT_ALLOWED',
  'bad-content': 'CONTENT_MALFORMED'
}

/** How one message of a chain is. */
export type Saying = 'heartbeat' | 'false-anchor' | 'key-kept' | 'unknown-kind' | 'bad-content'

/** What a liar, a stranger or a broken device says at some place of a chain: it can never count. */
export const NOISES = [
  'wrong-key',
  'broken-chain',
  'stale',
  'gap',
  'next-incarnation',
  'stranger'
] as const
/** One kind of noise. */
export type Noise = (typeof NOISES)[number]

/** A message of a chain with what is known of it. */
export interface Said {
  readonly transaction: Transaction
  readonly saying: Saying
}

/** A place in a chain: where the next message goes. */
export interface Place {
  readonly device: WorldDevice
  readonly sequence: number
  readonly head: Uint8Array
  readonly key: PrivateKey
}

/** Noise and where it is made. */
export interface Noisy {
  readonly device: number
  readonly at: number
  readonly noise: Noise
}

/** The chains of all devices, and the places between their messages. */
export function speak(
  world: LedgerWorld,
  plan: readonly (readonly Saying[])[]
): {
  readonly chains: readonly (readonly Said[])[]
  readonly places: readonly (readonly Place[])[]
} {
  const chains: Said[][] = []
  const places: Place[][] = []
  for (const [index, device] of world.devices.entries()) {
    let place: Place = { device, sequence: 1, head: device.claimId, key: device.signingKey }
    const chain: Said[] = []
    const own = [place]
    for (const saying of plan[index] ?? []) {
      const next = saying === 'key-kept' ? place.key : worldKey(100 * index + place.sequence)
      const transaction = say(world, place, { saying, nextKey: next })
      chain.push({ transaction, saying })
      place = { device, sequence: place.sequence + 1, head: transaction.id, key: next }
      own.push(place)
    }
    chains.push(chain)
    places.push(own)
  }
  return { chains, places }
}

function say(
  world: LedgerWorld,
  place: Place,
  { saying, nextKey }: { readonly saying: Saying; readonly nextKey: PrivateKey }
): Transaction {
  const isBad = saying === 'bad-content'
  return signWorldMessage(world.networkTag, place.key, {
    fields: {
      ...fieldsAt(world, place, nextKey),
      ...(saying === 'false-anchor' ? { anchorId: new Uint8Array(16) } : {}),
      contentKind: saying === 'unknown-kind' ? 99 : 3
    },
    content: isBad ? Uint8Array.of(1) : new Uint8Array(0)
  })
}

function fieldsAt(
  world: LedgerWorld,
  { device, sequence, head }: Place,
  nextKey: PrivateKey
): Omit<DeviceMessage, 'kind' | 'signingKey' | 'contentHash' | 'contentLength'> {
  return {
    deviceId: device.deviceId,
    incarnation: 0,
    sequence,
    previousMessageId: head,
    nextSigningKeyHash: keyHash(publicKeyOf(nextKey)),
    anchorHeight: 0,
    anchorId: world.genesisId,
    contentKind: 3,
    dataKeyEpoch: 0
  }
}

/** Makes noise at some place of the chains. */
export function makeNoise(
  world: LedgerWorld,
  { device, at, noise }: Noisy,
  places: readonly (readonly Place[])[]
): Transaction {
  const place = placeAt(places, device, at)
  const changes: Readonly<Record<Noise, Partial<DeviceMessage>>> = {
    'wrong-key': {},
    'broken-chain': { previousMessageId: new Uint8Array(32).fill(at + 1) },
    stale: { sequence: 0 },
    gap: { sequence: place.sequence + 1_000 },
    'next-incarnation': { incarnation: 1 },
    stranger: { deviceId: new Uint8Array(32).fill(at + 1) }
  }
  const key = noise === 'wrong-key' ? worldKey(50_000 + at) : place.key
  return signWorldMessage(world.networkTag, key, {
    fields: { ...fieldsAt(world, place, worldKey(60_000 + at)), ...changes[noise] },
    content: new Uint8Array(0)
  })
}

/** A second message for a place, as valid as the first. */
export function makeFork(world: LedgerWorld, place: Place, index: number): Transaction {
  return say(world, place, { saying: 'heartbeat', nextKey: worldKey(70_000 + index) })
}

/** A place of a device's chain, counted round and round. */
export function placeAt(places: readonly (readonly Place[])[], device: number, at: number): Place {
  const own = places[device] ?? []
  return own[at % own.length] as Place
}
