/**
 * Blocks of LevelDB's tables: whether the frame of one is sound, so that LevelDB can be let near it.
 *
 * @module
 */

/** Where a block lies in its table. */
export interface BlockHandle {
  readonly offset: number
  readonly size: number
}

/** LevelDB appends sequence and type to the key of every record. */
const KEY_TAIL_BYTES = 8
/** A record is put (1) or deleted (0); the type is the lowest byte of what is appended. */
const TYPE_MAX = 1
const COUNT_BYTES = 4
const KEY_BYTES_AT_FIRST = 1024
/** Varints of seven bytes say all that a number can count exactly. */
const VARINT_BYTES_MAX = 7

/** Walks through blocks, with room for two keys that all walks share. */
export class LevelBlockWalk {
  readonly #keyTailBytes: number
  #key: Buffer = Buffer.alloc(KEY_BYTES_AT_FIRST)
  #keyLength = 0
  #previous: Buffer = Buffer.alloc(KEY_BYTES_AT_FIRST)
  #previousLength = 0

  /** @param keyTailBytes - what LevelDB appends to the keys of these blocks */
  constructor(keyTailBytes: number = KEY_TAIL_BYTES) {
    this.#keyTailBytes = keyTailBytes
  }

  /**
   * Whether every length lies within the block, and every key is long enough and above the one before.
   *
   * @param onValue - is given the value of each entry
   */
  isSound(block: Buffer, onValue?: (value: Buffer) => void): boolean {
    const restarts = restartsOf(block)
    if (restarts === undefined) return false
    const { end } = restarts
    this.#previousLength = 0
    for (let offset = 0; offset < end; ) {
      const entry = entryAt(block, offset, end)
      if (entry === undefined || !this.#isNextKey(block, entry, offset === 0)) return false
      const isRestart = restarts.offsets[restarts.next] === offset
      // a search begins at a restart: there an entry has all of its key
      if (isRestart && entry.shared !== 0) return false
      if (isRestart) restarts.next++
      onValue?.(block.subarray(entry.valueStart, entry.end))
      offset = entry.end
    }
    // a search that began between two entries would read nonsense; an empty block has one restart
    return restarts.next === restarts.offsets.length || end === 0
  }

  #isNextKey(block: Buffer, { shared, ownStart, valueStart }: Entry, isFirst: boolean): boolean {
    const length = shared + valueStart - ownStart
    if (shared > this.#previousLength || length < this.#keyTailBytes) return false
    if (this.#key.length < length) this.#key = Buffer.alloc(2 * length)
    this.#previous.copy(this.#key, 0, 0, shared)
    block.copy(this.#key, shared, ownStart, valueStart)
    this.#keyLength = length
    const type = this.#key[length - this.#keyTailBytes] as number
    if (this.#keyTailBytes > 0 && type > TYPE_MAX) return false
    const isAbove = isFirst || this.#compare() > 0
    const [key, previous] = [this.#key, this.#previous]
    this.#previous = key
    this.#previousLength = length
    this.#key = previous
    return isAbove
  }

  /** LevelDB's order: by key, then the newest first. */
  #compare(): number {
    const tail = this.#keyTailBytes
    const end = this.#keyLength - tail
    const previousEnd = this.#previousLength - tail
    const order = this.#key.compare(this.#previous, 0, previousEnd, 0, end)
    if (order !== 0 || tail === 0) return order
    const older = this.#key.readBigUInt64LE(end)
    return this.#previous.readBigUInt64LE(previousEnd) > older ? 1 : -1
  }
}

/** Reads a handle, and says where it ends. */
export function readBlockHandle(
  bytes: Buffer,
  offset: number
): (BlockHandle & { readonly end: number }) | undefined {
  const first = readVarint(bytes, offset, bytes.length)
  const second = first && readVarint(bytes, first.end, bytes.length)
  return first && second && { offset: first.value, size: second.value, end: second.end }
}

interface Entry {
  /** Bytes of the key that are those of the key before. */
  readonly shared: number
  readonly ownStart: number
  readonly valueStart: number
  readonly end: number
}

function entryAt(block: Buffer, offset: number, limit: number): Entry | undefined {
  const shared = readVarint(block, offset, limit)
  const own = shared && readVarint(block, shared.end, limit)
  const value = own && readVarint(block, own.end, limit)
  if (shared === undefined || own === undefined || value === undefined) return undefined
  const valueStart = value.end + own.value
  const end = valueStart + value.value
  return end > limit ? undefined : { shared: shared.value, ownStart: value.end, valueStart, end }
}

function restartsOf(
  block: Buffer
): { readonly offsets: readonly number[]; readonly end: number; next: number } | undefined {
  if (block.length < COUNT_BYTES) return undefined
  const count = block.readUInt32LE(block.length - COUNT_BYTES)
  const end = block.length - COUNT_BYTES * (1 + count)
  if (count === 0 || end < 0) return undefined
  const offsets: number[] = []
  for (let at = end; at < block.length - COUNT_BYTES; at += COUNT_BYTES)
    offsets.push(block.readUInt32LE(at))
  return { offsets, end, next: 0 }
}

function readVarint(
  bytes: Buffer,
  offset: number,
  limit: number
): { readonly value: number; readonly end: number } | undefined {
  let value = 0
  for (let at = offset, factor = 1; at < limit && at < offset + VARINT_BYTES_MAX; at++) {
    const byte = bytes[at] as number
    value += (byte & 0x7f) * factor
    if (byte < 0x80) return { value, end: at + 1 }
    factor *= 128
  }
  return undefined
}
