/**
 * The node: the one file that knows every part, and joins them.
 *
 * @module
 */

import { createEd25519Signer } from '#crypto'
import type { Config, GenesisDocument } from '../config/index.ts'
import {
  type Block,
  type BlockId,
  type Electorate,
  type Genesis,
  genesisElectorate,
  genesisHashOf,
  leaderOrder,
  type MemberIndex,
  networkTagOfGenesis,
  toHex
} from '../protocol/index.ts'
import { BatchStore, heldBatch } from './batches/batch-store.ts'
import { Batcher } from './batches/batcher.ts'
import { VerificationQueue, type Verifier } from './batches/verifier.ts'
import { systemClock } from './clock.ts'
import { Driver } from './consensus/driver.ts'
import { createEffectPorts } from './consensus/effect-ports.ts'
import { recordEvidence } from './consensus/evidence.ts'
import { MemberPlane } from './consensus/member-plane.ts'
import { openNodeCore, readBodies } from './consensus/open-node-core.ts'
import { Timers } from './consensus/timers.ts'
import { Voter } from './consensus/voter.ts'
import { watchDisk } from './disk-watch.ts'
import { Dissemination } from './dissemination.ts'
import type { NodeError } from './errors.ts'
import { createFailure, type Failure } from './failure.ts'
import { Intake } from './intake/intake.ts'
import { TransactionBook } from './intake/transaction-book.ts'
import { type CommittedBlock, LedgerKeeper } from './ledger/ledger-keeper.ts'
import { openLedger } from './ledger/open-ledger.ts'
import { createLogger, type Logger } from './logger.ts'
import { createMetrics, type Metrics } from './metrics.ts'
import type { Network } from './network/network.ts'
import { fingerprintOf, type NodeKeys, readNodeKeys, readProtection } from './node-keys.ts'
import { showMetrics } from './node-metrics.ts'
import { createNodeNetwork, readBootstrapFile } from './node-network.ts'
import { findOwnSeat } from './own-seat.ts'
import { Archive } from './service/archive.ts'
import { NodeService } from './service/node-service.ts'
import { createSubmitter } from './service/submitter.ts'
import { type DataDirectory, dataPaths, openDataDirectory } from './storage/data-directory.ts'
import { createSurfaces, describeReady } from './surfaces.ts'
import { BatchFetcher } from './sync/batch-fetcher.ts'
import { CatchUp } from './sync/catch-up.ts'
import type { FinalBlockIntakePorts } from './sync/final-block-intake.ts'
import { createAsk, servePeers } from './sync/serve-peers.ts'
import { watchEventLoop } from './watchdog.ts'

/** What a node starts with. */
export interface NodeOptions {
  readonly config: Config
  readonly genesis: GenesisDocument
  /** Lower-case hexadecimal. */
  readonly genesisHash: string
}

/** A node that is up. */
export interface RunningNode {
  /** What stands behind READY. */
  readonly readyLine: () => string
  readonly stop: () => Promise<void>
  /** Resolves with the trouble if the node cannot go on. */
  readonly failed: Promise<NodeError>
}

const OFFENCE_POINTS = 50
/** Views between two prunings of the vote log. */
const PRUNE_EVERY_VIEWS = 512
const STATUS_TIMEOUT_MS = 2_000
const FETCH_TIMEOUT_MS = 8_000

/**
 * Starts a node; resolves when it answers its users.
 *
 * @throws NodeError, with everything that was opened closed again
 */
export async function startNode(options: NodeOptions): Promise<RunningNode> {
  const { config } = options
  const paths = dataPaths(config.dataDirectory)
  const keys = await readNodeKeys(paths.keys, await readProtection(config.keys.passphraseFile))
  const failure = createFailure()
  const directory = await openDataDirectory(
    {
      path: config.dataDirectory,
      networkId: options.genesis.networkId,
      genesisHash: options.genesisHash,
      keyFingerprint: fingerprintOf(keys.identity.publicKey)
    },
    { onWriteFailure: failure.report }
  )
  const closers: (() => Promise<unknown>)[] = [() => directory.close()]
  try {
    return await joinParts(options, { keys, directory, failure, closers })
  } catch (error) {
    for (const close of closers.reverse()) await close()
    throw error
  }
}

/** What is opened before the parts are joined. */
interface Opened {
  readonly keys: NodeKeys
  readonly directory: DataDirectory
  readonly failure: Failure
  /** What must be closed, in the order in which it was opened. */
  readonly closers: (() => Promise<unknown>)[]
}

async function joinParts(options: NodeOptions, opened: Opened): Promise<RunningNode> {
  const parts = await createParts(options, opened)
  const { network, driver, catchUp, dissemination, service, intake, log } = parts
  const surfaces = createSurfaces(options.config, parts)
  network.onMemberMessage((protocol, from, message) => parts.plane.receive(protocol, from, message))
  network.onPeerChange((peer, isConnected) => noticePeer(parts, peer, isConnected))
  servePeers(parts)
  await network.start()
  opened.closers.push(() => network.stop())
  dissemination.start()
  await restorePending(parts)
  const disk = await watchDisk(opened.directory.paths.ledger, options.config.disk, {
    onRoom: (hasRoom) => {
      intake?.setRoom(hasRoom)
      log.warn(hasRoom ? 'disk has room again' : 'disk is low: nothing more is taken in')
    },
    onFailure: parts.fail
  })
  opened.closers.push(async () => disk.stop())
  parts.metrics.show('thingmoot_storage_free_bytes', 'free bytes of the disk', disk.freeBytes)
  void driver.post({ kind: 'started' })
  catchUp.start()
  for (const surface of surfaces.all) {
    await surface.start()
    opened.closers.push(() => surface.stop())
  }
  const loop = watchEventLoop((delay) => log.warn('event loop held up', { ...delay }))
  parts.metrics.show(
    'thingmoot_process_loop_delay_seconds',
    'event loop delay, p99',
    () => loop.last().p99Ms / 1000
  )
  log.info('node is up', { height: parts.keeper.tip.height, role: service.status().role })
  let stopping: Promise<void> | undefined
  const stop = async (): Promise<void> => {
    surfaces.http.beginShutdown()
    catchUp.stop()
    loop.stop()
    await intake?.close()
    parts.timers.stop()
    await driver.stop()
    for (const close of opened.closers.reverse()) await close()
    log.info('node is down', { height: parts.keeper.tip.height })
  }
  return {
    readyLine: () => describeReady(parts, surfaces),
    stop: () => {
      stopping ??= stop()
      return stopping
    },
    failed: opened.failure.happened
  }
}

/** Batches that are held and not final wait again; what this node accepted, it still carries. */
async function restorePending({ store, driver, intake, network }: Parts): Promise<void> {
  for (const reference of await store.pending()) {
    void driver.post({ kind: 'batch-held', batch: heldBatch(reference) })
    const isOwn = toHex(reference.header.author) === network.self
    if (isOwn) intake?.restore(store.transactionsOf(reference) ?? [])
  }
}

interface Parts {
  readonly log: Logger
  readonly metrics: Metrics
  readonly genesis: Genesis
  readonly networkTag: Uint8Array
  readonly electorate: Electorate
  readonly network: Network
  readonly keeper: LedgerKeeper
  readonly archive: Archive
  readonly store: BatchStore
  readonly timers: Timers
  readonly driver: Driver
  readonly plane: MemberPlane
  readonly catchUp: CatchUp
  readonly dissemination: Dissemination
  readonly intake: Intake | null
  readonly service: NodeService
  readonly bodies: ReadonlyMap<BlockId, Block>
  readonly fail: (error: unknown) => void
}

async function createParts(options: NodeOptions, opened: Opened): Promise<Parts> {
  const { config, genesis } = options
  const { keys, directory, failure, closers } = opened
  const { nowMs, timeMs } = systemClock
  const database = directory.ledger
  const electorate = genesisElectorate(genesis)
  const networkTag = networkTagOfGenesis(genesis)
  const seat = findOwnSeat(electorate, keys, directory.paths.keys)
  const nodeId = keys.identity.publicKey
  const log = createLogger({ ...config.log, name: toHex(nodeId).slice(0, 8) })
  const metrics = createMetrics()
  const fail = (error: unknown): void => {
    log.error('node cannot go on', { error: error instanceof Error ? error.stack : String(error) })
    failure.report(error)
  }

  const verifier: Verifier = new VerificationQueue(networkTag, fail)
  closers.push(() => verifier.close())
  const bootstrapFileAddresses = await readBootstrapFile(options)
  const network = createNodeNetwork(options, {
    keys,
    electorate,
    log,
    metrics,
    bootstrapFileAddresses
  })
  const opening = await openLedger(database, genesis)
  const bodies = await readBodies(directory)
  const core = await openNodeCore({
    pace: config.pace,
    directory,
    electorate,
    seat,
    floorView: opening.floor.view,
    bodies,
    tip: opening.committed.tip,
    finalisation: opening.floor.finalisation
  })

  // The parts know each other in a ring; each is handed functions that look the next one up.
  const post: Driver['post'] = (news) => driver.post(news)
  const store = new BatchStore(
    { networkTag, electorate },
    {
      database,
      verifier,
      onHeld: (batch) => void post({ kind: 'batch-held', batch })
    }
  )
  const keeper = new LedgerKeeper(
    { database, networkTag, electorate, opened: opening },
    {
      transactionsOf: (reference) => store.transactionsOf(reference),
      pause: () => new Promise((resolve) => setImmediate(resolve))
    }
  )
  const archive = new Archive(database, networkTag)
  const book = new TransactionBook()
  const timers = new Timers((news) => void post(news))
  const penalise = (peer: string, reason: string): void =>
    network.penalise(peer, OFFENCE_POINTS, reason)
  const plane = new MemberPlane({ networkTag, electorate, network, store, post })
  const ask = createAsk(network, 'fetch', FETCH_TIMEOUT_MS)
  const connectedPeers = (): string[] =>
    network
      .peers()
      .filter(({ state }) => state === 'connected')
      .map(({ key }) => key)
  const blockOf = (blockId: BlockId): Block | undefined =>
    driver.core.blocks.get(blockId)?.block ?? keeper.entry(blockId)?.block ?? bodies.get(blockId)
  const fetcher = new BatchFetcher({
    store,
    ask,
    peers: connectedPeers,
    penalise,
    isWanted: (blockId) => driver.core.blocks.has(blockId) || wantedBySync.has(blockId)
  })
  const wantedBySync = new Set<BlockId>()
  const finalBlocks: FinalBlockIntakePorts = {
    networkTag,
    electorate,
    store,
    fetcher,
    tip: () => keeper.tip,
    post,
    want: (blockId, isWanted) =>
      void (isWanted ? wantedBySync.add(blockId) : wantedBySync.delete(blockId))
  }
  const catchUp = new CatchUp({
    ...finalBlocks,
    ownStatus: () => ({
      height: keeper.tip.height,
      view: driver.core.view,
      isMember: seat !== null
    }),
    peers: connectedPeers,
    askStatus: createAsk(network, 'status', STATUS_TIMEOUT_MS),
    ask,
    penalise,
    awaitHeight: (height, timeoutMs) => service.awaitHeight(height, timeoutMs),
    log: log.debug,
    onFailure: fail
  })
  const dissemination = new Dissemination(
    { mode: config.network.dissemination, pushMembersMax: config.network.pushMembersMax },
    {
      network,
      plane,
      store,
      electorate,
      self: seat?.index ?? null,
      finalBlocks,
      isFinal: (block) => archive.heightOf(block.idBytes) !== undefined,
      onAhead: () => catchUp.wake(),
      onFailure: fail
    }
  )
  const identity = createEd25519Signer(keys.identity.seed)
  const intake =
    seat === null
      ? null
      : new Intake({
          networkTag,
          carrierId: nodeId,
          book,
          verifier,
          batcher: new Batcher(
            { networkTag, electorate, author: nodeId, ...config.batch },
            {
              store,
              nowMs,
              timeMs,
              height: () => keeper.tip.height,
              sign: (message) => identity.sign(message),
              disseminate: (bytes) => dissemination.sendBatch(bytes)
            }
          ),
          head: () => keeper.head,
          tip: () => keeper.tip,
          isUnderWay: (id) => keeper.isUnderWay(id),
          findFinal: (id) => archive.statusOf(id),
          nowMs,
          timeMs,
          onFailure: fail
        })
  const leaders = leaderOrder(electorate)
  const alarms: string[] = []
  let prunedView = 0
  const measureFinality = metrics.measure(
    'thingmoot_consensus_block_final_seconds',
    'time from the header of a block to its commit here, by the clocks of leader and node'
  )
  const onCommitted = (blocks: readonly CommittedBlock[]): void => {
    for (const block of blocks) {
      const finalMs = Math.max(0, timeMs() - block.block.header.timeMs)
      // Older ones were fetched afterwards, and tell nothing of how fast the members agree.
      if (finalMs < genesis.parameters.deltaMaxMs) measureFinality(finalMs / 1000)
      intake?.settleBlock(block)
      service.announce(block)
      store.forget(block.block.batches.map(({ id }) => id))
      metrics.count('thingmoot_ledger_blocks_total', 'final', 1)
      metrics.count('thingmoot_ledger_transactions_total', 'final', block.transactions.length)
    }
    const last = blocks[blocks.length - 1]?.block.header
    if (last === undefined) return
    const isLeader = seat !== null && leaders[(last.view - 1) % leaders.length] === seat.index
    dissemination.sendBlocks(blocks, isLeader)
    if (seat === null || last.view < prunedView + PRUNE_EVERY_VIEWS) return
    prunedView = last.view
    directory.voteLog.prune({ epoch: electorate.epoch, view: last.view }).catch(fail)
  }
  const voter =
    seat === null
      ? null
      : new Voter({
          networkTag,
          electorate,
          self: seat.index,
          voteLog: directory.voteLog,
          database,
          sign: seat.signVote,
          blockOf
        })
  const driver: Driver = new Driver(core, {
    nowMs,
    timeMs,
    onFailure: fail,
    effects: createEffectPorts({
      networkTag,
      electorate,
      plane,
      keeper,
      store,
      fetcher,
      timers,
      voter,
      blockOf,
      ask,
      post,
      timeMs,
      penalise,
      onCommitted,
      onConfirmed: (blockId) => {
        const entry = keeper.entry(blockId)
        if (entry !== undefined) intake?.confirmBlock(entry)
      },
      onCatchUp: () => catchUp.wake(),
      onEvidence: (first, second) =>
        recordEvidence(first, second, { networkTag, electorate, database, log, onFailure: fail }),
      onAlarm: (code, view) => {
        alarms.push(code)
        log.error('consensus raised an alarm', { code, view })
      },
      onFailure: fail
    })
  })
  const service: NodeService = new NodeService({
    networkId: genesis.networkId,
    genesisHash: genesisHashOf(genesis),
    nodeId,
    electorate,
    keeper,
    archive,
    book,
    submit: createSubmitter(intake, network),
    peers: () => network.peers(),
    view: () => driver.core.view,
    highestKnownHeight: () => catchUp.highestKnown,
    lastHeardAtMs: (index) => {
      const heardAtMs = driver.core.heardAtMs.get(index as MemberIndex)
      return heardAtMs === undefined ? null : Math.round(timeMs() - (nowMs() - heardAtMs))
    },
    condition: () => ({
      isStopped: driver.core.isStopped,
      isAdmitted: seat === null || driver.core.mayVote,
      blocksBehind: catchUp.highestKnown - keeper.tip.height
    }),
    pendingTransactions: () => book.openCount,
    alarms: () => alarms,
    timeMs
  })
  showMetrics(metrics, { keeper, driver, network, book, intake })
  return {
    log,
    metrics,
    genesis,
    networkTag,
    electorate,
    network,
    keeper,
    archive,
    store,
    timers,
    driver,
    plane,
    catchUp,
    dissemination,
    intake,
    service,
    bodies,
    fail
  }
}

function noticePeer(
  { electorate, driver, catchUp, log }: Parts,
  peer: string,
  isConnected: boolean
): void {
  const member = electorate.indexOf.get(peer)
  log.info(isConnected ? 'peer connected' : 'peer disconnected', {
    peer,
    isMember: member !== undefined
  })
  if (!isConnected) return
  if (member !== undefined) void driver.post({ kind: 'member-connected', member })
  catchUp.wake()
}
