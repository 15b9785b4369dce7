/**
 * Readers: who was granted a device's data, and opens what it said in the epochs of the grant.
 *
 * @module
 */

import {
  acceptAs,
  type DeviceMessage,
  equalBytes,
  judgeTransaction,
  reject,
  type Verdict
} from '../protocol/index.ts'
import { encryptionKeyOf } from './device-keys.ts'
import type { RandomBytes } from './random.ts'
import { type DataKey, type OpenContentFault, openContent } from './sealed-data.ts'
import { type GrantRecords, type ReaderKeyFault, readerDataKey } from './sealed-records.ts'

/** A reader of one device. Its public half goes to the owner, with whom it is made for this device. */
export interface ReaderKeys {
  readonly networkTag: Uint8Array
  readonly deviceId: Uint8Array
  /** X25519. */
  readonly readerKey: Uint8Array
  readonly readerSecret: Uint8Array
}

/** A message as its reader has it. What it is worth, its receipt says. */
export interface OpenedMessage {
  readonly messageId: Uint8Array
  readonly message: DeviceMessage
  readonly content: Uint8Array
}

/** Why a message is not read. */
export type OpenMessageFault =
  | OpenContentFault
  /** Its bytes are no message, or nobody who held the device's key signed them. */
  | 'MESSAGE_MALFORMED'
  | 'MESSAGE_OF_OTHER_DEVICE'
  /** It is of an epoch in which this reader was granted nothing, or that it did not see. */
  | 'DATA_KEY_MISSING'

/** Keys that a reader keeps: one for each grant that it saw. */
const DATA_KEYS_MAX = 1_024

/** A fresh pair of keys for a reader of one device. */
export function drawReader(
  device: Pick<ReaderKeys, 'networkTag' | 'deviceId'>,
  randomBytes: RandomBytes
): ReaderKeys {
  const readerSecret = randomBytes(32)
  return { ...device, readerSecret, readerKey: encryptionKeyOf(readerSecret) }
}

/** Reads one device. */
export class SealedReader {
  readonly #keys: ReaderKeys
  /** In ascending order of their epochs. */
  #dataKeys: readonly DataKey[]

  /** @param dataKeys - as {@link SealedReader.dataKeys} gave them earlier */
  constructor(keys: ReaderKeys, dataKeys: readonly DataKey[] = []) {
    this.#keys = keys
    this.#dataKeys = dataKeys
  }

  /** What is to be stored: the ledger holds only the wraps of the last grant. */
  get dataKeys(): readonly DataKey[] {
    return this.#dataKeys
  }

  /** Takes the key of the present epoch from proved records. */
  async adopt(records: GrantRecords): Promise<Verdict<ReaderKeyFault, number>> {
    const { networkTag, deviceId, readerKey, readerSecret: secret } = this.#keys
    const adopted = await readerDataKey({ networkTag, deviceId, secret }, readerKey, records)
    if (!adopted.ok) return adopted
    const { epoch } = adopted.value
    const others = this.#dataKeys.filter((key) => key.epoch !== epoch)
    this.#dataKeys = [...others, adopted.value]
      .sort((left, right) => left.epoch - right.epoch)
      .slice(-DATA_KEYS_MAX)
    return acceptAs(epoch)
  }

  /**
   * Opens a message. Clear content is given as it is.
   *
   * @param wire - untrusted: one transaction
   */
  open(wire: Uint8Array): Verdict<OpenMessageFault, OpenedMessage> {
    const { networkTag, deviceId } = this.#keys
    const judged = judgeTransaction(wire, networkTag)
    if (!judged.ok || judged.value.body.kind !== 'device-message')
      return reject('MESSAGE_MALFORMED')
    const { id: messageId, body: message, attachment } = judged.value
    if (!equalBytes(message.deviceId, deviceId)) return reject('MESSAGE_OF_OTHER_DEVICE')
    const carried = attachment ?? new Uint8Array(0)
    if (message.dataKeyEpoch === 0) return acceptAs({ messageId, message, content: carried })
    const dataKey = this.#dataKeys.find(({ epoch }) => epoch === message.dataKeyEpoch)
    if (dataKey === undefined) return reject('DATA_KEY_MISSING')
    const content = openContent(dataKey, message, carried)
    return content.ok ? acceptAs({ messageId, message, content: content.value }) : content
  }
}
