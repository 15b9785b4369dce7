/**
 * A device for tests: one key, real signatures, SenML content.
 *
 * @module
 */

import { encode } from 'cborg'
import { ed25519PublicKey, ed25519Sign } from '#crypto'
import {
  DEVICE_MESSAGE_KIND,
  encodeDeviceMessage,
  encodeTransaction,
  keyHash,
  toHex,
  transactionIdOf,
  transactionSigningBytes
} from '../../../protocol/index.ts'

/** A device that signs messages. */
export interface TestDevice {
  readonly deviceId: Uint8Array
  readonly hexId: string
  /** The bytes of a message that reads `temperature`. */
  readonly message: (sequence: number, temperature?: number) => Uint8Array
  readonly transactionId: (sequence: number, temperature?: number) => string
}

const ZERO: Uint8Array = new Uint8Array(32)
const INLINE_FORM = 0x00

/** A device whose keys follow from one byte. */
export function createTestDevice(networkTag: Uint8Array, byte: number): TestDevice {
  const seed = new Uint8Array(32).fill(byte)
  const key = ed25519PublicKey(seed)
  const deviceId = keyHash(key)
  const signedBody = (sequence: number, content: Uint8Array): Uint8Array =>
    encodeDeviceMessage(
      {
        deviceId,
        incarnation: 1,
        sequence,
        previousMessageId: ZERO,
        signingKey: key,
        nextSigningKeyHash: keyHash(key),
        anchorHeight: 0,
        anchorId: ZERO.subarray(0, 16),
        contentKind: 0,
        dataKeyEpoch: 0
      },
      content
    )
  return {
    deviceId,
    hexId: toHex(deviceId),
    message: (sequence, temperature = 21.5) => {
      const content = senml(temperature)
      const body = signedBody(sequence, content)
      const signer = { kind: DEVICE_MESSAGE_KIND, role: 'device' as const, key }
      const signature = ed25519Sign(seed, transactionSigningBytes(networkTag, body, signer))
      return encodeTransaction(body, [{ algorithm: 'Ed25519', signature }], content)
    },
    transactionId: (sequence, temperature = 21.5) =>
      toHex(transactionIdOf(networkTag, signedBody(sequence, senml(temperature))))
  }
}

function senml(temperature: number): Uint8Array {
  const record = new Map<number, unknown>([
    [0, 'temperature'],
    [1, 'Cel'],
    [2, temperature]
  ])
  return Uint8Array.of(INLINE_FORM, ...encode([record]))
}
