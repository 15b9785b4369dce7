/**
 * The vote log: what I signed, durable before it leaves, never signed otherwise.
 *
 * Its own small LevelDB. Writes go one at a time, each synced and chained to
 * the one before. A log that lost its tail looks like an earlier whole one;
 * the check of LevelDB's log file at opening and the stale-log rule of
 * consensus meet that.
 *
 * @module
 */

import { invariant } from '../../protocol/index.ts'
import { NodeError } from '../errors.ts'
import type { Database, DatabasePorts } from './database.ts'
import { type DatabaseOptions, openDatabase } from './open-database.ts'
import {
  type ChainLink,
  comparePositions,
  decodeMarker,
  decodeWrite,
  encodeMarker,
  encodeWrite,
  firstLink,
  type LoggedCertificate,
  type LoggedVote,
  MARKER_KEY,
  type Marker,
  type Position,
  type Retirement,
  sequenceOf,
  type VoteLogWrite,
  WRITES,
  writeKey
} from './vote-log-format.ts'
import { VoteLogIndex } from './vote-log-index.ts'

/** Where the vote log lies and how much it may hold. */
export interface VoteLogOptions extends DatabaseOptions {
  /** With `create`: the log follows on one that was lost, so nothing is ever signed again. */
  readonly isLost?: boolean
  /** Votes and certificates held at most; when full, nothing more is signed until pruning. */
  readonly itemsMax?: number
}

const ITEMS_MAX = 262_144
const ITEM_BYTES_MAX = 64 * 1024
const WAITING_MAX = 1024

/**
 * Opens the vote log and checks it from end to end.
 *
 * @throws NodeError VOTE_LOG_MISSING, STORAGE_DAMAGED, and what {@link openDatabase} throws
 */
export async function openVoteLog(options: VoteLogOptions, ports: DatabasePorts): Promise<VoteLog> {
  const database = await openDatabase({ ...options, unsyncedWrites: false }, ports).catch(
    (error) => {
      throw missingVoteLog(options.path, error)
    }
  )
  try {
    if (options.create) await writeFirstMarker(database, options)
    const index = new VoteLogIndex(options.itemsMax ?? ITEMS_MAX)
    const marker = await readMarker(database, options.identity.uuid)
    for await (const [link, write] of walk(database, marker)) index.add(link, write)
    if (index.count !== marker.count)
      throw damaged(database, `holds ${index.count} items instead of ${marker.count}`)
    return new VoteLog(database, marker, index)
  } catch (error) {
    await database.close()
    throw error
  }
}

/** One open vote log. Made by {@link openVoteLog}. */
export class VoteLog {
  readonly #database: Database
  readonly #index: VoteLogIndex
  #marker: Marker
  #last: Promise<unknown> = Promise.resolve()
  #waiting = 0

  /** For {@link openVoteLog} alone. */
  constructor(database: Database, marker: Marker, index: VoteLogIndex) {
    this.#database = database
    this.#marker = marker
    this.#index = index
  }

  /** The highest position ever voted in; 0, 0 before the first vote. */
  get highest(): Position {
    return { epoch: this.#marker.highestEpoch, view: this.#marker.highestView }
  }

  /** Whether an earlier log of this key was lost, or this one is an old copy: it must never vote again. */
  get isLost(): boolean {
    return this.#marker.retired === 'lost'
  }

  /** Whether its epoch was closed so that a new network is founded: it must never vote again either. */
  get isClosed(): boolean {
    return this.#marker.retired === 'closed'
  }

  /**
   * Makes votes, and the certificates they rely on, durable in one synced write.
   *
   * Equal bytes again are fine. Of a view's certificates of one kind the first
   * is kept, since any other proves the same.
   *
   * @throws InvariantError for a second, different vote
   * @throws NodeError VOTE_LOG_FULL, DISK_FULL or DISK_WRITE_FAILED: send nothing
   */
  record(write: VoteLogWrite): Promise<void> {
    return this.#inTurn(() => this.#record(write))
  }

  /**
   * Reads everything from a position on, that position included, in the order it was recorded.
   *
   * @throws NodeError STORAGE_DAMAGED
   */
  load(from: Position): Promise<VoteLogWrite> {
    return this.#inTurn(async () => {
      const entries: LoggedVote[] = []
      const certificates: LoggedCertificate[] = []
      const wanted = (item: Position): boolean => comparePositions(item, from) >= 0
      for await (const [, write] of walk(this.#database, this.#marker)) {
        entries.push(...write.entries.filter(wanted))
        certificates.push(...write.certificates.filter(wanted))
      }
      return { entries, certificates }
    })
  }

  /**
   * Forgets the oldest writes that lie wholly below a position, a bounded number at a time.
   *
   * From then on votes below it are refused, for nothing would stop a second one.
   */
  prune(below: Position): Promise<void> {
    return this.#inTurn(() => this.#prune(below))
  }

  /**
   * Says for good that votes of this key are missing here: from now on nothing is signed, at any
   * later start neither.
   */
  markLost(): Promise<void> {
    return this.#retire('lost')
  }

  /** Says for good that this key has closed its epoch: from now on nothing is signed. */
  markClosed(): Promise<void> {
    return this.#retire('closed')
  }

  #retire(retired: Retirement): Promise<void> {
    return this.#inTurn(async () => {
      const marker: Marker = { ...this.#marker, retired }
      const batch = this.#database.createBatch()
      batch.put(MARKER_KEY, encodeMarker(marker))
      await batch.write({ sync: true })
      this.#marker = marker
    })
  }

  /** Waits for the writes under way and closes. */
  close(): Promise<void> {
    return this.#inTurn(() => this.#database.close())
  }

  async #record(write: VoteLogWrite): Promise<void> {
    // equal bytes count as recorded, which after a failed write nobody knows
    if (this.#database.failure !== undefined) throw this.#database.failure
    assertSizes(write)
    invariant(
      this.#marker.retired === null || write.entries.length === 0,
      'nothing is signed once a vote log was lost or its epoch closed'
    )
    const fresh = this.#index.selectFresh(write, this.#marker)
    const added = fresh.entries.length + fresh.certificates.length
    if (added === 0) return
    if (this.#index.count + added > this.#index.itemsMax)
      throw new NodeError(
        'VOTE_LOG_FULL',
        `${this.#database.path}: holds ${this.#index.count} items, the most it may; no view was final for long`
      )

    const { link, payload } = encodeWrite(this.#marker.head, fresh)
    const marker = {
      ...raised(this.#marker, fresh.entries),
      head: link,
      count: this.#marker.count + added
    }
    const batch = this.#database.createBatch()
    batch.put(writeKey(link.sequence), payload)
    batch.put(MARKER_KEY, encodeMarker(marker))
    await batch.write({ sync: true })
    this.#index.add(link, fresh)
    this.#marker = marker
  }

  async #prune(below: Position): Promise<void> {
    const { links, items } = this.#index.oldestBelow(below)
    const base = links.at(-1)
    if (base === undefined) return
    const { epoch, view } = comparePositions(below, this.#marker) > 0 ? below : this.#marker
    const marker = { ...this.#marker, epoch, view, base, count: this.#marker.count - items }
    const batch = this.#database.createBatch()
    for (const link of links) batch.delete(writeKey(link.sequence))
    batch.put(MARKER_KEY, encodeMarker(marker))
    await batch.write({ sync: false })
    this.#index.forget(links)
    this.#marker = marker
  }

  async #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    invariant(this.#waiting < WAITING_MAX, `at most ${WAITING_MAX} calls wait for the vote log`)
    this.#waiting++
    const turn = this.#last.then(work)
    // the caller learns of a failure; the next in line must still have its turn
    this.#last = turn.catch(() => undefined)
    try {
      return await turn
    } finally {
      this.#waiting--
    }
  }
}

async function writeFirstMarker(
  database: Database,
  { identity: { uuid }, isLost = false }: VoteLogOptions
): Promise<void> {
  const start = firstLink(uuid)
  const retired = isLost ? 'lost' : null
  const batch = database.createBatch()
  const zero = { highestEpoch: 0, highestView: 0, count: 0, epoch: 0, view: 0 }
  batch.put(MARKER_KEY, encodeMarker({ uuid, ...zero, head: start, base: start, retired }))
  await batch.write({ sync: true })
}

async function readMarker(database: Database, uuid: string): Promise<Marker> {
  const payload = await database.get(MARKER_KEY)
  const marker = payload && decodeMarker(payload)
  if (marker === undefined) throw damaged(database, 'has no marker')
  if (marker.uuid !== uuid) throw damaged(database, `belongs to ${marker.uuid}, not to ${uuid}`)
  return marker
}

/** All writes between the marker's base and head, each checked against the one before. */
async function* walk(
  database: Database,
  marker: Marker
): AsyncGenerator<readonly [ChainLink, VoteLogWrite], void, void> {
  let previous = marker.base
  for await (const page of database.iterate(WRITES))
    for (const [key, payload] of page) {
      const expected = previous.sequence + 1
      if (sequenceOf(key) !== expected)
        throw damaged(database, `goes on with write ${sequenceOf(key)} instead of ${expected}`)
      const found = decodeWrite(previous, payload)
      if (found === undefined) throw damaged(database, `breaks its chain at write ${expected}`)
      previous = found.link
      yield [found.link, found.write]
    }
  if (previous.sequence !== marker.head.sequence)
    throw damaged(database, `ends at write ${previous.sequence}, not ${marker.head.sequence}`)
  if (Buffer.compare(previous.chain, marker.head.chain) !== 0)
    throw damaged(database, 'ends in another chain value than its marker')
}

function raised(marker: Marker, votes: readonly LoggedVote[]): Marker {
  let highest: Position = { epoch: marker.highestEpoch, view: marker.highestView }
  for (const vote of votes) if (comparePositions(vote, highest) > 0) highest = vote
  return { ...marker, highestEpoch: highest.epoch, highestView: highest.view }
}

function assertSizes(write: VoteLogWrite): void {
  for (const item of [...write.entries, ...write.certificates])
    invariant(item.bytes.length <= ITEM_BYTES_MAX, `an item has at most ${ITEM_BYTES_MAX} bytes`)
}

function missingVoteLog(path: string, error: unknown): unknown {
  if (!(error instanceof NodeError) || error.code !== 'STORAGE_MISSING') return error
  return new NodeError(
    'VOTE_LOG_MISSING',
    `${path}: the vote log is missing; a key that may have signed never signs without it`,
    { cause: error }
  )
}

function damaged(database: Database, trouble: string): NodeError {
  return new NodeError('STORAGE_DAMAGED', `${database.path}: the vote log ${trouble}`)
}
