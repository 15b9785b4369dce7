/**
 * The data key in force, from proved records: what a device and its readers take it from.
 *
 * @module
 */

import {
  type DeviceRecord,
  equalBytes,
  type ReadersRecord,
  reject,
  type Verdict
} from '../protocol/index.ts'
import type { DataKey } from './sealed-data.ts'
import { readerIdOf, unwrapDataKey, type WrapFault } from './sealed-grant.ts'

/** Two records of one device, each proved. */
export interface GrantRecords {
  readonly device: DeviceRecord
  /** Null while nothing was ever granted. */
  readonly readers: ReadersRecord | null
}

/** Whose key is looked for, and where. */
export interface KeyHolder {
  readonly networkTag: Uint8Array
  readonly deviceId: Uint8Array
  /** X25519: the device's encryption secret, or the reader's secret for this device. */
  readonly secret: Uint8Array
}

/** Why there is no key. */
export type DataKeyFault =
  | WrapFault
  /** Nothing is granted now: since a re-keying, or ever. */
  | 'DATA_KEY_UNSET'
  /** The two records are not of one grant: they were read before and after it. */
  | 'GRANT_RECORDS_APART'

/** Why a reader has no key. */
export type ReaderKeyFault =
  | DataKeyFault
  /** The last grant names other readers: it was removed, or never let in. */
  | 'READER_UNKNOWN'

/** The key that the device seals under. */
export async function deviceDataKey(
  holder: KeyHolder,
  records: GrantRecords
): Promise<Verdict<DataKeyFault, DataKey>> {
  const granted = grantOf(records)
  if (typeof granted === 'string') return reject(granted)
  return unwrapDataKey(holder.secret, granted.readers.deviceWrap, { ...holder, ...granted })
}

/**
 * The key that a reader reads by, in the epoch that is in force now.
 *
 * @param readerKey - the public half of the holder's secret
 */
export async function readerDataKey(
  holder: KeyHolder,
  readerKey: Uint8Array,
  records: GrantRecords
): Promise<Verdict<ReaderKeyFault, DataKey>> {
  const granted = grantOf(records)
  if (typeof granted === 'string') return reject(granted)
  const readerId = readerIdOf(holder.deviceId, readerKey)
  const wrap = granted.readers.readers.find((one) => equalBytes(one.readerId, readerId))
  if (wrap === undefined) return reject('READER_UNKNOWN')
  return unwrapDataKey(holder.secret, wrap, { ...holder, ...granted })
}

function grantOf({ device, readers }: GrantRecords):
  | {
      readonly dataKeyEpoch: number
      readonly keyCommitment: Uint8Array
      readonly readers: ReadersRecord
    }
  | 'DATA_KEY_UNSET'
  | 'GRANT_RECORDS_APART' {
  const { dataKeyEpoch, keyCommitment } = device
  if (keyCommitment === null) return 'DATA_KEY_UNSET'
  if (readers?.dataKeyEpoch !== dataKeyEpoch) return 'GRANT_RECORDS_APART'
  return { dataKeyEpoch, keyCommitment, readers }
}
