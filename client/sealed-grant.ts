/**
 * Grants: a fresh data key, wrapped for the device and for each of its readers.
 *
 * Every change of the readers is another key, so nobody reads what came before or after. A reader
 * shows each device a key of its own: neither ledger nor owners see that two readers are one person.
 *
 * @module
 */

import {
  acceptAs,
  ascii,
  compareBytes,
  concatBytes,
  createTaggedHash,
  type Grant,
  type KeyWrap,
  READERS_MAX,
  type ReaderWrap,
  reject,
  uint64,
  type Verdict
} from '../protocol/index.ts'
import { openSealed, type PublicKeyFault, sealTo } from './hpke.ts'
import type { RandomBytes } from './random.ts'
import { DATA_KEY_BYTES, type DataKey, isKeyCommitted, keyCommitmentOf } from './sealed-data.ts'

/** What a wrap is bound to. */
export interface GrantPlace {
  readonly networkTag: Uint8Array
  readonly deviceId: Uint8Array
  readonly dataKeyEpoch: number
  readonly keyCommitment: Uint8Array
}

/** Who may read, and until when nodes serve its wrap. */
export interface ReaderTerm {
  /** X25519, made for this device alone. */
  readonly readerKey: Uint8Array
  readonly notAfterMs: number
}

/** A device as its owner grants it: by its proved records. */
export interface GrantedDevice {
  readonly networkTag: Uint8Array
  readonly deviceId: Uint8Array
  /** Of the device's record, as it is now. */
  readonly dataKeyEpoch: number
  /** Of the ownership record. */
  readonly encryptionKey: Uint8Array
}

/** What a grant says, the owner's prefix aside. */
export type GrantTerms = Pick<Grant, 'dataKeyEpoch' | 'keyCommitment' | 'deviceWrap' | 'readers'>

/** Why nothing is granted. */
export type GrantFault =
  | PublicKeyFault
  /** More than sixteen, or one of them twice. */
  | 'READERS_WRONG'

/** Why a wrap gives no key. */
export type WrapFault =
  /** For another reader, device, network or epoch, or spoilt. */
  | 'KEY_WRAP_WRONG'
  /** It holds another key than the one that the ledger committed to. */
  | 'KEY_COMMITMENT_WRONG'

const GRANT_TAG = ascii('tm/grant/1')
const READER_ID_BYTES = 16

const hashReader = createTaggedHash('tm/reader/1')

/** What stands for a reader on the ledger: 16 bytes that only reader and owner can link to it. */
export function readerIdOf(deviceId: Uint8Array, readerKey: Uint8Array): Uint8Array {
  return hashReader(deviceId, readerKey).slice(0, READER_ID_BYTES)
}

/** Draws the next data key and wraps it. Whoever makes a grant keeps the terms, not the key. */
export async function draftGrant(
  device: GrantedDevice,
  terms: readonly ReaderTerm[],
  randomBytes: RandomBytes
): Promise<Verdict<GrantFault, GrantTerms>> {
  const { networkTag, deviceId, encryptionKey } = device
  const dataKey = randomBytes(DATA_KEY_BYTES)
  const dataKeyEpoch = device.dataKeyEpoch + 1
  const keyCommitment = keyCommitmentOf(dataKey)
  const place = { networkTag, deviceId, dataKeyEpoch, keyCommitment }
  const deviceWrap = await wrapDataKey(encryptionKey, { place, dataKey }, randomBytes)
  if (!deviceWrap.ok) return deviceWrap
  const readers: ReaderWrap[] = []
  for (const { readerKey, notAfterMs } of terms) {
    const wrap = await wrapDataKey(readerKey, { place, dataKey }, randomBytes)
    if (!wrap.ok) return wrap
    readers.push({ readerId: readerIdOf(deviceId, readerKey), ...wrap.value, notAfterMs })
  }
  dataKey.fill(0)
  readers.sort((left, right) => compareBytes(left.readerId, right.readerId))
  return areDistinct(readers)
    ? acceptAs({ dataKeyEpoch, keyCommitment, deviceWrap: deviceWrap.value, readers })
    : reject('READERS_WRONG')
}

/** Wraps a data key to an X25519 key. */
export async function wrapDataKey(
  publicKey: Uint8Array,
  { place, dataKey }: { readonly place: GrantPlace; readonly dataKey: Uint8Array },
  randomBytes: RandomBytes
): Promise<Verdict<PublicKeyFault, KeyWrap>> {
  const input = { info: grantInfo(place), plaintext: dataKey }
  const sealed = await sealTo(publicKey, input, randomBytes)
  if (!sealed.ok) return sealed
  const { enc, ciphertext } = sealed.value
  return acceptAs({ enc, ciphertext })
}

/**
 * Unwraps a data key, and holds it against its commitment.
 *
 * @param secret - of the device, or of a reader
 * @param wrap - untrusted
 * @param place - proved
 */
export async function unwrapDataKey(
  secret: Uint8Array,
  wrap: KeyWrap,
  place: GrantPlace
): Promise<Verdict<WrapFault, DataKey>> {
  const opened = await openSealed(secret, wrap, { info: grantInfo(place) })
  if (!opened.ok) return reject('KEY_WRAP_WRONG')
  const { plaintext } = opened.value
  return isKeyCommitted(plaintext, place.keyCommitment)
    ? acceptAs({ epoch: place.dataKeyEpoch, bytes: plaintext })
    : reject('KEY_COMMITMENT_WRONG')
}

function grantInfo({ networkTag, deviceId, dataKeyEpoch, keyCommitment }: GrantPlace): Uint8Array {
  return concatBytes(GRANT_TAG, networkTag, deviceId, uint64(dataKeyEpoch), keyCommitment)
}

function areDistinct(sorted: readonly ReaderWrap[]): boolean {
  return (
    sorted.length <= READERS_MAX &&
    sorted.every(
      ({ readerId }, index) =>
        index === 0 || compareBytes((sorted[index - 1] as ReaderWrap).readerId, readerId) < 0
    )
  )
}
