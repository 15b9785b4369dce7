/**
 * Cures of the chain's records: a block is believed for its place in the chain, never for who sends it.
 *
 * @module
 */

import {
  type Block,
  encodeBlock,
  encodeCbor,
  encodeReceiptLeaf,
  equalBytes,
  isCounting,
  judgeBlock,
  judgeCertificate,
  listRoot,
  type Outcome,
  type Transaction
} from '../../protocol/index.ts'
import {
  BATCHES_FROM_KEY,
  BLOCKS_FROM_KEY,
  batchKey,
  blockKey,
  heightOfBlockKey,
  transactionKey
} from '../ledger/keyspace.ts'
import { readStoredBlock } from '../ledger/open-ledger.ts'
import { encodeStoredBlock } from '../ledger/stored-block.ts'
import { readIfWhole } from '../storage/damaged-record.ts'
import type { Batch } from '../storage/database.ts'
import {
  decodeOutcomesAnswer,
  decodeParcels,
  encodeFetchRequest,
  type FinalBlockParcel
} from '../sync/sync-message.ts'
import type { CureOutcome } from './cure-desk.ts'
import { type CurePorts, writeCure } from './cure-ports.ts'
import { transactionsOf, walkBlocks } from './walk-blocks.ts'

/** A final block: asked of peers by its height. */
export async function cureBlock(height: number, ports: CurePorts): Promise<CureOutcome> {
  const key = blockKey(height)
  if (height > ports.tip().height || height < ports.blocksFrom()) {
    await writeCure(ports, (batch) => batch.delete(key))
    return 'dropped'
  }
  if (readIfWhole(() => ports.database.getSync(key)) !== undefined) return 'whole'
  const request = encodeFetchRequest({ kind: 'final-blocks', from: height, count: 1 })
  for (const peer of ports.peers()) {
    const answer = await ports.ask(peer, request)
    const parcels = answer === undefined ? undefined : decodeParcels(answer)
    const believed = parcels && believedBlock(parcels, height, ports)
    const outcomes = believed && (await outcomesOf(believed.block, peer, ports))
    if (believed === undefined || outcomes === undefined) continue
    const blockBytes = encodeBlock(believed.block)
    const stored = encodeStoredBlock({ ...believed, blockBytes, outcomes })
    await writeCure(ports, (batch) => batch.put(key, stored))
    return 'cured'
  }
  return 'unobtainable'
}

/** The height of a block: looked for among the blocks; an id that none has is taken away. */
export async function cureHeightOfBlock(
  blockId: Uint8Array,
  ports: CurePorts
): Promise<CureOutcome> {
  const key = heightOfBlockKey(blockId)
  for await (const { block } of walkBlocks(ports)) {
    if (!equalBytes(block.idBytes, blockId)) continue
    await writeCure(ports, (batch) => batch.put(key, encodeCbor(block.header.height)))
    return 'cured'
  }
  await writeCure(ports, (batch) => batch.delete(key))
  return 'dropped'
}

/** The place of a transaction: worked out anew from all blocks; an id that none has is taken away. */
export async function cureTransactionPlace(
  idPrefix: Uint8Array,
  ports: CurePorts
): Promise<CureOutcome> {
  const key = transactionKey(idPrefix)
  const isOurs = ({ id }: Transaction): boolean => equalBytes(transactionKey(id), key)
  let first: readonly [height: number, position: number] | undefined
  let isCounted = false
  let isComplete = true
  for await (const { block, outcomes } of walkBlocks(ports)) {
    if (block.header.height < ports.batchesFrom()) break
    const transactions = transactionsOf(block, ports)
    if (transactions === undefined) isComplete = false
    const positions = [...(transactions ?? []).entries()].filter(([, one]) => isOurs(one))
    const place = firstPlace(
      positions.map(([position]) => position),
      outcomes
    )
    if (place === undefined || (isCounted && !place.isCounting)) continue
    // from the newest down: the last one found is the first one of all
    first = [block.header.height, place.position]
    isCounted = place.isCounting
  }
  if (first === undefined && !isComplete) return 'unobtainable'
  const place = first
  await writeCure(ports, (batch) =>
    place === undefined ? batch.delete(key) : batch.put(key, encodeCbor([...place]))
  )
  return place === undefined ? 'dropped' : 'cured'
}

/** Where a transaction stands in a block: where it counts, else where it first does anything at all. */
function firstPlace(
  positions: readonly number[],
  outcomes: readonly Outcome[]
): { readonly position: number; readonly isCounting: boolean } | undefined {
  const counting = positions.findLast((position) => isCounting(outcomes[position] as Outcome))
  if (counting !== undefined) return { position: counting, isCounting: true }
  const other = positions.find((position) => outcomes[position]?.outcome !== 'waits')
  return other === undefined ? undefined : { position: other, isCounting: false }
}

/**
 * The block of a height among what a peer sent: the parent of this node's own next block, its own
 * last one, or the first of a run that ends in a genuine finalisation.
 */
function believedBlock(
  parcels: readonly FinalBlockParcel[],
  height: number,
  ports: CurePorts
): Pick<FinalBlockParcel, 'block' | 'finalisation'> | undefined {
  const { networkTag } = ports
  const [parcel] = parcels
  if (parcel === undefined || parcel.block.header.height !== height) return undefined
  const { block } = parcel
  const electorate = ports.electorateOf(block.header.epoch)
  if (electorate === undefined) return undefined
  if (height > 0 && !judgeBlock(block, networkTag, electorate).ok) return undefined
  const fits = fitsNeighbour(block, ports)
  if (fits === false || (fits === undefined && !isProvedRun(parcels, ports))) return undefined
  const finalisation = isFinalisedBy(parcel, ports) ? parcel.finalisation : null
  return { block, finalisation }
}

/** Undefined where the own block above cannot be read. */
function fitsNeighbour(block: Block, ports: CurePorts): boolean | undefined {
  const { height } = block.header
  const tip = ports.tip()
  if (height === tip.height) return block.id === tip.blockId
  const child = readIfWhole(() => readStoredBlock(ports.database, height + 1))
  return child && equalBytes(child.block.header.parentId, block.idBytes)
}

function isProvedRun(parcels: readonly FinalBlockParcel[], ports: CurePorts): boolean {
  const isChain = parcels.every(({ block }, index) => {
    const parent = parcels[index - 1]?.block
    return parent === undefined || equalBytes(block.header.parentId, parent.idBytes)
  })
  const last = parcels.at(-1)
  return isChain && last !== undefined && isFinalisedBy(last, ports)
}

function isFinalisedBy(
  { block, finalisation }: FinalBlockParcel,
  { networkTag, electorateOf }: CurePorts
): boolean {
  const electorate = electorateOf(block.header.epoch)
  if (finalisation?.vote.kind !== 'finalise') return false
  if (finalisation.vote.subject?.blockId !== block.id) return false
  return electorate !== undefined && judgeCertificate(finalisation, networkTag, electorate).ok
}

/** What became of a block's transactions: mostly all was applied, else a peer knows; the root decides. */
async function outcomesOf(
  block: Block,
  peer: string,
  ports: CurePorts
): Promise<readonly Outcome[] | undefined> {
  const { height } = block.header
  // what was pruned away has no outcomes any more
  if (height < ports.batchesFrom()) return []
  for (const { id } of block.batches)
    if (readIfWhole(() => ports.database.getSync(batchKey(id))) === undefined)
      ports.database.reportDamage(batchKey(id), 'the batch of a final block cannot be read')
  const transactions = transactionsOf(block, ports)
  if (transactions === undefined) return undefined
  const isRight = (outcomes: readonly Outcome[]): boolean =>
    outcomes.length === transactions.length &&
    equalBytes(receiptsRootOf(transactions, outcomes), block.header.receiptsRoot)
  const applied = transactions.map((): Outcome => ({ outcome: 'applied', code: null }))
  if (isRight(applied)) return applied
  const answer = await ports.ask(peer, encodeFetchRequest({ kind: 'outcomes', height }))
  const told = answer === undefined ? undefined : decodeOutcomesAnswer(answer)
  return told !== undefined && isRight(told) ? told : undefined
}

/** The root over receipts made of transactions and what became of them. */
export function receiptsRootOf(
  transactions: readonly Transaction[],
  outcomes: readonly Outcome[]
): Uint8Array {
  return listRoot(
    transactions.map(({ id }, index) => encodeReceiptLeaf(id, outcomes[index] as Outcome))
  )
}

/**
 * From which heights on blocks, and batches with outcomes, are here: seen from the tip downward.
 *
 * A block that holds no transactions looks the same pruned and whole, and makes no difference.
 */
export async function cureBase(ports: CurePorts): Promise<CureOutcome> {
  let blocksFrom: number = ports.tip().height + 1
  let batchesFrom: number = blocksFrom
  // what the records say is not asked: they are what is damaged
  for await (const { block, outcomes } of walkBlocks({ ...ports, blocksFrom: () => 0 })) {
    const { height, transactionCount } = block.header
    if (height !== blocksFrom - 1) break
    if (batchesFrom === blocksFrom && outcomes.length === transactionCount) batchesFrom = height
    blocksFrom = height
  }
  await writeCure(ports, (batch) => {
    putBase(batch, BLOCKS_FROM_KEY, blocksFrom)
    putBase(batch, BATCHES_FROM_KEY, batchesFrom)
  })
  return 'cured'
}

/** Where all are here there is no record. */
function putBase(batch: Batch, key: Uint8Array, height: number): void {
  if (height === 0) batch.delete(key)
  else batch.put(key, encodeCbor(height))
}
