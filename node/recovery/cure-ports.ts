/**
 * What cures work with: the database, what memory knows better than it, and peers.
 *
 * @module
 */

import type { Block, BlockId, Electorate, LedgerVersion } from '../../protocol/index.ts'
import type { BatchFinding } from '../batches/verifier.ts'
import type { Floor } from '../ledger/open-ledger.ts'
import type { Logger } from '../logger.ts'
import type { Batch, Database } from '../storage/database.ts'

/** What cures need from others. */
export interface CurePorts {
  readonly networkTag: Uint8Array
  readonly electorate: () => Electorate
  /** The electorate of an epoch; undefined for one that has not begun here. */
  readonly electorateOf: (epoch: number) => Electorate | undefined
  readonly database: Database
  readonly tip: () => LedgerVersion
  readonly floor: () => Floor
  /** The lowest block that is still kept; records below are gone on purpose. */
  readonly blocksFrom: () => number
  /** The lowest block whose batches and outcomes are still kept. */
  readonly batchesFrom: () => number
  /** The leaf of the committed state at an index, as it is stored; undefined when there is none. */
  readonly packedLeaf: (index: number) => Uint8Array | undefined
  /** Does something while no block is being committed. */
  readonly betweenCommits: <Result>(work: () => Promise<Result>) => Promise<Result>
  /** A block above the committed one that is still in memory. */
  readonly bodyOf: (id: BlockId) => Block | undefined
  /** Whoever may be asked, by key. */
  readonly peers: () => readonly string[]
  readonly ask: (peer: string, request: Uint8Array) => Promise<Uint8Array | undefined>
  readonly penalise: (peer: string, reason: string) => void
  /** Judges a batch from its signature to its last transaction; undefined when there is no room. */
  readonly judgeBatch: (bytes: Uint8Array) => Promise<BatchFinding> | undefined
  /** Lets waiting work go first. */
  readonly pause: () => Promise<void>
  readonly log: Pick<Logger, 'warn'>
}

/** Writes a cure, durable when it resolves. */
export async function writeCure(
  { database }: Pick<CurePorts, 'database'>,
  fill: (batch: Batch) => void
): Promise<void> {
  const batch = database.createBatch()
  fill(batch)
  await batch.write({ sync: true })
}
