/**
 * Serving and asking peers: the two request protocols of synchronisation.
 *
 * @module
 */

import { type Block, type BlockId, fromHex } from '../../protocol/index.ts'
import type { BatchStore } from '../batches/batch-store.ts'
import type { Driver } from '../consensus/driver.ts'
import type { LedgerKeeper } from '../ledger/ledger-keeper.ts'
import type { Network } from '../network/network.ts'
import type { RequestOptions } from '../network/request.ts'
import type { Archive } from '../service/archive.ts'
import { readSeals } from '../service/seals.ts'
import type { Snapshots } from '../snapshot/snapshots.ts'
import { DamagedRecord } from '../storage/damaged-record.ts'
import type { CatchUp } from './catch-up.ts'
import { answerFetch } from './fetch-server.ts'
import {
  decodeNodeStatus,
  encodeBytesAnswer,
  encodeNodeStatus,
  encodeOffers
} from './sync-message.ts'

/** What answers are made of. */
export interface ServePeersPorts {
  readonly network: Network
  readonly store: BatchStore
  readonly archive: Archive
  readonly driver: Driver
  readonly keeper: LedgerKeeper
  readonly bodies: ReadonlyMap<BlockId, Block>
  readonly catchUp: CatchUp
  /** Null where snapshots are neither made nor taken. */
  readonly snapshots: Snapshots | null
}

/** Makes a function that asks one peer; undefined when it did not answer. */
export function createAsk(
  network: Network,
  protocol: 'fetch' | 'status',
  bounds: RequestOptions
): (peer: string, request: Uint8Array) => Promise<Uint8Array | undefined> {
  // A peer that does not answer is no trouble of ours: whoever asks goes to the next.
  return (peer, request) => network.request(protocol, peer, request, bounds).catch(() => undefined)
}

/** Answers what other nodes ask. */
export function servePeers(ports: ServePeersPorts): void {
  const { network, store, archive, driver, keeper, bodies, catchUp, snapshots } = ports
  network.serve('fetch', async (_from, request) => {
    const answer = await answerFetch(request, {
      batchBytes: (id) => store.bytesOf(id),
      bodyOf: (id) =>
        driver.core.blocks.get(id)?.block ??
        keeper.entry(id)?.block ??
        bodies.get(id) ??
        finalBody(archive, id),
      batchesFrom: () => archive.batchesFrom,
      snapshots: async (question) =>
        (await snapshots?.answer(question)) ??
        (question.kind === 'snapshots' ? encodeOffers([]) : encodeBytesAnswer(null)),
      finalBlock: (height) => orNothing(() => archive.block(height)),
      stateValue: (table, key) => orNothing(() => keeper.readValue(table, key)),
      seals: (from) =>
        readSeals(from, {
          block: (height) => orNothing(() => archive.block(height)),
          readValue: (table, key) => orNothing(() => keeper.readValue(table, key))
        }),
      certificates: (first, last) =>
        [...driver.core.certificates]
          .filter(([view]) => view >= first && view <= last)
          .flatMap(([, held]) => [held.finalisation, held.notarisation, held.nullification])
          .filter((certificate) => certificate !== null)
    })
    return answer ?? new Uint8Array(0)
  })
  network.serve('status', async (_from, request) => {
    const status = decodeNodeStatus(request)
    if (status !== undefined && status.height > keeper.tip.height + 1) catchUp.wake()
    const { view, self } = driver.core
    return encodeNodeStatus({ height: keeper.tip.height, view, isMember: self !== null })
  })
}

function finalBody(archive: Archive, blockId: BlockId): Block | undefined {
  return orNothing(() => {
    const height = archive.heightOf(fromHex(blockId) as Uint8Array)
    return height === undefined ? undefined : archive.block(height)?.block
  })
}

/** A damaged record is not held: whoever asks goes to another node. */
function orNothing<Value>(read: () => Value | undefined): Value | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof DamagedRecord) return undefined
    throw error
  }
}
