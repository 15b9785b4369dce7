/**
 * The ledger's service, as this node gives it.
 *
 * @module
 */

import {
  devices,
  faultWeightOf,
  NETWORK_KEY,
  networkTable,
  ownerships,
  PROTOCOL_VERSION,
  type SealProof,
  toHex
} from '../../protocol/index.ts'
import type { GovernanceService } from '../governance-service.ts'
import type { HistoryAnswer, HistorySpan } from '../history-span.ts'
import type { CommittedBlock } from '../ledger/ledger-keeper.ts'
import type {
  BlockContents,
  BlockView,
  CommandPage,
  HistoryPage,
  LedgerService,
  LedgerStatus,
  MemberView,
  StoredReading,
  Submission,
  TransactionStatus,
  WaitingCommand
} from '../ledger-service.ts'
import { softwareVersion } from '../software.ts'
import { DamagedRecord, readIfWhole } from '../storage/damaged-record.ts'
import { contentsOfBlock, viewOfBlock } from './block-view.ts'
import { CommandFeed } from './command-feed.ts'
import { CommitWaits } from './commit-waits.ts'
import { describeState, describeWayBack, type StateFacts, stalenessOf } from './condition.ts'
import { type ConfirmedEntry, ConfirmedFeed } from './confirmed-feed.ts'
import { type HistoryPorts, readHistory } from './device-history.ts'
import { readSpan } from './device-span.ts'
import { createGovernanceService } from './governance-view.ts'
import { worldOf } from './governance-world.ts'
import { viewMembers } from './member-view.ts'
import type { NodeServicePorts } from './node-service-ports.ts'
import { tellOrdering } from './ordering.ts'
import { ReadingFeed } from './reading-feed.ts'
import { readState } from './state-read.ts'

/** Most readings of one page. */
const READINGS_MAX = 200
/** What a sender is told to wait when a record was damaged. */
const DAMAGED_RETRY_MS = 2_000
/** Most headers of one page. */
const HEADERS_MAX = 512

/** Gives the service. */
export class NodeService implements LedgerService {
  readonly governance: GovernanceService = createGovernanceService(() =>
    worldOf(this.#ports.keeper.tip, this.members())
  )
  readonly #ports: NodeServicePorts
  readonly #softwareVersion = softwareVersion()
  readonly #readings = new ReadingFeed()
  readonly #commands: CommandFeed
  readonly #waits: CommitWaits
  readonly #confirmed = new ConfirmedFeed()

  constructor(ports: NodeServicePorts) {
    this.#ports = ports
    this.#commands = new CommandFeed(ports)
    this.#waits = new CommitWaits(ports.clock)
  }

  async submit(wire: Uint8Array, _source: string): Promise<Submission> {
    try {
      return await this.#ports.submit(wire)
    } catch (error) {
      // what it would be judged by is being mended
      if (error instanceof DamagedRecord)
        return { kind: 'busy', code: error.code, retryAfterMs: DAMAGED_RETRY_MS }
      throw error
    }
  }

  async transactionStatus(transactionId: Uint8Array): Promise<TransactionStatus | null> {
    const { book, archive, isOrdering } = this.#ports
    const status = book.get(transactionId)?.status ?? archive.statusOf(transactionId)
    return status && tellOrdering(status, isOrdering())
  }

  awaitTransaction(
    transactionId: Uint8Array,
    stage: 'confirmed' | 'final',
    timeoutMs: number
  ): Promise<TransactionStatus | null> {
    const { book, archive } = this.#ports
    const reached = (): TransactionStatus | undefined => {
      const status = book.get(transactionId)?.status ?? archive.statusOf(transactionId)
      if (status === null) return undefined
      const isEnded = status.stage === 'final' || status.stage === 'dropped'
      return isEnded || status.stage === stage ? status : undefined
    }
    return this.#waits
      .wait(reached, timeoutMs, (check) => book.onMove(transactionId, check))
      .then((status) => status ?? this.transactionStatus(transactionId))
  }

  async receipt(transactionId: Uint8Array): Promise<Uint8Array | null> {
    return this.#ports.archive.receipt(transactionId)
  }

  device(deviceId: Uint8Array): ReturnType<LedgerService['device']> {
    const { view } = this.#ports.keeper.tip
    const device = view.read(devices, deviceId)
    if (device === undefined) return null
    return { deviceId, device, ownership: view.read(ownerships, deviceId) ?? null }
  }

  readings(deviceId: Uint8Array, page: HistoryPage): Promise<readonly StoredReading[] | null> {
    const limit = Math.min(page.limit, READINGS_MAX)
    return readHistory(deviceId, { ...page, limit }, this.#historyPorts())
  }

  history(deviceId: Uint8Array, span: HistorySpan): Promise<HistoryAnswer | null> {
    const limit = Math.min(span.limit, READINGS_MAX)
    return readSpan(deviceId, { ...span, limit }, this.#historyPorts())
  }

  commands(deviceId: Uint8Array, page: CommandPage): Promise<readonly WaitingCommand[] | null> {
    return this.#commands.read(deviceId, page)
  }

  async readState(
    table: number,
    key: Uint8Array,
    withProof: boolean
  ): ReturnType<LedgerService['readState']> {
    return readState({ table, key }, withProof, this.#ports)
  }

  async block(at: number | Uint8Array): Promise<BlockView | null> {
    const { archive } = this.#ports
    const height = typeof at === 'number' ? at : archive.heightOf(at)
    const stored = height === undefined ? undefined : archive.block(height)
    return stored === undefined ? null : viewOfBlock(archive, stored)
  }

  async contents(height: number): Promise<BlockContents | null> {
    const { archive, keeper } = this.#ports
    if (height > keeper.tip.height) return null
    const stored = archive.block(height)
    return stored === undefined ? null : contentsOfBlock(archive, stored)
  }

  async headers(from: number, limit: number): Promise<readonly Uint8Array[]> {
    const headers: Uint8Array[] = []
    for (let height = from; headers.length < Math.min(limit, HEADERS_MAX); height++) {
      const stored = this.#ports.archive.block(height)
      if (stored === undefined) break
      headers.push(stored.block.headerBytes)
    }
    return headers
  }

  async seals(from: number): Promise<readonly SealProof[]> {
    return this.#ports.archive.seals(from)
  }

  members(): readonly MemberView[] {
    const { nodeId, lastHeardAtMs, keeper } = this.#ports
    return viewMembers({
      nodeId,
      electorate: this.#ports.electorate(),
      tip: keeper.tip,
      peers: this.#ports.peers(),
      lastHeardAtMs
    })
  }

  status(): LedgerStatus {
    const { keeper } = this.#ports
    const electorate = this.#ports.electorate()
    const { tip } = keeper
    const members = this.members()
    const missing = members
      .filter(({ isConnected }) => !isConnected)
      .map(({ memberId, region, weight, lastHeardAtMs }) => {
        return { memberId, region, weight, lastHeardAtMs }
      })
    const weights = members.map(({ isConnected, weight }) => (isConnected ? weight : 0))
    const reachableWeight = weights.reduce((sum, weight) => sum + weight, 0)
    const sync = this.#ports.sync()
    const isMember = members.some(({ isSelf }) => isSelf)
    const facts: StateFacts = {
      condition: this.#ports.condition(),
      sync,
      alarms: this.#ports.alarms(),
      isMember,
      members: members.length,
      missing: missing.map((one) => ({ ...one, memberId: toHex(one.memberId) })),
      reachableWeight,
      quorumWeight: electorate.quorumWeight,
      faultWeight: faultWeightOf(electorate),
      height: tip.height,
      finalAtMs: tip.timeMs,
      nowMs: this.#ports.clock.timeMs()
    }
    return {
      networkId: this.#ports.networkId,
      genesisHash: this.#ports.genesisHash,
      nodeId: this.#ports.nodeId,
      role: isMember ? 'member' : 'observer',
      epoch: electorate.epoch,
      view: this.#ports.view(),
      height: tip.height,
      blockId: tip.blockIdBytes,
      stateRoot: tip.tree.root,
      finalAtMs: tip.timeMs,
      faultModel: electorate.faultModel,
      totalWeight: electorate.totalWeight,
      quorumWeight: electorate.quorumWeight,
      reachableWeight,
      missingMembers: missing.map(({ memberId }) => memberId),
      missing,
      wayBack: describeWayBack(facts),
      staleness: stalenessOf(facts),
      peers: this.#ports.peers().filter((peer) => peer.state === 'connected').length,
      pendingTransactions: this.#ports.pendingTransactions(),
      highestKnownHeight: this.#ports.highestKnownHeight(),
      blocksFrom: this.#ports.archive.blocksFrom,
      transactionsFrom: this.#ports.archive.batchesFrom,
      sync,
      ...describeState(facts),
      alarms: this.#ports.alarms(),
      storage: this.#ports.storage(),
      software: {
        version: this.#softwareVersion,
        protocolVersion: PROTOCOL_VERSION,
        networkProtocolVersion:
          readIfWhole(() => tip.view.read(networkTable, NETWORK_KEY))?.protocolVersion ??
          PROTOCOL_VERSION
      }
    }
  }

  async awaitHeight(height: number, timeoutMs: number): Promise<boolean> {
    const { keeper } = this.#ports
    const reached = (): true | undefined => (keeper.tip.height >= height ? true : undefined)
    return (await this.#waits.wait(reached, timeoutMs)) === true
  }

  onFinalReading(
    listener: Parameters<LedgerService['onFinalReading']>[0],
    isHeard: () => boolean
  ): () => void {
    return this.#readings.follow(listener, isHeard)
  }

  onCommand(listener: (deviceId: Uint8Array) => void): () => void {
    return this.#commands.follow(listener)
  }

  onFinalBlock(listener: () => void): () => void {
    return this.#waits.follow(listener)
  }

  onConfirmedBlock(listener: Parameters<LedgerService['onConfirmedBlock']>[0]): () => void {
    return this.#confirmed.follow(listener)
  }

  onTransactionEnd(
    listener: (deviceId: Uint8Array | null, status: TransactionStatus) => void
  ): () => void {
    return this.#ports.book.onEnd(({ transaction: { body }, status }) =>
      listener(body.kind === 'device-message' ? body.deviceId : null, status)
    )
  }

  #historyPorts(): HistoryPorts {
    const { archive, keeper, clock } = this.#ports
    return {
      state: keeper.tip.view,
      find: (messageId) => archive.find(messageId),
      endOf: (id, incarnation) => archive.incarnationEnd(id, incarnation),
      pause: () => clock.pause()
    }
  }

  /** Tells those who listen that a block is notarised, and may still lose. */
  confirm(entry: ConfirmedEntry): void {
    this.#confirmed.confirm(entry)
  }

  /** Tells those who wait that a block is committed. */
  announce(committed: CommittedBlock): void {
    this.#confirmed.settle(committed)
    this.#waits.tell()
    this.#commands.announce(committed.transactions)
    this.#readings.announce(committed)
  }
}
