/**
 * A node at genesis that follows some peers, with all its parts but consensus, for tests.
 *
 * @module
 */

import { join } from 'node:path'
import * as assert from 'uvu/assert'
import type { Block, BlockId, News } from '../../../protocol/index.ts'
import { BatchStore } from '../../batches/batch-store.ts'
import type { Verifier } from '../../batches/verifier.ts'
import { sleep, systemClock } from '../../clock.ts'
import { LedgerKeeper } from '../../ledger/ledger-keeper.ts'
import { openLedger } from '../../ledger/open-ledger.ts'
import { create } from '../../storage/testing/entries.ts'
import { ELECTORATE, GENESIS, NETWORK_TAG } from '../../testing/small-network.ts'
import { BatchFetcher } from '../batch-fetcher.ts'
import { CatchUp, type CatchUpPorts } from '../catch-up.ts'
import { encodeNodeStatus } from '../sync-message.ts'
import { SyncMeter } from '../sync-progress.ts'

/** A peer: what it claims, and what it answers. */
export interface Peer {
  readonly claims: () => number
  readonly answer: (request: Uint8Array) => Promise<Uint8Array | undefined>
}

/** What a follower is told. */
export interface FollowOptions {
  readonly verifier: Verifier
  readonly joinBehindBlocks?: number
  readonly join?: () => Promise<boolean>
}

/** A node that follows, and what it did. */
export interface Follower {
  readonly keeper: LedgerKeeper
  readonly catchUp: CatchUp
  readonly blamed: string[]
  readonly asked: Map<string, number>
  readonly joins: number[]
  readonly meter: SyncMeter
  readonly close: () => Promise<void>
}

/** A node at genesis that follows some peers. */
export async function follow(
  folder: string,
  peers: Readonly<Record<string, Peer>>,
  { verifier, ...options }: FollowOptions
): Promise<Follower> {
  const database = await create(join(folder, 'ledger'))
  const opened = await openLedger(database, GENESIS)
  const store = new BatchStore(
    { networkTag: NETWORK_TAG, electorate: () => ELECTORATE },
    { database, verifier, onHeld: () => undefined }
  )
  const keeper = new LedgerKeeper(
    { database, networkTag: NETWORK_TAG, opened },
    {
      transactionsOf: (reference) => store.transactionsOf(reference),
      pause: systemClock.pause,
      awaitCure: async () => false
    }
  )
  const blamed: string[] = []
  const asked = new Map<string, number>()
  const joins: number[] = []
  const wanted = new Set<BlockId>()
  const ask: CatchUpPorts['ask'] = async (peer, request) => {
    asked.set(peer, (asked.get(peer) ?? 0) + 1)
    return await peers[peer]?.answer(request)
  }
  const penalise = (peer: string): void => void blamed.push(peer)
  const fetcher = new BatchFetcher({
    clock: systemClock,
    store,
    ask,
    peers: () => Object.keys(peers),
    penalise,
    isWanted: (id) => wanted.has(id)
  })
  const meter = new SyncMeter({ clock: systemClock, log: () => undefined })
  const catchUp = new CatchUp(
    { joinBehindBlocks: options.joinBehindBlocks ?? 1_000_000 },
    {
      networkTag: NETWORK_TAG,
      electorate: () => ELECTORATE,
      clock: systemClock,
      store,
      fetcher,
      tip: () => keeper.tip,
      post: core(keeper),
      want: (id, isWanted) => void (isWanted ? wanted.add(id) : wanted.delete(id)),
      ownStatus: () => ({ height: keeper.tip.height, view: 0, isMember: false }),
      peers: () => Object.keys(peers),
      askStatus: async (peer) => {
        const height = peers[peer]?.claims() ?? 0
        return encodeNodeStatus({ height, view: 1, isMember: true })
      },
      ask,
      penalise,
      awaitHeight: (height, timeoutMs) => awaitHeight(keeper, height, timeoutMs),
      joinBySnapshot: async (heightMin) => {
        joins.push(heightMin)
        return (await options.join?.()) ?? false
      },
      meter,
      log: () => undefined,
      onFailure: (error) => {
        throw error
      }
    }
  )
  catchUp.start()
  const close = async (): Promise<void> => {
    catchUp.stop()
    await sleep(systemClock, 50)
    await database.close()
  }
  return { keeper, catchUp, blamed, asked, joins, meter, close }
}

/** Executes and commits what consensus would: a run of blocks, once its certificate is there. */
function core(keeper: LedgerKeeper): (news: News) => Promise<void> {
  const blocks: Block[] = []
  let working = Promise.resolve()
  return async (news) => {
    if (news.kind === 'block-received') blocks.push(news.block)
    if (news.kind !== 'certificate-received') return
    const run = blocks.splice(0)
    const { certificate } = news
    working = working.then(async () => {
      for (const block of run) assert.ok(await keeper.execute(block))
      await keeper.commit(
        run.map(({ id }) => id),
        certificate
      )
    })
  }
}

/** Waits until a keeper has come to a height. */
export async function awaitHeight(
  keeper: LedgerKeeper,
  height: number,
  timeoutMs: number
): Promise<boolean> {
  for (let waitedMs = 0; waitedMs < timeoutMs; waitedMs += 5) {
    if (keeper.tip.height >= height) return true
    await sleep(systemClock, 5)
  }
  return keeper.tip.height >= height
}
