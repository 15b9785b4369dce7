/**
 * The node: a replica with real ports, and the surfaces where people, devices and monitors meet it.
 *
 * @module
 */

import { randomInt } from 'node:crypto'
import { createEd25519Signer } from '#crypto'
import type { Config, GenesisDocument } from '../config/index.ts'
import { networkTagOfGenesis, toHex } from '../protocol/index.ts'
import { VerificationQueue } from './batches/verifier.ts'
import { systemClock } from './clock.ts'
import { watchDisk } from './disk-watch.ts'
import type { NodeError } from './errors.ts'
import { createFailure, type Failure } from './failure.ts'
import type { Custody } from './gateways/custody.ts'
import type { MqttSessionStore } from './gateways/mqtt-session-store.ts'
import { openSessionStore } from './gateways/open-session-store.ts'
import type { LedgerStatus } from './ledger-service.ts'
import { createLogger, type Logger } from './logger.ts'
import { createMetrics, type Metrics } from './metrics.ts'
import type { Network } from './network/network.ts'
import { fingerprintOf, type NodeKeys, readNodeKeys, readProtection } from './node-keys.ts'
import { showMetrics } from './node-metrics.ts'
import { addressOverrides, createNodeNetwork, readBootstrapFile } from './node-network.ts'
import { openReplica, type Replica } from './replica.ts'
import { softwareHash } from './software.ts'
import { type DataDirectory, dataPaths, openDataDirectory } from './storage/data-directory.ts'
import { systemFiles } from './storage/files.ts'
import { checkTablesOf } from './storage/level-table-check.ts'
import { createSurfaces, describeReady, settleConfig } from './surfaces.ts'
import { VoteKeyring } from './vote-keyring.ts'
import { watchEventLoop } from './watchdog.ts'

/** What a node starts with. */
export interface NodeOptions {
  readonly config: Config
  readonly genesis: GenesisDocument
  /** Lower-case hexadecimal. */
  readonly genesisHash: string
  /** Opens the devices whose keys this node holds; without it none are. */
  readonly openCustody?: OpenCustody
}

/** Opens the devices whose keys a node holds, in its data directory; null where there are none. */
export type OpenCustody = (options: {
  readonly config: Config
  readonly networkTag: Uint8Array
  readonly warn: (sentence: string, error: unknown) => void
}) => Promise<Custody | null>

/** A node that is up. */
export interface RunningNode {
  /** What stands behind READY. */
  readonly readyLine: () => string
  readonly stop: () => Promise<void>
  /** Resolves with the trouble if the node cannot go on. */
  readonly failed: Promise<NodeError>
  /** Resolves when a snapshot is installed: stopped and started again, the node goes on from it. */
  readonly ended: Promise<'snapshot-installed'>
  /** The settings with the ports that it took, so that it comes back where it was. */
  readonly settledConfig: () => Config
}

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
  const { replica, network, metrics, log, fail } = parts
  const warn = (sentence: string, error: unknown): void =>
    log.warn(sentence, { error: error instanceof Error ? error.message : String(error) })
  const { config, openCustody } = options
  const custody = (await openCustody?.({ config, networkTag: replica.networkTag, warn })) ?? null
  if (custody !== null) opened.closers.push(() => custody.stop())
  const surfaces = createSurfaces(config, {
    custody,
    mqttStore: await openMqttStore(options.config, opened, log),
    service: replica.service,
    genesis: options.genesis,
    networkTag: replica.networkTag,
    nodeId: opened.keys.identity.publicKey,
    metrics,
    network,
    fail,
    warn
  })
  const disk = await watchDisk(opened.directory.paths.ledger, options.config.disk, {
    onRoom: (hasRoom) => {
      replica.intake?.setRoom(hasRoom)
      log.warn(hasRoom ? 'disk has room again' : 'disk is low: nothing more is taken in')
    },
    onFailure: fail
  })
  opened.closers.push(async () => disk.stop())
  metrics.show('thingmoot_storage_free_bytes', 'free bytes of the disk', disk.freeBytes)
  opened.closers.push(() => network.stop())
  await replica.start()
  custody?.start(replica.service)
  for (const surface of surfaces.all) {
    await surface.start()
    opened.closers.push(() => surface.stop())
  }
  const loop = watchEventLoop((delay) => log.warn('event loop held up', { ...delay }))
  metrics.show(
    'thingmoot_process_loop_delay_seconds',
    'event loop delay, p99',
    () => loop.last().p99Ms / 1000
  )
  log.info('node is up', {
    height: replica.keeper.tip.height,
    role: replica.service.status().role
  })
  let stopping: Promise<void> | undefined
  const stop = async (): Promise<void> => {
    surfaces.http.beginShutdown()
    loop.stop()
    await custody?.stop()
    await replica.stop()
    for (const close of opened.closers.reverse()) await close()
    log.info('node is down', { height: replica.keeper.tip.height })
  }
  return {
    readyLine: () => describeReady({ network, service: replica.service }, surfaces),
    stop: () => {
      stopping ??= stop()
      return stopping
    },
    failed: opened.failure.happened,
    ended: parts.installed,
    settledConfig: () => settleConfig(options.config, network, surfaces)
  }
}

/** Sessions of MQTT clients outlive the process. */
async function openMqttStore(
  { mqtt }: Config,
  { directory, failure, closers }: Opened,
  log: Logger
): Promise<MqttSessionStore | null> {
  const { max, bytesMax, awaySeconds } = mqtt.sessions
  if (!mqtt.enabled || max === 0) return null
  const opened = await openSessionStore(
    {
      path: directory.paths.sessions,
      marker: directory.marker,
      limits: { sessionsMax: max, sessionBytesMax: bytesMax, awaySecondsMax: awaySeconds }
    },
    {
      onWriteFailure: failure.report,
      warn: (sentence, error) => log.warn(sentence, { error: String(error) })
    }
  )
  closers.push(opened.close)
  return opened.store
}

interface Parts {
  readonly log: Logger
  readonly metrics: Metrics
  readonly network: Network
  readonly replica: Replica
  readonly installed: Promise<'snapshot-installed'>
  readonly fail: (error: unknown) => void
}

async function createParts(options: NodeOptions, opened: Opened): Promise<Parts> {
  const { config, genesis } = options
  const { keys, directory, failure, closers } = opened
  const log = createLogger({
    ...config.log,
    name: toHex(keys.identity.publicKey).slice(0, 8)
  })
  const metrics = createMetrics()
  const fail = (error: unknown): void => {
    log.error('node cannot go on', { error: error instanceof Error ? error.stack : String(error) })
    failure.report(error)
  }
  const verifier = new VerificationQueue(networkTagOfGenesis(genesis), fail)
  closers.push(() => verifier.close())
  const bootstrapFileAddresses = await readBootstrapFile(options)
  const network = createNodeNetwork(options, {
    keys,
    log,
    metrics,
    bootstrapFileAddresses
  })
  let onInstalled: () => void = () => undefined
  const installed = new Promise<'snapshot-installed'>((resolve) => {
    onInstalled = () => resolve('snapshot-installed')
  })
  const identity = createEd25519Signer(keys.identity.seed)
  const { dissemination, pushMembersMax } = config.network
  const replica = await openReplica(
    {
      genesis,
      identity: {
        publicKey: keys.identity.publicKey,
        sign: (message) => identity.sign(message)
      },
      softwareHash: softwareHash(),
      instance: randomInt(2 ** 48 - 1),
      memberAddresses: addressOverrides(config),
      pace: config.pace,
      batch: config.batch,
      dissemination: { mode: dissemination, pushMembersMax },
      snapshot: config.snapshot,
      keepBlocks: config.storage.keepBlocks,
      scrubBytesPerSecond: config.storage.scrubBytesPerSecond
    },
    {
      clock: systemClock,
      network,
      ledger: directory.ledger,
      voteLog: directory.voteLog,
      checkTables: (onRead) => checkTablesOf(directory.ledger.path, onRead),
      verifier,
      voteKeys: await openVoteKeyring(config, opened),
      log,
      metrics,
      snapshots: {
        files: systemFiles,
        folder: directory.paths.snapshots,
        createNextLedger: directory.createNextLedger,
        declareNextLedger: directory.declareNextLedger,
        onInstalled
      },
      fail
    }
  )
  const { keeper, driver, book, intake } = replica
  const status = (): LedgerStatus => replica.service.status()
  showMetrics(metrics, { keeper, driver, network, book, intake, status })
  return { log, metrics, network, replica, installed, fail }
}

async function openVoteKeyring(
  { keys: { passphraseFile } }: Config,
  { keys, directory }: Opened
): Promise<VoteKeyring> {
  const protection = await readProtection(passphraseFile)
  return new VoteKeyring({ folder: directory.paths.keys, protection, keys })
}
