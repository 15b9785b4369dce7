/**
 * Cures of batches and of the notes about what is not final yet.
 *
 * @module
 */

import {
  type BatchId,
  type BlockId,
  batchIdOf,
  decodeCbor,
  encodeBlock,
  peekBatchHeader,
  type Transaction
} from '../../protocol/index.ts'
import { batchKey, bodyKey, pendingBatchKey, transactionKey } from '../ledger/keyspace.ts'
import { readStoredBlock } from '../ledger/open-ledger.ts'
import { readIfWhole } from '../storage/damaged-record.ts'
import { decodeBatchesAnswer, encodeFetchRequest } from '../sync/sync-message.ts'
import type { CureOutcome } from './cure-desk.ts'
import { type CurePorts, writeCure } from './cure-ports.ts'
import { batchTransactions, walkBlocks } from './walk-blocks.ts'

const MARK = Uint8Array.of(1)

/** A batch: asked of peers by its id, and judged from its signature on as if it had just come. */
export async function cureBatch(id: BatchId, ports: CurePorts): Promise<CureOutcome> {
  const key = batchKey(id)
  if (readIfWhole(() => ports.database.getSync(key)) !== undefined) return 'whole'
  const request = encodeFetchRequest({ kind: 'batches', ids: [id] })
  let isKnownToNobody = false
  for (const peer of ports.peers()) {
    const answer = await ports.ask(peer, request)
    const bytes = answer === undefined ? undefined : decodeBatchesAnswer(answer)?.[0]
    if (bytes === null) isKnownToNobody = true
    if (bytes === undefined || bytes === null) continue
    const judged = await judge(id, bytes, ports)
    if (judged === 'faulty') ports.penalise(peer, 'a faulty batch was sent')
    if (judged !== 'genuine') continue
    await writeCure(ports, (batch) => batch.put(key, bytes))
    return 'cured'
  }
  // a spoilt key names a batch that never was; one that a block names is looked for as long as it takes
  if (!isKnownToNobody || (await isNamed(id, ports))) return 'unobtainable'
  await writeCure(ports, (batch) => {
    batch.delete(key)
    batch.delete(pendingBatchKey(id))
  })
  return 'dropped'
}

/** The mark of a batch that is not final: set again unless the batch is gone or has become final. */
export async function curePendingBatch(id: BatchId, ports: CurePorts): Promise<CureOutcome> {
  const key = pendingBatchKey(id)
  const transactions = batchTransactions(id, ports)
  const isWanted = transactions !== undefined && !isFinal(id, transactions, ports)
  await writeCure(ports, (batch) => (isWanted ? batch.put(key, MARK) : batch.delete(key)))
  return isWanted ? 'cured' : 'dropped'
}

/**
 * The body of a block that this node voted for: written anew while it is in memory.
 *
 * Without it the vote still stands in the vote log, and the body is fetched like any other.
 */
export async function cureBody(id: BlockId, ports: CurePorts): Promise<CureOutcome> {
  const key = bodyKey(id)
  const block = ports.bodyOf(id)
  const isOpen = block !== undefined && block.header.height > ports.tip().height
  await writeCure(ports, (batch) =>
    isOpen ? batch.put(key, encodeBlock(block)) : batch.delete(key)
  )
  return isOpen ? 'cured' : 'dropped'
}

/** Where a device's earlier messages end: they stay in their blocks, and are found no more by their device. */
export async function dropIncarnationEnd(key: Uint8Array, ports: CurePorts): Promise<CureOutcome> {
  ports.log.warn('where an earlier incarnation of a device ended is lost: its record was damaged')
  await writeCure(ports, (batch) => batch.delete(key))
  return 'dropped'
}

/** A command that waits for its device, which then hears it from other nodes, or up to where none waits. */
export async function dropCommandPlace(key: Uint8Array, ports: CurePorts): Promise<CureOutcome> {
  ports.log.warn('where a command of a device stands is lost: its record was damaged')
  await writeCure(ports, (batch) => batch.delete(key))
  return 'dropped'
}

/** Evidence: it cannot be had again, and spoilt it proves nothing. */
export async function dropEvidence(key: Uint8Array, ports: CurePorts): Promise<CureOutcome> {
  ports.log.warn('evidence is lost: its record was damaged')
  await writeCure(ports, (batch) => batch.delete(key))
  return 'dropped'
}

async function judge(
  id: BatchId,
  bytes: Uint8Array,
  { judgeBatch }: CurePorts
): Promise<'genuine' | 'faulty' | 'busy'> {
  const head = peekBatchHeader(bytes)
  if (head === undefined || batchIdOf(head.headerBytes) !== id) return 'faulty'
  const finding = await judgeBatch(bytes)
  if (finding === undefined) return 'busy'
  return finding.fault === null ? 'genuine' : 'faulty'
}

async function isNamed(id: BatchId, ports: CurePorts): Promise<boolean> {
  for await (const { block } of walkBlocks(ports)) {
    if (block.header.height < ports.batchesFrom()) return false
    if (block.batches.some((reference) => reference.id === id)) return true
  }
  return false
}

function isFinal(id: BatchId, [first]: readonly Transaction[], { database }: CurePorts): boolean {
  if (first === undefined) return false
  const encoded = readIfWhole(() => database.getSync(transactionKey(first.id)))
  const place = encoded === undefined ? undefined : decodeCbor(encoded)
  const height = Array.isArray(place) ? Number(place[0]) : undefined
  const stored =
    height === undefined ? undefined : readIfWhole(() => readStoredBlock(database, height))
  return stored?.block.batches.some((reference) => reference.id === id) === true
}
