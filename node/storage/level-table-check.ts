/**
 * The check of LevelDB's tables that keeps it from falling over damaged ones.
 *
 * LevelDB as it is built here reads its tables unchecked. Most flipped bits come
 * back as wrong records, which the records' own checksums tell; but one in the
 * frame of a block may end the whole process. So the frames are read here first:
 * every length within its block, every key in order and long enough.
 *
 * @module
 */

import { type FileHandle, open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { NodeError } from '../errors.ts'
import { crc32c } from './crc32c.ts'
import { hasErrno, readFailure } from './disk-errors.ts'
import { type BlockHandle, LevelBlockWalk, readBlockHandle } from './level-block.ts'

/** What is wrong with one table. */
export interface TableTrouble {
  readonly path: string
  readonly offset: number
  /** `records`: LevelDB reads it, its records may be wrong. `frame`: LevelDB must not touch it. */
  readonly kind: 'records' | 'frame'
}

/** What was looked at of one table. */
export interface TableReport {
  readonly bytes: number
  readonly troubles: readonly TableTrouble[]
}

const FOOTER_BYTES = 48
const MAGIC_BYTES = 8
const TABLE_MAGIC = 0xdb4775248b80fb57n
/** Compression type and checksum behind each block. */
const TRAILER_BYTES = 5
const MASK_DELTA = 0xa282ead8
/** What is read at once: blocks are small and lie one behind the other. */
const WINDOW_BYTES = 256 * 1024
const TROUBLES_MAX = 64

/**
 * Checks the frames of all tables in a folder that no process has open.
 *
 * @throws NodeError STORAGE_DAMAGED naming file and offset
 */
export async function checkLevelTables(folder: string): Promise<void> {
  for (const path of await listTables(folder)) {
    const { troubles } = await checkTable(path, { checksums: false })
    const trouble = troubles.find(({ kind }) => kind === 'frame')
    if (trouble !== undefined) throw tableDamaged(trouble)
  }
}

/** The error for a table that LevelDB must not touch. */
export function tableDamaged({ path, offset }: TableTrouble): NodeError {
  return new NodeError('STORAGE_DAMAGED', `${path}: the table is damaged at byte ${offset}`)
}

/** The tables in a folder, the newest first. */
export async function listTables(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch((error) => {
    throw readFailure(folder, error)
  })
  return names
    .filter((name) => /^[0-9]+\.(?:ldb|sst)$/.test(name))
    .sort((left, right) => Number.parseInt(right, 10) - Number.parseInt(left, 10))
    .map((name) => join(folder, name))
}

/** Checks all tables of a folder that this process has open, with all their checksums. */
export async function* checkTablesOf(
  folder: string,
  onRead: (bytes: number) => Promise<void>
): AsyncGenerator<TableReport, void, void> {
  for (const path of await listTables(folder))
    yield await checkTable(path, { checksums: true, onRead })
}

/** How thoroughly a table is checked, and how fast. */
export interface TableCheckOptions {
  /** Whether the blocks' checksums are worked out too, not their frames alone. */
  readonly checksums: boolean
  /** Told of every read, and waited for: it sets the pace. */
  readonly onRead?: (bytes: number) => Promise<void>
}

/**
 * Checks one table from its foot to its head.
 *
 * @throws NodeError STORAGE_DAMAGED when the file cannot be read
 */
export async function checkTable(path: string, options: TableCheckOptions): Promise<TableReport> {
  let handle: FileHandle
  try {
    handle = await open(path)
  } catch (error) {
    // LevelDB has compacted it away meanwhile
    if (hasErrno(error, 'ENOENT')) return { bytes: 0, troubles: [] }
    throw readFailure(path, error)
  }
  try {
    const { size } = await handle.stat()
    return await checkOpenTable(new TableSource({ path, handle, size }, options))
  } catch (error) {
    throw error instanceof NodeError ? error : readFailure(path, error)
  } finally {
    await handle.close()
  }
}

async function checkOpenTable(source: TableSource): Promise<TableReport> {
  const { path, size } = source
  const broken = (offset: number): TableReport => ({
    bytes: size,
    troubles: [{ path, offset, kind: 'frame' }]
  })
  const footer = await source.read({ offset: size - FOOTER_BYTES, size: FOOTER_BYTES })
  const parts = footer && readFooter(footer)
  if (parts === undefined) return broken(Math.max(0, size - FOOTER_BYTES))
  // the index leads to everything and there is no second one: a wrong one is not read around
  const blocks = handlesOf(await readBlock(source, parts.index), new LevelBlockWalk())
  if (blocks === undefined) return broken(parts.index.offset)
  const filters = handlesOf(await readBlock(source, parts.meta), new LevelBlockWalk(0))
  if (filters === undefined) return broken(parts.meta.offset)

  const troubles = await checkBlocks(source, blocks)
  // a wrong filter says of a record that is there that it is not
  if (source.checksums) troubles.push(...(await checkFilters(source, filters)))
  return { bytes: size, troubles }
}

async function checkBlocks(
  source: TableSource,
  places: readonly BlockHandle[]
): Promise<TableTrouble[]> {
  const { path, checksums } = source
  const walk = new LevelBlockWalk()
  const troubles: TableTrouble[] = []
  for (const place of places) {
    const { offset } = place
    const block = await readBlock(source, place)
    if (block === undefined || !walk.isSound(block.content))
      troubles.push({ path, offset, kind: 'frame' })
    else if (checksums && !checksumHolds(block)) troubles.push({ path, offset, kind: 'records' })
    if (troubles.length >= TROUBLES_MAX) break
  }
  return troubles
}

async function checkFilters(
  source: TableSource,
  places: readonly BlockHandle[]
): Promise<TableTrouble[]> {
  const { path } = source
  const troubles: TableTrouble[] = []
  for (const place of places) {
    const filter = await readBlock(source, place)
    if (filter === undefined || !checksumHolds(filter))
      troubles.push({ path, offset: place.offset, kind: 'records' })
  }
  return troubles
}

function readFooter(
  footer: Buffer
): { readonly meta: BlockHandle; readonly index: BlockHandle } | undefined {
  if (footer.readBigUInt64LE(FOOTER_BYTES - MAGIC_BYTES) !== TABLE_MAGIC) return undefined
  const meta = readBlockHandle(footer, 0)
  const index = meta && readBlockHandle(footer, meta.end)
  return meta && index && { meta, index }
}

interface Block {
  readonly content: Buffer
  /** Compression type and checksum. */
  readonly trailer: Buffer
  readonly whole: Buffer
}

async function readBlock(source: TableSource, place: BlockHandle): Promise<Block | undefined> {
  const whole = await source.read({ ...place, size: place.size + TRAILER_BYTES })
  if (whole === undefined) return undefined
  const trailer = whole.subarray(place.size)
  // compression is off, so its type is always zero
  if (trailer[0] !== 0) return undefined
  return { content: whole.subarray(0, place.size), trailer, whole }
}

function checksumHolds({ content, trailer, whole }: Block): boolean {
  const crc = crc32c(whole.subarray(0, content.length + 1))
  const masked = (((crc >>> 15) | (crc << 17)) + MASK_DELTA) >>> 0
  return masked === trailer.readUInt32LE(1)
}

/** The blocks that a block names; undefined when it is not whole. */
function handlesOf(
  block: Block | undefined,
  walk: LevelBlockWalk
): readonly BlockHandle[] | undefined {
  if (block === undefined || !checksumHolds(block)) return undefined
  const { content } = block
  const values: Buffer[] = []
  if (!walk.isSound(content, (value) => void values.push(value))) return undefined
  const handles = values.map((value) => readBlockHandle(value, 0))
  return handles.every((handle) => handle !== undefined) ? handles : undefined
}

/** One open table, read a window at a time. */
class TableSource {
  readonly path: string
  readonly size: number
  readonly checksums: boolean
  readonly #handle: FileHandle
  readonly #onRead: ((bytes: number) => Promise<void>) | undefined
  #window: Buffer = Buffer.alloc(0)
  #windowOffset = 0

  constructor(
    place: { readonly path: string; readonly handle: FileHandle; readonly size: number },
    options: TableCheckOptions
  ) {
    this.path = place.path
    this.size = place.size
    this.checksums = options.checksums
    this.#handle = place.handle
    this.#onRead = options.onRead
  }

  /** Undefined for what does not lie within the file. */
  async read({ offset, size }: BlockHandle): Promise<Buffer | undefined> {
    if (offset < 0 || offset + size > this.size) return undefined
    const isHere =
      offset >= this.#windowOffset && offset + size <= this.#windowOffset + this.#window.length
    if (!isHere) await this.#move(offset, Math.max(size, WINDOW_BYTES))
    const start = offset - this.#windowOffset
    return this.#window.length < start + size
      ? undefined
      : this.#window.subarray(start, start + size)
  }

  async #move(offset: number, size: number): Promise<void> {
    const window = Buffer.alloc(Math.min(size, this.size - offset))
    const { bytesRead } = await this.#handle.read(window, 0, window.length, offset)
    this.#window = window.subarray(0, bytesRead)
    this.#windowOffset = offset
    await this.#onRead?.(bytesRead)
  }
}
