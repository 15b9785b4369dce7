/**
 * device-message: what a device says, signed by a key that the message before committed to.
 *
 * This is the hot path of the ledger, so its wire form is read by hand, in one
 * pass, by a reader that accepts only the canonical encoding. Whatever that
 * reader does not accept is judged by the general decoder, which names the fault.
 *
 * @see SPEC.md §4.1 device-message
 * @module
 */

import { type CborValue, encodeCbor } from '../codec/cbor.ts'
import { bytes, key, type Shape, tuple, uint } from '../codec/shape.ts'
import type { CoseSignature } from '../crypto/cose.ts'
import { contentHash } from '../crypto/hash.ts'

/** A device message, field by field. */
export interface DeviceMessage {
  readonly kind: 'device-message'
  readonly deviceId: Uint8Array
  readonly incarnation: number
  /** The first message of an incarnation is 1. */
  readonly sequence: number
  /** The id of the message before, or of the act that began the incarnation. */
  readonly previousMessageId: Uint8Array
  readonly signingKey: Uint8Array
  readonly nextSigningKeyHash: Uint8Array
  readonly anchorHeight: number
  /** First 16 bytes of the id of the final block at that height. */
  readonly anchorId: Uint8Array
  readonly contentKind: number
  /** 0 when the content is not sealed. */
  readonly dataKeyEpoch: number
  readonly contentHash: Uint8Array
  readonly contentLength: number
}

/** The wire number of the kind. */
export const DEVICE_MESSAGE_KIND = 1

const fields = tuple(
  uint(DEVICE_MESSAGE_KIND, DEVICE_MESSAGE_KIND),
  bytes(32),
  uint(),
  uint(),
  bytes(32),
  key,
  bytes(32),
  uint(),
  bytes(16),
  uint(),
  uint(),
  bytes(32),
  uint()
)

/** Reads the body of a device message. */
export const readDeviceMessage: Shape<DeviceMessage> = (value) => {
  const read = fields(value)
  if (read === undefined) return undefined
  return {
    kind: 'device-message',
    deviceId: read[1],
    incarnation: read[2],
    sequence: read[3],
    previousMessageId: read[4],
    signingKey: read[5],
    nextSigningKeyHash: read[6],
    anchorHeight: read[7],
    anchorId: read[8],
    contentKind: read[9],
    dataKeyEpoch: read[10],
    contentHash: read[11],
    contentLength: read[12]
  }
}

/** The body of a message that carries `content`, ready to be signed. */
export function encodeDeviceMessage(
  message: Omit<DeviceMessage, 'kind' | 'contentHash' | 'contentLength'>,
  content: Uint8Array
): Uint8Array {
  const body: CborValue = [
    DEVICE_MESSAGE_KIND,
    message.deviceId,
    message.incarnation,
    message.sequence,
    message.previousMessageId,
    message.signingKey,
    message.nextSigningKeyHash,
    message.anchorHeight,
    message.anchorId,
    message.contentKind,
    message.dataKeyEpoch,
    contentHash(content),
    content.length
  ]
  return encodeCbor(body)
}

/** A device message with its envelope, as the quick reader finds it. */
export interface DeviceMessageEnvelope {
  readonly message: DeviceMessage
  readonly signedBody: Uint8Array
  readonly signature: CoseSignature
  readonly content: Uint8Array
}

/**
 * Reads a whole device-message transaction in one pass.
 *
 * @param wire - untrusted bytes of one transaction
 * @returns the envelope, or undefined for anything but the canonical form of this kind
 */
export function readDeviceMessageEnvelope(wire: Uint8Array): DeviceMessageEnvelope | undefined {
  const cursor = new Cursor(wire)
  if (!cursor.skip(0x83)) return undefined
  const bodyLength = cursor.byteStringLength()
  const bodyStart = cursor.offset
  if (bodyLength < 0) return undefined
  const message = readBody(cursor)
  if (message === undefined || cursor.offset !== bodyStart + bodyLength) return undefined
  const signature = readSignature(cursor)
  const contentLength = signature === undefined ? -1 : cursor.byteStringLength()
  if (signature === undefined || contentLength < 0) return undefined
  const content = cursor.take(contentLength)
  if (content === undefined || cursor.offset !== wire.length) return undefined
  return {
    message,
    signedBody: wire.subarray(bodyStart, bodyStart + bodyLength),
    signature,
    content
  }
}

function readBody(cursor: Cursor): DeviceMessage | undefined {
  if (!cursor.skip(0x8d) || !cursor.skip(DEVICE_MESSAGE_KIND)) return undefined
  const deviceId = cursor.bytes(32)
  const incarnation = cursor.uint()
  const sequence = cursor.uint()
  const previousMessageId = cursor.bytes(32)
  const signingKey = cursor.key()
  const nextSigningKeyHash = cursor.bytes(32)
  const anchorHeight = cursor.uint()
  const anchorId = cursor.bytes(16)
  const contentKind = cursor.uint()
  const dataKeyEpoch = cursor.uint()
  const hash = cursor.bytes(32)
  const contentLength = cursor.uint()
  if (cursor.failed) return undefined
  return {
    kind: 'device-message',
    deviceId,
    incarnation,
    sequence,
    previousMessageId,
    signingKey,
    nextSigningKeyHash,
    anchorHeight,
    anchorId,
    contentKind,
    dataKeyEpoch,
    contentHash: hash,
    contentLength
  }
}

/** One signature in an array: `81 84 43 a1 01 (27|26) a0 f6 58 40` and 64 bytes. */
function readSignature(cursor: Cursor): CoseSignature | undefined {
  for (const expected of [0x81, 0x84, 0x43, 0xa1, 0x01])
    if (!cursor.skip(expected)) return undefined
  const algorithm = cursor.byte()
  if (algorithm !== 0x27 && algorithm !== 0x26) return undefined
  if (!cursor.skip(0xa0) || !cursor.skip(0xf6)) return undefined
  const signature = cursor.bytes(64)
  if (cursor.failed) return undefined
  return { algorithm: algorithm === 0x27 ? 'Ed25519' : 'ES256', signature }
}

const NOTHING = new Uint8Array(0)

/** A place in bytes that only moves over canonical CBOR; `failed` once something else was met. */
class Cursor {
  offset = 0
  failed = false
  readonly #wire: Uint8Array

  constructor(wire: Uint8Array) {
    this.#wire = wire
  }

  byte(): number {
    const value = this.#wire[this.offset++]
    if (value === undefined) this.failed = true
    return value ?? -1
  }

  skip(expected: number): boolean {
    if (this.#wire[this.offset] !== expected) this.failed = true
    this.offset++
    return !this.failed
  }

  take(length: number): Uint8Array | undefined {
    const end = this.offset + length
    if (end > this.#wire.length) return undefined
    const taken = this.#wire.subarray(this.offset, end)
    this.offset = end
    return taken
  }

  bytes(length: number): Uint8Array {
    if (this.byteStringLength() !== length) this.failed = true
    return (this.failed ? undefined : this.take(length)) ?? this.#fail()
  }

  key(): Uint8Array {
    const length = this.byteStringLength()
    const taken = length === 32 || length === 33 ? this.take(length) : undefined
    if (taken === undefined) return this.#fail()
    if (length === 33 && taken[0] !== 2 && taken[0] !== 3) return this.#fail()
    return taken
  }

  /** The length of the byte string that starts here, or −1. */
  byteStringLength(): number {
    return this.#head(0x40)
  }

  uint(): number {
    const value = this.#head(0x00)
    if (value < 0) this.failed = true
    return value
  }

  /** Reads a head of one major type in its shortest form; −1 for anything else. */
  #head(major: number): number {
    const wire = this.#wire
    const first = wire[this.offset]
    if (first === undefined || (first & 0xe0) !== major) return -1
    const short = first & 0x1f
    if (short < 24) {
      this.offset += 1
      return short
    }
    const size = 1 << (short - 24)
    if (size > 8 || this.offset + 1 + size > wire.length) return -1
    let value = 0
    for (let index = 1; index <= size; index++)
      value = value * 256 + (wire[this.offset + index] as number)
    this.offset += 1 + size
    const smallest = size === 1 ? 24 : 2 ** (4 * size)
    return value < smallest || value > Number.MAX_SAFE_INTEGER ? -1 : value
  }

  #fail(): Uint8Array {
    this.failed = true
    return NOTHING
  }
}
