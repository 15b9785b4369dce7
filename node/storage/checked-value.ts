/**
 * Checked values: every value on disk carries a checksum over its key and itself.
 *
 * LevelDB is opened here with its own block checksums unread, so a flipped bit
 * would come back as a wrong value, and a misplaced block as another key's.
 *
 * @module
 */

import { crc32 } from 'node:zlib'

/** What the checksum adds to each value. */
const CHECKSUM_BYTES = 4

/** The bytes to store: payload, then the checksum over key and payload, big-endian. */
export function sealValue(key: Uint8Array, payload: Uint8Array): Uint8Array {
  const length = payload.length
  const stored = Buffer.allocUnsafe(length + CHECKSUM_BYTES)
  stored.set(payload)
  stored.writeUInt32BE(crc32(payload, crc32(key)), length)
  return stored
}

/** The payload, as a view into `stored`; undefined when the checksum does not hold. */
export function unsealValue(key: Uint8Array, stored: Uint8Array): Uint8Array | undefined {
  const length = stored.length - CHECKSUM_BYTES
  if (length < 0) return undefined
  const payload = stored.subarray(0, length)
  return crc32(payload, crc32(key)) === checksumAt(stored, length) ? payload : undefined
}

function checksumAt(stored: Uint8Array, offset: number): number {
  return new DataView(stored.buffer, stored.byteOffset + offset, CHECKSUM_BYTES).getUint32(0)
}
