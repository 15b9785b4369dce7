/**
 * The check that LevelDB leaves out: does its log of recent writes hold from end to end?
 *
 * When a record of its log is wrong LevelDB drops the rest of that 32 KiB block
 * without a word, acknowledged writes among it, and opens. This reads the log
 * first, changes nothing, and tells damage from a write cut short by a crash.
 *
 * @module
 */

import { type FileHandle, open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { NodeError } from '../errors.ts'
import { crc32c } from './crc32c.ts'
import { readFailure } from './disk-errors.ts'

/** The first trouble of a block: cut short by the end of the file, or wrong in itself. */
interface Trouble {
  readonly offset: number
  readonly kind: 'torn' | 'wrong'
}

interface BlockReport {
  readonly trouble: Trouble | undefined
  /** Whether records lie before the trouble, or all through. */
  readonly begins: boolean
  /** Whether whole records lie behind the trouble: it cannot be the end of writing. */
  readonly goesOn: boolean
}

const BLOCK_BYTES = 32 * 1024
const HEADER_BYTES = 7
const TYPE_OFFSET = 6
const TYPE_LAST = 4
const MASK_DELTA = 0xa282ead8

/**
 * Checks all logs in a database's folder, which no process has open.
 *
 * @param folder        - the database's folder
 * @param unsyncedWrites - whether a power cut may have left a wrong record at the very end
 * @throws NodeError STORAGE_DAMAGED naming file and offset
 */
export async function checkLevelLogs(folder: string, unsyncedWrites: boolean): Promise<void> {
  try {
    const names = (await readdir(folder)).filter((name) => /^[0-9]+\.log$/.test(name))
    // every LevelDB that was ever opened has one, and does not miss it when it is gone
    if (names.length === 0) throw new NodeError('STORAGE_DAMAGED', `${folder}: has lost its log`)
    for (const name of names) await checkLog(join(folder, name), unsyncedWrites)
  } catch (error) {
    throw error instanceof NodeError ? error : readFailure(folder, error)
  }
}

async function checkLog(path: string, unsyncedWrites: boolean): Promise<void> {
  const handle = await open(path)
  try {
    let troubleAt: number | undefined
    for await (const [start, block] of blocksOf(handle)) {
      const report = judgeBlock(block)
      if (troubleAt !== undefined && (report.begins || report.goesOn))
        throw damaged(path, troubleAt)
      if (report.trouble === undefined) continue
      troubleAt = start + report.trouble.offset
      if (report.goesOn) throw damaged(path, troubleAt)
      if (report.trouble.kind === 'wrong' && !unsyncedWrites) throw damaged(path, troubleAt)
    }
  } finally {
    await handle.close()
  }
}

async function* blocksOf(
  handle: FileHandle
): AsyncGenerator<readonly [start: number, block: Buffer], void, void> {
  const buffer = Buffer.alloc(BLOCK_BYTES)
  for (let start = 0; ; start += BLOCK_BYTES) {
    const { bytesRead } = await handle.read(buffer, 0, BLOCK_BYTES, start)
    if (bytesRead > 0) yield [start, buffer.subarray(0, bytesRead)]
    if (bytesRead < BLOCK_BYTES) return
  }
}

function judgeBlock(block: Buffer): BlockReport {
  let offset = 0
  while (block.length - offset >= HEADER_BYTES) {
    const end = endOfRecord(block, offset)
    if (end === undefined) {
      const trouble: Trouble = { offset, kind: isTorn(block, offset) ? 'torn' : 'wrong' }
      return { trouble, begins: offset > 0, goesOn: holdsRecord(block, offset + 1) }
    }
    offset = end
  }
  return { trouble: undefined, begins: offset > 0, goesOn: false }
}

/** Where the record at `offset` ends; undefined if none stands there whole and right. */
function endOfRecord(block: Buffer, offset: number): number | undefined {
  const type = block[offset + TYPE_OFFSET] ?? 0
  if (type === 0 || type > TYPE_LAST) return undefined
  const end = offset + HEADER_BYTES + block.readUInt16LE(offset + 4)
  return end <= block.length && checksumHolds(block, offset, end) ? end : undefined
}

/** The checksum covers the type and what follows it, not the length. */
function checksumHolds(block: Buffer, offset: number, end: number): boolean {
  const crc = crc32c(block.subarray(offset + TYPE_OFFSET, end))
  const masked = (((crc >>> 15) | (crc << 17)) + MASK_DELTA) >>> 0
  return masked === block.readUInt32LE(offset)
}

/** Whether a crash explains the bytes from `offset` on: nothing but zeros, or the file's end too early. */
function isTorn(block: Buffer, offset: number): boolean {
  if (block.subarray(offset).every((byte) => byte === 0)) return true
  const end = offset + HEADER_BYTES + block.readUInt16LE(offset + 4)
  // only the last block of a file is short; a whole record whose length was flipped is not torn
  const short = block.length < BLOCK_BYTES && end > block.length
  return short && !checksumHolds(block, offset, block.length)
}

function holdsRecord(block: Buffer, from: number): boolean {
  for (let offset = from; block.length - offset >= HEADER_BYTES; offset++)
    if (endOfRecord(block, offset) !== undefined) return true
  return false
}

function damaged(path: string, offset: number): NodeError {
  return new NodeError('STORAGE_DAMAGED', `${path}: the log is damaged at byte ${offset}`)
}
