/**
 * The node: the one file that knows every part, and joins them.
 *
 * @module
 */

import { readFile } from 'node:fs/promises'
import { createEd25519Signer } from '#crypto'
import { type Config, type GenesisDocument, parseBootstrap } from '../config/index.ts'
import {
  type Block,
  type BlockId,
  type Certificate,
  type CoreState,
  decodeBlock,
  type Electorate,
  fromHex,
  type Genesis,
  genesisElectorate,
  genesisHashOf,
  leaderOrder,
  type MemberIndex,
  networkTagOfGenesis,
  openCore,
  toHex,
  type View
} from '../protocol/index.ts'
import { createHttpApi, type HttpApi } from './api/http-api.ts'
import { createMetricsListener } from './api/metrics-listener.ts'
import { BatchStore, heldBatch } from './batches/batch-store.ts'
import { Batcher } from './batches/batcher.ts'
import { VerificationQueue, type Verifier } from './batches/verifier.ts'
import { systemClock } from './clock.ts'
import { Driver } from './consensus/driver.ts'
import { createEffectPorts } from './consensus/effect-ports.ts'
import { recordEvidence } from './consensus/evidence.ts'
import { MemberPlane } from './consensus/member-plane.ts'
import { Timers } from './consensus/timers.ts'
import { readRecordedVotes, Voter } from './consensus/voter.ts'
import { watchDisk } from './disk-watch.ts'
import { Dissemination } from './dissemination.ts'
import { NodeError } from './errors.ts'
import { createFailure, type Failure } from './failure.ts'
import type { Gateway } from './gateways/gateway.ts'
import { createMqttGateway } from './gateways/mqtt-gateway.ts'
import { Intake } from './intake/intake.ts'
import { TransactionBook } from './intake/transaction-book.ts'
import { BODIES } from './ledger/keyspace.ts'
import { type CommittedBlock, LedgerKeeper } from './ledger/ledger-keeper.ts'
import { openLedger } from './ledger/open-ledger.ts'
import { createLogger, type Logger } from './logger.ts'
import { createMetrics, type Metrics } from './metrics.ts'
import { createNetwork, type Network } from './network/network.ts'
import { fingerprintOf, type NodeKeys, readNodeKeys, readProtection } from './node-keys.ts'
import { findOwnSeat, type OwnSeat } from './own-seat.ts'
import { Archive } from './service/archive.ts'
import { NodeService } from './service/node-service.ts'
import { createSubmitter } from './service/submitter.ts'
import { type DataDirectory, dataPaths, openDataDirectory } from './storage/data-directory.ts'
import { BatchFetcher } from './sync/batch-fetcher.ts'
import { CatchUp } from './sync/catch-up.ts'
import { answerFetch } from './sync/fetch-server.ts'
import type { FinalBlockIntakePorts } from './sync/final-block-intake.ts'
import { decodeNodeStatus, encodeNodeStatus } from './sync/sync-message.ts'
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
  serveFetches(parts)
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
    intake?.close()
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

/** The addresses of a network's bootstrap file, if the settings name one. */
async function readBootstrapFile({ config, genesis }: NodeOptions): Promise<readonly string[]> {
  const { bootstrapFile } = config.network
  if (bootstrapFile === null) return []
  const text = await readFile(bootstrapFile, 'utf8').catch((cause: unknown) => {
    throw configurationError(`${bootstrapFile}: the bootstrap file cannot be read`, cause)
  })
  const { networkId, addresses } = parseBootstrap(text, bootstrapFile)
  if (networkId === genesis.networkId) return addresses
  throw configurationError(`${bootstrapFile}: is of network ${networkId}, not ${genesis.networkId}`)
}

function configurationError(message: string, cause?: unknown): NodeError {
  return new NodeError('CONFIGURATION_WRONG', message, { cause })
}

function createNodeNetwork(
  { config, genesis }: NodeOptions,
  {
    keys,
    electorate,
    log,
    metrics,
    bootstrapFileAddresses
  }: {
    readonly keys: NodeKeys
    readonly electorate: Electorate
    readonly log: Logger
    readonly metrics: Metrics
    readonly bootstrapFileAddresses: readonly string[]
  }
): Network {
  const { listen, announce, bootstrap, observersMax, observersPerAddressMax, memberAddresses } =
    config.network
  const isShared = observersPerAddressMax > LOCAL_OBSERVERS
  const network = createNetwork(
    {
      networkId: genesis.networkId,
      identitySeed: keys.identity.seed,
      listenAddresses: listen,
      announceAddresses: announce,
      bootstrapAddresses: [...bootstrap, ...bootstrapFileAddresses],
      observersMax,
      limits: {
        observersPerHostMax: observersPerAddressMax,
        // Where members push, only a block's leader gossips it: so observers are linked to all.
        peersWanted: config.network.pushMembersMax,
        ...(isShared ? SHARED_HOST_LIMITS : {})
      }
    },
    {
      log,
      now: systemClock.nowMs,
      count: (name, label, amount) => metrics.count(name, label, amount),
      random: Math.random
    }
  )
  const overrides = new Map(memberAddresses.map(({ memberId, addresses }) => [memberId, addresses]))
  network.setMembers(
    electorate.seats.map(({ memberId, endpoints }) => {
      const key = toHex(memberId)
      return {
        key,
        addresses: overrides.get(key) ?? endpoints.filter((text) => text.startsWith('/'))
      }
    })
  )
  return network
}

/** Observers per address above which the settings speak of a network on one machine. */
const LOCAL_OBSERVERS = 16
/** Where all nodes share one address, its bounds are those of a whole network. */
const SHARED_HOST_LIMITS = {
  connectionsPerHostPerSecond: 200,
  handshakeBurstPerHost: 200,
  pendingPerHostMax: 200
}

async function openNodeCore(options: {
  readonly directory: DataDirectory
  readonly electorate: Electorate
  readonly seat: OwnSeat | null
  readonly floorView: View
  readonly bodies: ReadonlyMap<BlockId, Block>
  readonly tip: LedgerKeeper['tip']
  readonly finalisation: Certificate | null
  readonly pace: Config['pace']
}): Promise<CoreState> {
  const { directory, electorate, seat, floorView, bodies, tip, finalisation } = options
  const recorded =
    seat === null
      ? { votes: [], certificates: [] }
      : await readRecordedVotes(directory.voteLog, electorate, {
          self: seat.index,
          from: floorView
        })
  return openCore({
    electorate,
    self: seat?.index ?? null,
    committed: { blockId: tip.blockId, height: tip.height, view: floorView },
    ownVotes: recorded.votes,
    certificates: [...(finalisation === null ? [] : [finalisation]), ...recorded.certificates],
    blocks: [...bodies.values()].filter(({ header }) => header.height > tip.height),
    nowMs: systemClock.nowMs(),
    pace: options.pace
  })
}

/** The bodies this node voted for that were not final when it went down. */
async function readBodies({ ledger }: DataDirectory): Promise<ReadonlyMap<BlockId, Block>> {
  const bodies = new Map<BlockId, Block>()
  for await (const page of ledger.iterate(BODIES))
    for (const [, encoded] of page) {
      const block = decodeBlock(encoded)
      if (block !== undefined) bodies.set(block.id, block)
    }
  return bodies
}

function createAsk(
  network: Network,
  protocol: 'fetch' | 'status',
  timeoutMs: number
): (peer: string, request: Uint8Array) => Promise<Uint8Array | undefined> {
  // A peer that does not answer is no trouble of ours: whoever asks goes to the next.
  return (peer, request) =>
    network.request(protocol, peer, request, { timeoutMs }).catch(() => undefined)
}

function serveFetches({ network, store, archive, driver, keeper, bodies, catchUp }: Parts): void {
  network.serve('fetch', async (_from, request) => {
    const answer = answerFetch(request, {
      batchBytes: (id) => store.bytesOf(id),
      bodyOf: (id) =>
        driver.core.blocks.get(id)?.block ??
        keeper.entry(id)?.block ??
        bodies.get(id) ??
        finalBody(archive, id),
      finalBlock: (height) => archive.block(height),
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
  const height = archive.heightOf(fromHex(blockId) as Uint8Array)
  return height === undefined ? undefined : archive.block(height)?.block
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

interface Surfaces {
  readonly http: HttpApi
  readonly mqtt: Gateway | null
  readonly all: readonly Gateway[]
}

function createSurfaces(
  config: Config,
  { service, genesis, networkTag, metrics, fail }: Parts
): Surfaces {
  const ports = { ledger: service, reportBug: fail }
  const http = createHttpApi(config.http, ports)
  const { clientsMax } = config.mqtt
  const mqttOptions = {
    ...config.mqtt,
    networkId: genesis.networkId,
    networkTag,
    connections: { connectionsMax: clientsMax, connectionsPerAddressMax: clientsMax }
  }
  const mqtt = config.mqtt.enabled ? createMqttGateway(mqttOptions, ports) : null
  const metricsListener = config.metrics.enabled
    ? [createMetricsListener(config.metrics, { metricsText: metrics.text, reportBug: fail })]
    : []
  return { http, mqtt, all: [http, ...(mqtt === null ? [] : [mqtt]), ...metricsListener] }
}

function showMetrics(
  metrics: Metrics,
  parts: {
    readonly keeper: LedgerKeeper
    readonly driver: Driver
    readonly network: Network
    readonly book: TransactionBook
    readonly intake: Intake | null
  }
): void {
  const { keeper, driver, network, book, intake } = parts
  metrics.show('thingmoot_consensus_height_blocks', 'last final height', () => keeper.tip.height)
  metrics.show('thingmoot_consensus_view_number', 'present view', () => driver.core.view)
  metrics.show('thingmoot_consensus_events_waiting', 'events that wait', () => driver.queueLength)
  metrics.show(
    'thingmoot_consensus_batches_pending',
    'batches that wait for a final block',
    () => driver.core.pendingBatches.size
  )
  metrics.show(
    'thingmoot_network_peers_connected',
    'peers connected',
    () => network.peers().filter(({ state }) => state === 'connected').length
  )
  metrics.show('thingmoot_intake_transactions_open', 'transactions under way', () => book.openCount)
  metrics.show(
    'thingmoot_intake_transactions_waiting',
    'transactions that wait for their turn',
    () => intake?.waitingCount ?? 0
  )
}

function describeReady({ keeper, network, service }: Parts, { http, mqtt }: Surfaces): string {
  const at = (gateway: Gateway | null): string => {
    const address = gateway?.address()
    return address == null ? 'off' : `${address.host}:${address.port}`
  }
  const { role, peers } = service.status()
  const [address] = network.listening()
  return `height=${keeper.tip.height} role=${role} peers=${peers} http=${at(http)} mqtt=${at(mqtt)} p2p=${address ?? 'none'}`
}
