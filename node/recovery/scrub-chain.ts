/**
 * The scrub of the chain: every final block, what it names, and the index of its transactions.
 *
 * @module
 */

import { decodeCbor, equalBytes } from '../../protocol/index.ts'
import { NodeError } from '../errors.ts'
import {
  BLOCKS,
  batchKey,
  blockKey,
  FLOOR_KEY,
  heightOfBlockKey,
  transactionKey
} from '../ledger/keyspace.ts'
import { decodeStoredBlock, type StoredBlock } from '../ledger/stored-block.ts'
import { isFloorWhole } from './cure-state.ts'
import { readPaced, type ScrubWalk, walkRange } from './scrub-walk.ts'
import { batchTransactions } from './walk-blocks.ts'

const LAST_CLASS = 0xff

/** Looks at the chain by heights, and then at everything beside the state by keys. */
export async function scrubChain(walk: ScrubWalk): Promise<void> {
  await scrubBlocks(walk)
  await walk.betweenCommits(async () => {
    if (!isFloorWhole(walk)) walk.report(FLOOR_KEY)
  })
  // class by class: where one cannot be read to its end, the next still is
  for (let first = BLOCKS.gte[0] as number; first < LAST_CLASS; first++)
    for await (const _ of walkRange(walk, {
      gte: Uint8Array.of(first),
      lt: Uint8Array.of(first + 1)
    }));
}

async function scrubBlocks(walk: ScrubWalk): Promise<void> {
  let parentId: Uint8Array | undefined
  for (let height = walk.baseHeight(); height <= walk.tip().height; height++) {
    const encoded = await readPaced(walk, blockKey(height), 'the final block is missing')
    if (encoded === undefined) {
      parentId = undefined
      continue
    }
    const stored = decodeStoredBlock(encoded)
    const { block } = stored
    const isNext = parentId === undefined || equalBytes(parentId, block.header.parentId)
    if (block.header.height !== height || !isNext) walk.onTrouble(broken(walk, height))
    parentId = block.idBytes
    await scrubHeight(walk, block.idBytes, height)
    await scrubBatches(walk, stored)
  }
}

async function scrubHeight(walk: ScrubWalk, blockId: Uint8Array, height: number): Promise<void> {
  const key = heightOfBlockKey(blockId)
  const encoded = await readPaced(walk, key, 'the height of a final block is missing')
  if (encoded !== undefined && decodeCbor(encoded) !== height) walk.onTrouble(broken(walk, height))
}

async function scrubBatches(walk: ScrubWalk, { block, outcomes }: StoredBlock): Promise<void> {
  let position = 0
  for (const { id, header } of block.batches) {
    const bytes = await readPaced(walk, batchKey(id), 'the batch of a final block is missing')
    const transactions = bytes === undefined ? undefined : batchTransactions(id, walk)
    for (const [index, transaction] of (transactions ?? []).entries()) {
      // what waits may come again, and has no place yet
      if (outcomes[position + index]?.outcome === 'waits') continue
      const key = transactionKey(transaction.id)
      await readPaced(walk, key, 'the place of a transaction is missing')
    }
    position += header.count
  }
}

function broken({ database }: ScrubWalk, height: number): NodeError {
  return new NodeError(
    'STORAGE_DAMAGED',
    `${database.path}: the chain of blocks is broken at height ${height}`
  )
}
