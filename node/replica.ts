/**
 * The replica: every part that decides what is on the ledger, joined.
 *
 * It reaches the world by its ports alone: clock, network, databases and
 * verifier. The daemon hands it real ones, the simulator others, and both run
 * the very same parts.
 *
 * @module
 */

import {
  type BatchId,
  type BatchReference,
  type Block,
  type BlockId,
  type CoreState,
  decodeBatch,
  type Electorate,
  type Genesis,
  genesisHashOf,
  type HeldBatch,
  NETWORK_KEY,
  type News,
  networkTable,
  networkTagOfGenesis,
  type Pace,
  PROTOCOL_VERSION,
  type Transaction,
  toHex
} from '../protocol/index.ts'
import { BatchStore, heldBatch } from './batches/batch-store.ts'
import { Batcher } from './batches/batcher.ts'
import { OwnBacklog } from './batches/own-backlog.ts'
import type { Verifier } from './batches/verifier.ts'
import type { Clock } from './clock.ts'
import { Driver } from './consensus/driver.ts'
import { EarlyMessages } from './consensus/early-messages.ts'
import { EpochRun } from './consensus/epoch-run.ts'
import { recordEvidence } from './consensus/evidence.ts'
import { openNodeCore, readBodies } from './consensus/open-node-core.ts'
import { Timers } from './consensus/timers.ts'
import { Dissemination, type DisseminationOptions } from './dissemination.ts'
import { NodeError } from './errors.ts'
import { EvidenceKeeper } from './evidence/evidence-keeper.ts'
import { hearingRefusals } from './evidence/hear-refusals.ts'
import { AlertDesk } from './evidence/suspicion/alert-desk.ts'
import { Watch } from './evidence/suspicion/watch.ts'
import { Intake } from './intake/intake.ts'
import { TransactionBook } from './intake/transaction-book.ts'
import { batchKey } from './ledger/keyspace.ts'
import { type CommittedBlock, LedgerKeeper } from './ledger/ledger-keeper.ts'
import { type OpenLedger, openLedger } from './ledger/open-ledger.ts'
import { LedgerPruner } from './ledger/pruner.ts'
import type { Submission } from './ledger-service.ts'
import type { Logger } from './logger.ts'
import { type AddressOverrides, memberAddresses } from './member-addresses.ts'
import { OwnSequence } from './membership/own-sequence.ts'
import { Steward } from './membership/steward.ts'
import type { Metrics } from './metrics.ts'
import type { Network } from './network/network.ts'
import type { OwnSeat, VoteKeys } from './own-seat.ts'
import { Presence } from './presence.ts'
import { Recovery, type RecoveryPorts } from './recovery/recovery.ts'
import { explainAlarm } from './service/alarms.ts'
import { Archive } from './service/archive.ts'
import { NodeService } from './service/node-service.ts'
import { createSubmitter, handToMember } from './service/submitter.ts'
import {
  PART_ANSWER_MAX_BYTES,
  Snapshots,
  type SnapshotsOptions,
  type SnapshotWorld
} from './snapshot/snapshots.ts'
import { readIfWhole } from './storage/damaged-record.ts'
import type { Database } from './storage/database.ts'
import type { VoteLog } from './storage/vote-log.ts'
import { BatchFetcher } from './sync/batch-fetcher.ts'
import { membersFirst } from './sync/believable-height.ts'
import { CatchUp, type CatchUpOptions } from './sync/catch-up.ts'
import type { FinalBlockIntakePorts } from './sync/final-block-intake.ts'
import { SealFollower } from './sync/seal-follower.ts'
import { createAsk, servePeers } from './sync/serve-peers.ts'
import { SyncMeter } from './sync/sync-progress.ts'

/** What a replica is told. */
export interface ReplicaOptions {
  readonly genesis: Genesis
  /** The node's identity: its public key, and how it signs batches. */
  readonly identity: {
    readonly publicKey: Uint8Array
    readonly sign: (message: Uint8Array) => Uint8Array
  }
  /** Hash of the software that runs here: 32 bytes. */
  readonly softwareHash: Uint8Array
  /** A random number below 2^48 that tells this process from others with its key. */
  readonly instance: number
  /** Where members are called at, if not where they say. */
  readonly memberAddresses: AddressOverrides
  readonly pace: Pace
  readonly batch: { readonly closeAfterMs: number; readonly closeAtBytes: number }
  readonly dissemination: DisseminationOptions
  /** How snapshots are made, kept and looked for. */
  readonly snapshot?: SnapshotsOptions & CatchUpOptions
  /** Blocks below the tip whose transactions are kept; all unless said. */
  readonly keepBlocks?: number
  /** How fast the ledger is scrubbed; not at all unless said. */
  readonly scrubBytesPerSecond?: number
}

/** What a replica reaches the world by. */
export interface ReplicaPorts {
  readonly clock: Clock
  readonly network: Network
  readonly ledger: Database
  readonly voteLog: VoteLog
  readonly verifier: Verifier
  /** The keys that sign this node's votes. */
  readonly voteKeys: VoteKeys
  readonly log: Logger
  readonly metrics: Pick<Metrics, 'count' | 'measure'>
  /** The places of snapshots; without them none is made or taken. */
  readonly snapshots?: SnapshotWorld
  /** Looks at the files of the ledger's database, where it has any. */
  readonly checkTables?: RecoveryPorts['checkTables']
  /** The replica cannot go on. */
  readonly fail: (error: unknown) => void
}

/** What was found in the databases. */
interface Found {
  readonly opening: OpenLedger
  readonly bodies: ReadonlyMap<BlockId, Block>
  readonly seat: OwnSeat | null
  readonly core: CoreState
}

/** For replicas that are told nothing of snapshots. */
const NO_SNAPSHOTS = { everyBlocks: 0, keep: 1, joinBehindBlocks: Number.POSITIVE_INFINITY }
const OFFENCE_POINTS = 50
/** Blocks behind the others within which a node takes part in the present. */
const CURRENT_WITHIN_BLOCKS = 2
/** Views between two prunings of the vote log. */
const PRUNE_EVERY_VIEWS = 512
const STATUS_TIMEOUT_MS = 2_000
const FETCH_TIMEOUT_MS = 8_000

/**
 * Opens a replica on its databases; it is silent until started.
 *
 * @throws NodeError STORAGE_DAMAGED, DISK_FULL or DISK_WRITE_FAILED
 */
export async function openReplica(options: ReplicaOptions, ports: ReplicaPorts): Promise<Replica> {
  const { genesis, pace, instance } = options
  const { ledger, voteLog, clock, voteKeys } = ports
  const opening = await openLedger(ledger, genesis)
  const bodies = await readBodies(ledger)
  const { electorate } = opening.committed.tip
  const seat = voteKeys.seatIn(electorate)
  await voteKeys.retireBefore(electorate)
  const core = await openNodeCore({
    voteLog,
    nowMs: clock.nowMs(),
    pace,
    instance,
    electorate,
    seat,
    floorView: opening.floor.view,
    bodies,
    tip: opening.committed.tip,
    isSealDue: readIfWhole(() => opening.committed.tip.nextEpoch ?? undefined) !== undefined,
    finalisation: opening.floor.finalisation
  })
  return new Replica(options, ports, { opening, bodies, seat, core })
}

/** One open replica. Made by {@link openReplica}. */
export class Replica {
  readonly networkTag: Uint8Array
  readonly keeper: LedgerKeeper
  readonly archive: Archive
  readonly store: BatchStore
  readonly driver: Driver
  readonly catchUp: CatchUp
  readonly book: TransactionBook = new TransactionBook()
  readonly service: NodeService
  /** Null where snapshots are neither made nor taken. */
  readonly snapshots: Snapshots | null
  readonly #options: ReplicaOptions
  readonly #ports: ReplicaPorts
  readonly #bodies: ReadonlyMap<BlockId, Block>
  readonly #timers: Timers
  readonly #intake: Intake
  readonly #fetcher: BatchFetcher
  readonly #finalBlocks: FinalBlockIntakePorts
  readonly #dissemination: Dissemination
  readonly #pruner: LedgerPruner
  readonly #meter: SyncMeter
  readonly #recovery: Recovery
  readonly #steward: Steward
  readonly #ownSequence = new OwnSequence()
  readonly #evidence: EvidenceKeeper
  readonly #watch: Watch
  readonly #early = new EarlyMessages()
  readonly #presence: Presence
  readonly #backlog = new OwnBacklog()
  readonly #submit: (wire: Uint8Array) => Promise<Submission>
  readonly #wantedBySync = new Set<BlockId>()
  readonly #alarms: string[] = []
  readonly #measureFinality: (seconds: number) => void
  readonly #post = (news: News): Promise<void> | undefined => this.driver.post(news)
  #run: EpochRun
  #prunedView = 0
  #isStopping = false

  /** For {@link openReplica} alone. */
  constructor(options: ReplicaOptions, ports: ReplicaPorts, found: Found) {
    const { ledger, verifier, clock, metrics, fail } = ports
    const networkTag = networkTagOfGenesis(options.genesis)
    this.#options = options
    this.#ports = {
      ...ports,
      // What was under way in the background finds the databases closed: nothing is lost by that.
      fail: (error) => (this.#isStopping ? undefined : ports.fail(error))
    }
    this.networkTag = networkTag
    this.#presence = new Presence({
      electorate: () => this.electorate,
      self: ports.network.self,
      timeMs: clock.timeMs
    })
    this.#bodies = found.bodies
    this.store = new BatchStore(
      { networkTag, electorate: () => this.electorate },
      {
        database: ledger,
        verifier,
        onHeld: (batch) => this.#holdBatch(batch)
      }
    )
    this.keeper = new LedgerKeeper(
      { database: ledger, networkTag, opened: found.opening },
      {
        transactionsOf: (reference) => this.#transactionsOf(reference),
        pause: clock.pause,
        awaitCure: (damage, timeoutMs) => this.#recovery.awaitCure(damage, timeoutMs),
        onWritten: (block) => this.snapshots?.blockWritten(block)
      }
    )
    this.archive = new Archive(ledger, networkTag, {
      readValue: (table, key) => this.keeper.readValue(table, key),
      holdsBlock: (height) => height <= this.keeper.durableHeight
    })
    this.#meter = new SyncMeter({ clock, log: ports.log.info })
    this.snapshots = this.#createSnapshots()
    this.#pruner = this.#createPruner()
    this.#timers = new Timers({ clock, post: (news) => void this.#post(news) })
    this.#recovery = this.#createRecovery()
    this.#fetcher = this.#createFetcher()
    this.#finalBlocks = this.#finalBlockPorts()
    this.catchUp = this.#createCatchUp()
    this.#dissemination = this.#createDissemination()
    this.#watch = this.#createWatch()
    this.#evidence = this.#createEvidence()
    this.#intake = this.#createIntake()
    this.#measureFinality = metrics.measure(
      'thingmoot_consensus_block_final_seconds',
      'time from the header of a block to its commit here, by the clocks of leader and node'
    )
    this.#run = this.#createRun(found.seat)
    this.driver = new Driver(found.core, {
      nowMs: clock.nowMs,
      timeMs: clock.timeMs,
      onFailure: fail,
      effects: this.#run.effects
    })
    this.#submit = hearingRefusals(
      createSubmitter(
        { intake: () => this.intake, isOrdering: () => this.#presence.hasQuorum },
        ports.network
      ),
      { networkTag, isObserver: () => this.seat === null, keeper: () => this.#evidence }
    )
    this.#steward = this.#createSteward()
    this.service = this.#createService()
  }

  /** Whoever is seated for the blocks after the last final one. */
  get electorate(): Electorate {
    return this.keeper.electorate
  }

  /** This node's seat; null for an observer. */
  get seat(): OwnSeat | null {
    return this.#run.seat
  }

  /** Takes transactions in; null while this node is an observer, who hands them on. */
  get intake(): Intake | null {
    return this.seat === null ? null : this.#intake
  }

  /** Goes to the network, serves peers, and sets consensus going. */
  async start(): Promise<void> {
    const { network } = this.#ports
    await this.snapshots?.open()
    network.onMemberMessage((protocol, from, message) => {
      this.#presence.heard(from)
      return this.#run.plane.receive(protocol, from, message)
    })
    network.onPeerChange((peer, isConnected) => this.#noticePeer(peer, isConnected))
    servePeers({
      network,
      store: this.store,
      archive: this.archive,
      driver: this.driver,
      keeper: this.keeper,
      bodies: this.#bodies,
      catchUp: this.catchUp,
      snapshots: this.snapshots
    })
    network.setMembers(memberAddresses(this.electorate, this.#options.memberAddresses))
    await network.start()
    this.#dissemination.join()
    await this.#restorePending()
    await this.#evidence.open()
    if (this.seat !== null && this.#ports.voteLog.isLost)
      this.#raiseAlarm('storage', 'VOTE_LOG_LOST', {})
    if (this.#ports.voteLog.isClosed) this.#raiseAlarm('storage', 'EPOCH_CLOSED', {})
    void this.driver.post({ kind: 'started' })
    this.catchUp.start()
    this.#recovery.start()
  }

  /**
   * Ends; what is under way is finished. The network and the databases stay open.
   *
   * A ledger that was built from a snapshot is made complete: from then on nothing may be signed
   * before the data directory was opened anew.
   */
  async stop(): Promise<void> {
    this.#isStopping = true
    this.#recovery.letGo()
    this.catchUp.stop()
    await this.#intake.close()
    this.#timers.stop()
    await this.driver.stop()
    await this.#evidence.stop()
    await this.#pruner.stop()
    await this.snapshots?.stop()
    await this.snapshots?.complete()
    await this.#recovery.stop()
  }

  /** Batches that are held and not final wait again; what this node accepted, it still carries. */
  async #restorePending(): Promise<void> {
    for (const reference of await this.store.pending()) {
      this.#holdBatch(heldBatch(reference))
      const isOwn = toHex(reference.header.author) === this.#ports.network.self
      if (isOwn) this.intake?.restore(this.store.transactionsOf(reference) ?? [])
    }
  }

  /**
   * The epoch is sealed, durably: its keys are erased, and everything that was bound to it is made
   * anew for the next one.
   */
  async #turnEpoch(): Promise<void> {
    const { electorate, keeper } = this
    const { voteKeys, network, log, clock, voteLog } = this.#ports
    this.#presence.electorateChanged()
    this.#backlog.clear()
    const wasAdmitted = this.driver.core.mayVote && !this.driver.core.isStopped
    this.#run.end()
    this.#timers.stop()
    await voteKeys.retireBefore(electorate)
    const seat = voteKeys.seatIn(electorate)
    this.#prunedView = 0
    const core = await openNodeCore({
      voteLog,
      nowMs: clock.nowMs(),
      pace: this.#options.pace,
      instance: this.#options.instance,
      electorate,
      seat,
      floorView: keeper.floor.view,
      bodies: new Map(),
      tip: keeper.tip,
      isSealDue: keeper.isSealDue(keeper.tip.blockId),
      finalisation: null,
      isAdmitted: wasAdmitted && this.seat !== null
    })
    this.#run = this.#createRun(seat)
    this.driver.turn(core, this.#run.effects)
    network.setMembers(memberAddresses(electorate, this.#options.memberAddresses))
    log.info('epoch begun', {
      epoch: electorate.epoch,
      members: electorate.seats.length,
      quorumWeight: electorate.quorumWeight,
      isSeated: seat !== null
    })
    this.#dissemination.join()
    await this.#carryOver()
    void this.driver.post({ kind: 'started' })
    for (const { protocol, from, message } of this.#early.takeAll())
      this.#run.plane.receive(protocol, from, message).catch(this.#ports.fail)
    this.catchUp.wake()
    this.#steward.look()
  }

  /**
   * Batches that are held and not final wait again in the new epoch. What was in those of a member
   * that has lost its seat is carried by those that have theirs; its promise is kept.
   */
  async #carryOver(): Promise<void> {
    for (const { bytes, reference } of await this.store.pendingBytes()) {
      if (reference !== undefined) {
        this.#holdBatch(heldBatch(reference))
        continue
      }
      for (const wire of decodeBatch(bytes)?.transactions ?? [])
        this.#submit(wire).catch(this.#ports.fail)
    }
  }

  /** A batch is held: consensus may order it, and of this node's own no one is left behind. */
  #holdBatch(batch: HeldBatch): void {
    if (batch.authorIndex === this.seat?.index) this.#backlog.add(batch)
    void this.#post({ kind: 'batch-held', batch })
  }

  /** Blocks have made room: own batches that consensus had none for are offered again. */
  #offerBacklog(): void {
    if (this.seat === null) return
    const { pendingBatches, pendingOfAuthor } = this.driver.core
    const heldCount = pendingOfAuthor.get(this.seat.index) ?? 0
    for (const batch of this.#backlog.unheld((id) => pendingBatches.has(id), heldCount))
      void this.#post({ kind: 'batch-held', batch })
  }

  #noticePeer(peer: string, isConnected: boolean): void {
    this.#presence.changed(peer, isConnected)
    const member = this.electorate.indexOf.get(peer)
    this.#ports.log.info(isConnected ? 'peer connected' : 'peer disconnected', {
      peer,
      isMember: member !== undefined
    })
    if (!isConnected) return
    if (member !== undefined) void this.driver.post({ kind: 'member-connected', member })
    this.catchUp.wake()
  }

  #ask(
    protocol: 'fetch' | 'status'
  ): (peer: string, request: Uint8Array) => Promise<Uint8Array | undefined> {
    const timeoutMs = protocol === 'fetch' ? FETCH_TIMEOUT_MS : STATUS_TIMEOUT_MS
    return createAsk(this.#ports.network, protocol, { timeoutMs })
  }

  #connectedPeers(): string[] {
    const peers = this.#ports.network.peers()
    return peers.filter(({ state }) => state === 'connected').map(({ key }) => key)
  }

  #blockOf(blockId: BlockId): Block | undefined {
    return (
      this.driver.core.blocks.get(blockId)?.block ??
      this.keeper.entry(blockId)?.block ??
      this.#bodies.get(blockId)
    )
  }

  readonly #penalise = (peer: string, reason: string): void =>
    this.#ports.network.penalise(peer, OFFENCE_POINTS, reason)

  /** A block is executed once its batches were held: one that is gone since is damaged. */
  #transactionsOf(reference: BatchReference): readonly Transaction[] {
    const transactions = this.store.transactionsOf(reference)
    if (transactions !== undefined) return transactions
    throw this.#ports.ledger.reportDamage(batchKey(reference.id), 'a batch that was held is gone')
  }

  #createRecovery(): Recovery {
    const { ledger, clock, log, metrics, verifier, checkTables, fail } = this.#ports
    const { networkTag, keeper } = this
    return new Recovery(
      { scrubBytesPerSecond: this.#options.scrubBytesPerSecond ?? 0 },
      {
        networkTag,
        electorate: () => this.electorate,
        electorateOf: (epoch) => keeper.electorateOf(epoch),
        database: ledger,
        clock,
        log,
        tip: () => keeper.tip,
        floor: () => keeper.floor,
        blocksFrom: () => readIfWhole(() => this.archive.blocksFrom) ?? keeper.tip.height,
        batchesFrom: () => readIfWhole(() => this.archive.batchesFrom) ?? keeper.tip.height + 1,
        packedLeaf: (index) => keeper.packedLeaf(index),
        betweenCommits: (work) => keeper.betweenCommits(work),
        bodyOf: (blockId) => this.#blockOf(blockId),
        peers: () => membersFirst(this.#connectedPeers(), this.electorate),
        ask: this.#ask('fetch'),
        penalise: this.#penalise,
        judgeBatch: (bytes) => verifier.judgeBatch(bytes),
        pause: clock.pause,
        count: metrics.count,
        ...(checkTables === undefined ? {} : { checkTables }),
        onTrouble: (error) => this.#noteTrouble(error),
        onFailure: fail
      }
    )
  }

  /** Damage that no record can be written for: an operator has to act. */
  #noteTrouble({ code, message }: NodeError): void {
    this.#raiseAlarm('storage', code, { trouble: message })
  }

  #raiseAlarm(
    by: 'consensus' | 'storage',
    code: string,
    fields: Readonly<Record<string, unknown>>
  ): void {
    const meaning = explainAlarm(code)
    this.#ports.log.error(`${by} raised an alarm`, { code, meaning, ...fields })
    if (!this.#alarms.includes(code)) this.#alarms.push(code)
  }

  #createFetcher(): BatchFetcher {
    return new BatchFetcher({
      clock: this.#ports.clock,
      store: this.store,
      ask: this.#ask('fetch'),
      peers: () => this.#connectedPeers(),
      penalise: this.#penalise,
      isWanted: (blockId) => this.driver.core.blocks.has(blockId) || this.#wantedBySync.has(blockId)
    })
  }

  #finalBlockPorts(): FinalBlockIntakePorts {
    return {
      networkTag: this.networkTag,
      electorate: () => this.electorate,
      clock: this.#ports.clock,
      store: this.store,
      fetcher: this.#fetcher,
      tip: () => this.keeper.tip,
      post: this.#post,
      want: (blockId, isWanted) =>
        void (isWanted ? this.#wantedBySync.add(blockId) : this.#wantedBySync.delete(blockId))
    }
  }

  #createCatchUp(): CatchUp {
    const { log, fail } = this.#ports
    return new CatchUp(this.#options.snapshot ?? NO_SNAPSHOTS, {
      ...this.#finalBlocks,
      ownStatus: () => ({
        height: this.keeper.tip.height,
        view: this.driver.core.view,
        isMember: this.seat !== null
      }),
      peers: () => this.#connectedPeers(),
      askStatus: this.#ask('status'),
      ask: this.#ask('fetch'),
      penalise: this.#penalise,
      awaitHeight: (height, timeoutMs) => this.service.awaitHeight(height, timeoutMs),
      joinBySnapshot: async (heightMin) => (await this.snapshots?.join(heightMin)) ?? false,
      meter: this.#meter,
      log: log.debug,
      onFailure: fail
    })
  }

  #createSnapshots(): Snapshots | null {
    const { snapshots: world, network, ledger, clock, log } = this.#ports
    if (world === undefined) return null
    const seals = new SealFollower({
      networkTag: this.networkTag,
      electorate: () => this.electorate,
      electorateOf: (epoch) => this.keeper.electorateOf(epoch),
      peers: () => membersFirst(this.#connectedPeers(), this.electorate),
      ask: this.#ask('fetch'),
      penalise: this.#penalise,
      pause: clock.pause,
      isStopped: () => this.#isStopping
    })
    return new Snapshots(this.#options.snapshot ?? NO_SNAPSHOTS, {
      world,
      clock,
      database: ledger,
      archive: this.archive,
      networkTag: this.networkTag,
      electorate: () => this.electorate,
      electorateOf: (epoch) => seals.electorateOf(epoch),
      ownElectorateOf: (epoch) => this.keeper.electorateOf(epoch),
      followedSeals: () => seals.seals,
      blocksBehind: () => this.catchUp.highestKnown - this.keeper.tip.height,
      peers: () => this.#connectedPeers(),
      ask: this.#ask('fetch'),
      askPart: createAsk(network, 'fetch', {
        timeoutMs: FETCH_TIMEOUT_MS,
        answerMaxBytes: PART_ANSWER_MAX_BYTES
      }),
      penalise: this.#penalise,
      meter: this.#meter,
      log: log.info,
      onTrouble: (error) => log.warn('no snapshot was made', { error: String(error) })
    })
  }

  #createPruner(): LedgerPruner {
    const { ledger, clock, log, fail } = this.#ports
    const { keepBlocks = 0 } = this.#options
    return new LedgerPruner(
      { keepBlocks, networkTag: this.networkTag },
      {
        database: ledger,
        clock,
        tipHeight: () => this.keeper.tip.height,
        snapshotHeight: () => this.snapshots?.newestHeight ?? 0,
        carried: () => this.#carriedBatches(),
        release: (ids, write) => this.store.release(ids, write),
        log: log.info,
        onFailure: fail
      }
    )
  }

  /** The batches of blocks that are not final yet. */
  #carriedBatches(): ReadonlySet<BatchId> {
    const blocks = [...this.driver.core.blocks.values()]
    return new Set(blocks.flatMap(({ block }) => block.batches.map(({ id }) => id)))
  }

  #createDissemination(): Dissemination {
    const { network, fail } = this.#ports
    return new Dissemination(this.#options.dissemination, {
      network,
      plane: () => this.#run.plane,
      store: this.store,
      electorate: () => this.electorate,
      self: () => this.seat?.index ?? null,
      finalBlocks: this.#finalBlocks,
      isFinal: (block) => readIfWhole(() => this.archive.heightOf(block.idBytes)) !== undefined,
      onAhead: () => this.catchUp.wake(),
      onFailure: fail
    })
  }

  #createIntake(): Intake {
    const { identity, batch } = this.#options
    const { clock, verifier, fail } = this.#ports
    const batcher = new Batcher(
      {
        networkTag: this.networkTag,
        electorate: () => this.electorate,
        author: identity.publicKey,
        ...batch
      },
      {
        store: this.store,
        clock,
        height: () => this.keeper.tip.height,
        sign: identity.sign,
        disseminate: (bytes) => this.#dissemination.sendBatch(bytes)
      }
    )
    return new Intake({
      networkTag: this.networkTag,
      carrierId: identity.publicKey,
      book: this.book,
      verifier,
      batcher,
      head: () => this.keeper.head,
      tip: () => this.keeper.tip,
      isUnderWay: (id) => this.keeper.isUnderWay(id),
      isOrdering: () => this.#presence.hasQuorum,
      findFinal: (id) => this.archive.statusOf(id),
      onRefused: (transaction, code, isVerified) =>
        this.#evidence.refused(transaction, code, { isVerified }),
      onExcess: (deviceId) => this.#watch.noteExcess(deviceId),
      onRivals: (transactions) => {
        for (const one of transactions) this.#evidence.notice(one, { isVerified: true })
      },
      handOn: (wire) => handToMember(wire, this.#ports.network),
      clock,
      onFailure: fail
    })
  }

  #createRun(seat: OwnSeat | null): EpochRun {
    const { ledger, voteLog, log, clock, network, fail } = this.#ports
    const { networkTag, electorate } = this
    const options = { networkTag, electorate, seat }
    return new EpochRun(options, {
      clock,
      network,
      voteLog,
      database: ledger,
      keeper: this.keeper,
      store: this.store,
      fetcher: this.#fetcher,
      timers: this.#timers,
      blockOf: (blockId) => this.#blockOf(blockId),
      ask: this.#ask('fetch'),
      post: this.#post,
      timeMs: clock.timeMs,
      penalise: this.#penalise,
      onCommitted: (blocks) => this.#settleCommitted(blocks),
      onConfirmed: (blockId) => {
        const entry = this.keeper.entry(blockId)
        if (entry === undefined) return
        this.#intake.confirmBlock(entry)
        this.service.confirm(entry)
      },
      onSealed: () => this.#turnEpoch(),
      onAhead: (early, epoch) => {
        if (epoch === electorate.epoch + 1) this.#early.keep(early)
        this.catchUp.wake()
      },
      onCatchUp: () => this.catchUp.wake(),
      onEvidence: (first, second) => {
        const ports = { networkTag, electorate, database: ledger, log, onFailure: fail }
        const guilty = recordEvidence(first, second, ports)
        if (guilty !== undefined) this.#steward.convict(guilty, [first, second])
      },
      onAlarm: (code, view) => {
        this.#raiseAlarm('consensus', code, { view })
        if (code === 'KEY_IN_USE') fail(keyInUse(network.self))
        if (code === 'VOTE_LOG_STALE') voteLog.markLost().catch(fail)
      },
      onFailure: fail
    })
  }

  #settleCommitted(blocks: readonly CommittedBlock[]): void {
    const { clock, metrics } = this.#ports
    for (const block of blocks) {
      const finalMs = Math.max(0, clock.timeMs() - block.block.header.timeMs)
      // Older ones were fetched afterwards, and tell nothing of how fast the members agree.
      if (finalMs < this.#options.genesis.parameters.deltaMaxMs)
        this.#measureFinality(finalMs / 1000)
      // Also without a seat: what was taken in while there was one comes to its end all the same.
      this.#intake.settleBlock(block)
      this.#evidence.settleBlock(block)
      this.#watch.settleBlock(block)
      this.service.announce(block)
      const ids = block.block.batches.map(({ id }) => id)
      this.store.forget(ids)
      this.#backlog.settle(ids)
      metrics.count('thingmoot_ledger_blocks_total', 'final', 1)
      metrics.count('thingmoot_ledger_transactions_total', 'final', block.transactions.length)
    }
    this.#offerBacklog()
    this.#passOn(blocks)
    this.#pruner.wake()
    this.#heedUpgrade()
    this.#steward.look()
  }

  /** Rules that this program does not know must not be guessed at: it ends before they hold. */
  #heedUpgrade(): void {
    const network = readIfWhole(() => this.keeper.tip.view.read(networkTable, NETWORK_KEY))
    if (network === undefined) return
    if (network.protocolVersion > PROTOCOL_VERSION)
      this.#ports.fail(upgradeNeeded(network.protocolVersion))
    else if (network.upgrade !== null && network.upgrade.protocolVersion > PROTOCOL_VERSION)
      this.#raiseAlarm('consensus', 'UPGRADE_NEEDED', { ...network.upgrade })
  }

  /** The leader of the last block gossips them; what lies behind them leaves the vote log. */
  #passOn(blocks: readonly CommittedBlock[]): void {
    const last = blocks[blocks.length - 1]?.block.header
    if (last === undefined) return
    this.#dissemination.sendBlocks(blocks, this.#run.isLeader(last.view))
    if (this.seat === null || last.view < this.#prunedView + PRUNE_EVERY_VIEWS) return
    this.#prunedView = last.view
    const below = { epoch: last.epoch, view: last.view }
    this.#ports.voteLog.prune(below).catch(this.#ports.fail)
  }

  #createEvidence(): EvidenceKeeper {
    const { clock, ledger, log, metrics } = this.#ports
    return new EvidenceKeeper(
      { networkTag: this.networkTag, carrierId: this.#options.identity.publicKey },
      {
        clock,
        database: ledger,
        archive: this.archive,
        tip: () => this.keeper.tip,
        isCurrent: () => this.#isCurrent(),
        isUnderWay: (id) => this.keeper.isUnderWay(id),
        isOwn: (id) => this.book.get(id) !== undefined,
        submit: (wire) => this.#submit(wire),
        onTooOld: (deviceId) => this.#watch.noteOldStray(deviceId),
        log,
        count: metrics.count,
        onFailure: this.#ports.fail
      }
    )
  }

  #createWatch(): Watch {
    const { clock, log, metrics } = this.#ports
    const { identity } = this.#options
    const desk = new AlertDesk(
      { networkTag: this.networkTag, identity },
      {
        clock,
        tip: () => this.keeper.tip,
        sequence: this.#ownSequence,
        submit: (wire) => this.#submit(wire),
        log,
        count: metrics.count,
        onFailure: this.#ports.fail
      }
    )
    return new Watch(
      { networkTag: this.networkTag },
      { tip: () => this.keeper.tip, isCurrent: () => this.#isCurrent(), desk }
    )
  }

  /** Whether this node takes part in the present, and does not go through the past again. */
  #isCurrent(): boolean {
    return this.catchUp.highestKnown - this.keeper.tip.height <= CURRENT_WITHIN_BLOCKS
  }

  #createSteward(): Steward {
    const { identity, softwareHash } = this.#options
    const { clock, voteKeys, log, fail } = this.#ports
    return new Steward(
      { networkTag: this.networkTag, identity, softwareHash },
      {
        clock,
        tip: () => this.keeper.tip,
        isCurrent: () => this.#isCurrent(),
        voteKeys,
        sequence: this.#ownSequence,
        submit: this.#submit,
        log,
        onFailure: fail
      }
    )
  }

  #createService(): NodeService {
    const { genesis, identity } = this.#options
    const { network, clock } = this.#ports
    const core = (): Readonly<CoreState> => this.driver.core
    return new NodeService({
      networkId: genesis.networkId,
      genesisHash: genesisHashOf(genesis),
      nodeId: identity.publicKey,
      electorate: () => this.electorate,
      keeper: this.keeper,
      archive: this.archive,
      book: this.book,
      submit: this.#submit,
      peers: () => network.peers(),
      view: () => core().view,
      highestKnownHeight: () => this.catchUp.highestKnown,
      lastHeardAtMs: (memberId) => this.#presence.lastHeardAtMs(memberId),
      isOrdering: () => this.seat === null || this.#presence.hasQuorum,
      condition: () => ({
        isStopped: core().isStopped,
        isAdmitted: this.seat === null || core().mayVote,
        blocksBehind: this.catchUp.highestKnown - this.keeper.tip.height
      }),
      sync: () => this.#meter.progress(),
      pendingTransactions: () => this.book.openCount,
      alarms: () => this.#alarms,
      storage: () => this.#recovery.condition,
      clock
    })
  }
}

function upgradeNeeded(version: number): NodeError {
  return new NodeError(
    'UPGRADE_NEEDED',
    `the members have agreed on version ${version} of the rules, this program knows ${PROTOCOL_VERSION}; install a later one`
  )
}

function keyInUse(self: string): NodeError {
  return new NodeError(
    'KEY_IN_USE',
    `another process votes with the key of ${self.slice(0, 8)}; end one of the two, and copy no data directory`
  )
}
