/**
 * The records of a LevelDB log, read without LevelDB: also what was deleted since is in there.
 *
 * @module
 */

import { readFileSync } from 'node:fs'

/** A key and its value as they were once put. */
export type PutRecord = readonly [key: Uint8Array, value: Uint8Array]

const BLOCK_BYTES = 32 * 1024
const HEADER_BYTES = 7
const FULL = 1
const FIRST = 2
const LAST = 4
const BATCH_HEADER_BYTES = 12
const PUT_TAG = 1

/** Every put of a log in the order of writing, up to the first record that is cut off. */
export function readPuts(path: string): readonly PutRecord[] {
  return [...batchesOf(readFileSync(path))].flatMap((batch) => [...putsOf(batch)])
}

function* batchesOf(log: Buffer): Generator<Buffer, void> {
  let parts: Buffer[] = []
  for (let offset = 0; offset + HEADER_BYTES <= log.length; ) {
    const blockLeft = BLOCK_BYTES - (offset % BLOCK_BYTES)
    if (blockLeft < HEADER_BYTES) {
      offset += blockLeft
      continue
    }
    const length = log.readUInt16LE(offset + 4)
    const type = log.readUInt8(offset + 6)
    const end = offset + HEADER_BYTES + length
    if (type < FULL || type > LAST || end > log.length) return
    if (type === FULL || type === FIRST) parts = []
    parts.push(log.subarray(offset + HEADER_BYTES, end))
    if (type === FULL || type === LAST) yield Buffer.concat(parts)
    offset = end
  }
}

function* putsOf(batch: Buffer): Generator<PutRecord, void> {
  let offset = BATCH_HEADER_BYTES
  const take = (): Buffer => {
    const [length, start] = varintAt(batch, offset)
    offset = start + length
    return batch.subarray(start, offset)
  }
  while (offset < batch.length) {
    const tag = batch.readUInt8(offset++)
    const key = take()
    if (tag === PUT_TAG) yield [key, take()]
  }
}

/** A length, seven bits a byte, and where what is that long begins. */
function varintAt(bytes: Buffer, from: number): readonly [value: number, end: number] {
  let value = 0
  let shift = 0
  let offset = from
  for (;;) {
    const byte = bytes.readUInt8(offset++)
    value |= (byte & 0x7f) << shift
    if (byte < 0x80) return [value, offset]
    shift += 7
  }
}
