/**
 * The audit of the chain: block by block from the lowest to the last.
 *
 * @module
 */

import {
  type BatchReference,
  type Block,
  type Certificate,
  decodeBatch,
  decodeCbor,
  decodeTransaction,
  equalBytes,
  firstBlockOf,
  isBatchSigned,
  judgeBlock,
  judgeCertificate,
  judgeSignatures,
  listRoot,
  type Transaction,
  toHex,
  transactionLeaf
} from '../../protocol/index.ts'
import { batchKey, blockKey, heightOfBlockKey, transactionKey } from '../ledger/keyspace.ts'
import { decodeStoredBlock, type StoredBlock } from '../ledger/stored-block.ts'
import { judgeEpoch, judgeSealing } from './audit-seal.ts'
import { receiptsRootOf } from './cure-chain.ts'
import type { Auditing } from './ledger-audit.ts'
import type { Replay } from './replay.ts'

/** What the audit of the chain found of it. */
export interface ChainFinding {
  /** Whether every block was executed anew from genesis on. */
  readonly isReplayed: boolean
  /** The last block, where it could be read. */
  readonly tip: Block | undefined
}

/** Judges the whole chain; blocks that follow on genesis are executed anew by a replay, if there is one. */
export async function auditChain(
  auditing: Auditing,
  replay: Replay | undefined
): Promise<ChainFinding> {
  const { floor, from, options, fault } = auditing
  let parent: Block | undefined
  let isReplaying = replay !== undefined && from.blocks === 0
  for (let height = from.blocks; height <= floor.height; height++) {
    options.onProgress?.(height, floor.height)
    const stored = await readBlock(auditing, height)
    if (stored !== undefined) {
      judgePlace(stored.block, parent, height, auditing)
      judgeEpoch(stored.block, parent, auditing)
      judgeSealing(stored, auditing)
    }
    const transactions = stored && (await auditBlock(stored, auditing))
    isReplaying &&= transactions !== undefined
    if (isReplaying && stored && transactions) replay?.execute(stored, transactions)
    parent = stored?.block
  }
  if (parent !== undefined && !isFloorOf(parent, auditing))
    fault(`block ${floor.height}: is not the one that the floor says is final`, false)
  return { isReplayed: isReplaying, tip: parent }
}

async function readBlock(auditing: Auditing, height: number): Promise<StoredBlock | undefined> {
  const { database, floor, fault, read } = auditing
  // without the last block the state cannot be proved at a start
  const isCurable = height !== floor.height
  const stored = await read(`block ${height}`, isCurable, async () => {
    const encoded = await database.get(blockKey(height))
    return encoded === undefined ? null : decodeStoredBlock(encoded)
  })
  if (stored === null) fault(`block ${height}: is missing`, isCurable)
  return stored ?? undefined
}

function judgePlace(
  { header }: Block,
  parent: Block | undefined,
  height: number,
  { fault }: Auditing
): void {
  if (header.height !== height) fault(`block ${height}: says that it is ${header.height}`, false)
  if (parent === undefined) return
  if (!equalBytes(header.parentId, parent.idBytes))
    fault(`block ${height}: does not follow on the block below`, false)
  if (header.timeMs <= parent.header.timeMs)
    fault(`block ${height}: is not later than the block below`, false)
}

/** The transactions of each batch, when all is well with them. */
async function auditBlock(
  { block, finalisation, outcomes }: StoredBlock,
  auditing: Auditing
): Promise<readonly (readonly Transaction[])[] | undefined> {
  const { counts, fault } = auditing
  const { height, receiptsRoot, transactionCount } = block.header
  counts.blocks++
  judgeAlone(block, auditing)
  if (finalisation !== null && !isFinalisationOf(block, finalisation, auditing))
    fault(`block ${height}: its finalisation is not genuine`, false)
  await auditHeightRecord(block, auditing)
  if (height < auditing.from.batches) return undefined
  const batches: (readonly Transaction[])[] = []
  for (const reference of block.batches) {
    const transactions = await auditBatch(reference, height, auditing)
    if (transactions !== undefined) batches.push(transactions)
  }
  if (batches.length < block.batches.length) return undefined
  const transactions = batches.flat()
  counts.transactions += transactions.length
  if (transactions.length !== transactionCount || outcomes.length !== transactionCount)
    fault(`block ${height}: has not as many transactions as its header says`, false)
  else if (height > 0 && !equalBytes(receiptsRootOf(transactions, outcomes), receiptsRoot))
    fault(`block ${height}: its receipts have another root than its header`, false)
  await auditPlaces(transactions, outcomes, height, auditing)
  return batches
}

function judgeAlone(block: Block, { genesis, networkTag, electorateOf, fault }: Auditing): void {
  const { height } = block.header
  const first = firstBlockOf(genesis)
  if (height === first.header.height) {
    if (block.id !== first.id) fault(`block ${height}: is not that of this genesis`, false)
  } else {
    const electorate = electorateOf(block.header.epoch)
    const judged = electorate && judgeBlock(block, networkTag, electorate)
    if (judged === undefined) fault(`block ${height}: its epoch has no electorate`, false)
    else if (!judged.ok) fault(`block ${height}: ${judged.fault}`, false)
  }
}

async function auditHeightRecord(
  { idBytes, header }: Block,
  { database, read, fault }: Auditing
): Promise<void> {
  const what = `the height of block ${header.height}`
  const encoded = await read(
    what,
    true,
    async () => (await database.get(heightOfBlockKey(idBytes))) ?? null
  )
  if (encoded === null || (encoded && decodeCbor(encoded) !== header.height))
    fault(`${what}: is missing or wrong`, true)
}

async function auditBatch(
  { id, header }: BatchReference,
  height: number,
  auditing: Auditing
): Promise<readonly Transaction[] | undefined> {
  const { database, from, read, fault } = auditing
  const what = `block ${height}, batch ${id.slice(0, 16)}`
  const bytes = await read(what, true, async () => (await database.get(batchKey(id))) ?? null)
  // one that was closed below may have gone with an earlier block that carried it too
  if (bytes === null && header.height >= from.batches) fault(`${what}: is missing`, true)
  if (bytes === undefined || bytes === null) return undefined
  const judged = judgeBatch(id, bytes, auditing)
  if (typeof judged !== 'string') return judged
  fault(`${what}: ${judged}`, false)
  return undefined
}

/** The transactions of a batch, or what is wrong with it. */
function judgeBatch(
  id: string,
  bytes: Uint8Array,
  { networkTag, options }: Auditing
): readonly Transaction[] | string {
  const batch = decodeBatch(bytes)
  if (batch === undefined) return 'is malformed'
  if (batch.id !== id || !isBatchSigned(networkTag, batch))
    return 'is not the one that its author signed'
  const transactions: Transaction[] = []
  for (const wire of batch.transactions) {
    const decoded = decodeTransaction(wire, networkTag)
    if (!decoded.ok) return `holds a transaction with ${decoded.fault}`
    const signed = options.isDeep ? judgeSignatures(decoded.value, networkTag) : decoded
    if (!signed.ok) return `holds a transaction with ${signed.fault}`
    transactions.push(decoded.value)
  }
  const root = listRoot(transactions.map(transactionLeaf))
  return equalBytes(root, batch.header.transactionsRoot)
    ? transactions
    : 'has another root than its header'
}

async function auditPlaces(
  transactions: readonly Transaction[],
  outcomes: StoredBlock['outcomes'],
  height: number,
  { database, read, fault }: Auditing
): Promise<void> {
  for (const [position, { id }] of transactions.entries()) {
    // what waits may come again, and has no place yet
    if (outcomes[position]?.outcome === 'waits') continue
    const what = `block ${height}, place of transaction ${toHex(id).slice(0, 16)}`
    const place = await read(
      what,
      true,
      async () => (await database.get(transactionKey(id))) ?? null
    )
    if (place === null) fault(`${what}: is missing`, true)
  }
}

function isFinalisationOf(
  block: Block,
  certificate: Certificate,
  { networkTag, electorateOf }: Auditing
): boolean {
  const { vote } = certificate
  const electorate = electorateOf(block.header.epoch)
  if (vote.kind !== 'finalise' || vote.subject?.blockId !== block.id) return false
  return electorate !== undefined && judgeCertificate(certificate, networkTag, electorate).ok
}

/** The last block is final by itself, and so everything below it is. */
function isFloorOf(tip: Block, auditing: Auditing): boolean {
  const { finalisation } = auditing.floor
  // a ledger that begins at a snapshot's block may have nothing yet that finalised it directly
  if (tip.header.height === auditing.from.blocks && finalisation === null) return true
  return finalisation !== null && isFinalisationOf(tip, finalisation, auditing)
}
