/**
 * A ledger in memory for tests of the API and the gateways: one member, real signatures and proofs.
 *
 * It judges bytes by the rules of protocol/, keeps one sequence per device, and makes a block whenever
 * a test says so. Its state tree is empty, so what it proves of the state are absences.
 *
 * @module
 */

import {
  type BlockId,
  createStateTree,
  type DeviceMessage,
  decodeTransaction,
  type Electorate,
  encodeCbor,
  encodeReadProof,
  encodeReceiptProof,
  type Height,
  judgeTransaction,
  listLeafHash,
  listPath,
  recentBlocks,
  stateKey,
  toHex,
  type View
} from '../../../protocol/index.ts'
import type { HistoryAnswer, HistorySpan } from '../../history-span.ts'
import type {
  BlockContents,
  LedgerService,
  LedgerStatus,
  StoredReading,
  Submission,
  TransactionStatus,
  WaitingCommand
} from '../../ledger-service.ts'
import {
  type ConfirmedEntry,
  ConfirmedFeed,
  type SettledEntry
} from '../../service/confirmed-feed.ts'
import { createGovernanceService } from '../../service/governance-view.ts'
import {
  ELECTORATE,
  type FinalBlock,
  MEMBER_ID,
  NETWORK_ID,
  NETWORK_TAG,
  nextBlock
} from './chain-of-one.ts'
import { deviceRecord } from './device-record.ts'
import { foundingWorld } from './founding-world.ts'
import { ownershipRecord } from './ownership-record.ts'
import { NEAR_MEMBER, UNREMARKABLE } from './unremarkable.ts'

/** The ledger with its handles for tests. */
export interface MemoryLedger {
  readonly service: LedgerService
  readonly networkId: string
  readonly networkTag: Uint8Array
  readonly electorate: Electorate
  readonly register: (deviceId: Uint8Array) => void
  /** Makes everything accepted final in one block; returns its height. */
  readonly finalise: () => number
  /** Confirms the block that {@link finalise} would make; a rival of it under another state root. */
  readonly confirm: (stateRoot?: Uint8Array) => void
  /** What a device has still to receive from now on; whoever listens is told. */
  readonly setCommands: (deviceId: Uint8Array, commands: readonly WaitingCommand[]) => void
  /** Makes every submission meet this until it is changed. */
  readonly setBusy: (busy: Extract<Submission, { kind: 'busy' }> | null) => void
  readonly setStatus: (change: Partial<LedgerStatus>) => void
  /** How often `submit` was called. */
  readonly submissions: () => number
}

interface Kept {
  status: TransactionStatus
  readonly message: DeviceMessage
  readonly content: Uint8Array
  readonly wire: Uint8Array
}

/** Builds an empty ledger at height 0. */
export function createMemoryLedger(): MemoryLedger {
  const world = new MemoryWorld()
  return {
    service: world.service(),
    networkId: NETWORK_ID,
    networkTag: NETWORK_TAG,
    electorate: ELECTORATE,
    register: (deviceId) => void world.sequences.set(toHex(deviceId), 0),
    finalise: () => world.finalise(),
    confirm: (stateRoot) => world.confirm(stateRoot ?? world.stateRoot),
    setCommands: (deviceId, commands) => world.setCommands(deviceId, commands),
    setBusy: (busy) => {
      world.busy = busy
    },
    setStatus: (change) => {
      world.change = change
    },
    submissions: () => world.submissions
  }
}

class MemoryWorld {
  readonly sequences: Map<string, number> = new Map()
  readonly commands: Map<string, readonly WaitingCommand[]> = new Map()
  busy: Extract<Submission, { kind: 'busy' }> | null = null
  change: Partial<LedgerStatus> = {}
  submissions = 0
  readonly #tree = createStateTree()
  readonly #kept = new Map<string, Kept>()
  readonly #readings = new Map<string, StoredReading[]>()
  readonly #blocks: FinalBlock[] = []
  readonly #waiters = new Set<() => void>()
  readonly #onReading = new Set<(deviceId: Uint8Array, reading: StoredReading) => void>()
  readonly #confirmed = new ConfirmedFeed()
  readonly #onCommand = new Set<(deviceId: Uint8Array) => void>()
  readonly #onEnd = new Set<(deviceId: Uint8Array | null, status: TransactionStatus) => void>()

  get stateRoot(): Uint8Array {
    return this.#tree.base.root
  }

  constructor() {
    this.finalise()
  }

  service(): LedgerService {
    return {
      submit: async (wire) => this.#submit(wire),
      transactionStatus: async (id) => this.#statusOf(id),
      awaitTransaction: async (id, stage, timeoutMs) => {
        const isReached = (): boolean =>
          ['final', 'dropped', stage].includes(this.#statusOf(id)?.stage ?? '')
        await this.#until(isReached, timeoutMs)
        return this.#statusOf(id)
      },
      receipt: async (id) => this.#receipt(id),
      device: (deviceId) => {
        const sequence = this.sequences.get(toHex(deviceId))
        return sequence === undefined
          ? null
          : { deviceId, device: deviceRecord(sequence), ownership: ownershipRecord() }
      },
      readings: async (deviceId, { limit, beforeSequence }) => {
        if (!this.sequences.has(toHex(deviceId))) return null
        return (this.#readings.get(toHex(deviceId)) ?? [])
          .filter(({ sequence }) => beforeSequence === null || sequence < beforeSequence)
          .toReversed()
          .slice(0, limit)
      },
      commands: async (deviceId, { after, limit }) => {
        if (!this.sequences.has(toHex(deviceId))) return null
        return (this.commands.get(toHex(deviceId)) ?? [])
          .filter(({ height }) => after === null || height > after.height)
          .slice(0, limit)
      },
      history: async (deviceId, span) => this.#history(deviceId, span),
      readState: async (table, key, withProof) => this.#readState(table, key, withProof),
      block: async (at) =>
        this.#blocks.find(({ view }) =>
          typeof at === 'number' ? view.height === at : toHex(view.blockId) === toHex(at)
        )?.view ?? null,
      contents: async (height) => this.#contents(height),
      headers: async (from, limit) =>
        this.#blocks.slice(from, from + limit).map(({ view }) => view.headerBytes),
      seals: async () => [],
      members: () =>
        ELECTORATE.seats.map((seat, index) => ({
          ...seat,
          index,
          ...NEAR_MEMBER
        })),
      governance: createGovernanceService(() => foundingWorld()),
      status: () => this.#status(),
      awaitHeight: async (height, timeoutMs) =>
        this.#until(() => this.#tip().view.height >= height, Math.min(timeoutMs, 100)),
      onFinalReading: (listener) => {
        this.#onReading.add(listener)
        return () => void this.#onReading.delete(listener)
      },
      onCommand: (listener) => {
        this.#onCommand.add(listener)
        return () => void this.#onCommand.delete(listener)
      },
      onFinalBlock: (listener) => {
        this.#waiters.add(listener)
        return () => void this.#waiters.delete(listener)
      },
      onConfirmedBlock: (listener) => this.#confirmed.follow(listener),
      onTransactionEnd: (listener) => {
        this.#onEnd.add(listener)
        return () => void this.#onEnd.delete(listener)
      }
    }
  }

  finalise(): number {
    const accepted = [...this.#kept.values()].filter(({ status }) => status.stage === 'accepted')
    const ids = accepted.map(({ status }) => status.transactionId)
    const block = nextBlock(this.#blocks.at(-1), ids, this.#tree.base.root)
    this.#blocks.push(block)
    this.#confirmed.settle(entryOf(block))
    const { height, timeMs } = block.view
    for (const kept of accepted) {
      kept.status = { ...kept.status, stage: 'final', outcome: 'applied', height, timeMs }
      const { deviceId } = kept.message
      const reading = readingOf(kept, height, timeMs)
      const readings = this.#readings.get(toHex(deviceId)) ?? []
      this.#readings.set(toHex(deviceId), [...readings, reading])
      for (const listener of this.#onReading) listener(deviceId, reading)
      for (const listener of this.#onEnd) listener(deviceId, kept.status)
    }
    for (const wake of this.#waiters) wake()
    return height
  }

  confirm(stateRoot: Uint8Array): void {
    const accepted = [...this.#kept.values()].filter(({ status }) => status.stage === 'accepted')
    const ids = accepted.map(({ status }) => status.transactionId)
    this.#confirmed.confirm(entryOf(nextBlock(this.#blocks.at(-1), ids, stateRoot)))
  }

  setCommands(deviceId: Uint8Array, commands: readonly WaitingCommand[]): void {
    this.commands.set(toHex(deviceId), commands)
    for (const listener of this.#onCommand) listener(deviceId)
  }

  #submit(wire: Uint8Array): Submission {
    this.submissions++
    if (this.busy !== null) return this.busy
    const judged = judgeTransaction(wire, NETWORK_TAG)
    if (!judged.ok)
      return { kind: 'refused', code: judged.fault, isStateless: true, transactionId: null }
    const { id, body, attachment } = judged.value
    const refuse = (code: string): Submission => ({
      kind: 'refused',
      code,
      isStateless: false,
      transactionId: id
    })
    if (body.kind !== 'device-message') return refuse('KIND_NOT_ALLOWED')
    const known = this.#kept.get(toHex(id))
    if (known !== undefined) return taken(known.status)
    const last = this.sequences.get(toHex(body.deviceId))
    if (last === undefined) return refuse('DEVICE_UNKNOWN')
    if (body.sequence <= last) return refuse('SEQUENCE_USED')
    const isNext = body.sequence === last + 1
    if (isNext) this.sequences.set(toHex(body.deviceId), body.sequence)
    const status: TransactionStatus = {
      transactionId: id,
      stage: isNext ? 'accepted' : 'pooled',
      outcome: null,
      code: null,
      height: null,
      timeMs: null
    }
    const content = attachment ?? new Uint8Array(32)
    this.#kept.set(toHex(id), { status, message: body, content, wire })
    return taken(status)
  }

  #statusOf(id: Uint8Array): TransactionStatus | null {
    return this.#kept.get(toHex(id))?.status ?? null
  }

  #history(deviceId: Uint8Array, { limit, fromMs, toMs, at }: HistorySpan): HistoryAnswer | null {
    if (!this.sequences.has(toHex(deviceId))) return null
    const said = (this.#readings.get(toHex(deviceId)) ?? [])
      .toReversed()
      .filter(({ timeMs }) => timeMs >= (fromMs ?? 0) && timeMs <= (toMs ?? timeMs))
    const kept = said.filter(({ height }) => height >= (this.change.transactionsFrom ?? 0))
    const isAt = (one: StoredReading): boolean =>
      at === null || toHex(one.transactionId) === toHex(at)
    const first = at === null ? 0 : kept.findIndex(isAt)
    if (first < 0) return null
    const next = kept[first + limit]?.transactionId ?? null
    const isCutOff = next === null && kept.length < said.length
    return { readings: kept.slice(first, first + limit), next, isCutOff }
  }

  #contents(height: number): BlockContents | null {
    const view = this.#blocks[height]?.view
    if (view === undefined || height < (this.change.transactionsFrom ?? 0)) return null
    const entries = view.transactions.map(({ transactionId, outcome, code }) => {
      const decoded = decodeTransaction(
        this.#kept.get(toHex(transactionId))?.wire ?? new Uint8Array(0),
        NETWORK_TAG
      )
      if (!decoded.ok) throw new Error(decoded.fault)
      return { transaction: decoded.value, outcome: { outcome, code } }
    })
    return { ...view, entries }
  }

  #tip(): FinalBlock {
    return this.#blocks[this.#blocks.length - 1] as FinalBlock
  }

  #receipt(id: Uint8Array): Uint8Array | null {
    const status = this.#statusOf(id)
    const block = status?.height == null ? undefined : this.#blocks[status.height]
    if (block === undefined) return null
    const index = block.view.transactions.findIndex(
      ({ transactionId }) => toHex(transactionId) === toHex(id)
    )
    return encodeReceiptProof({
      transactionId: id,
      outcome: { outcome: 'applied', code: null },
      index,
      path: listPath(block.leaves.map(listLeafHash), index),
      finality: block.finality
    })
  }

  #readState(
    table: number,
    key: Uint8Array,
    withProof: boolean
  ): { value: Uint8Array | null; proof: Uint8Array | null } {
    const { height, timeMs, blockId } = this.#tip().view
    const isRing = table === recentBlocks.number && toHex(key) === '00'.repeat(8)
    const value = isRing ? recentBlocks.encode({ height, blockId, timeMs, awakeMs: 0 }) : null
    const state = this.#tree.base.prove(stateKey(table, key))
    const finality = this.#tip().finality
    const proof = withProof ? encodeReadProof({ table, key, value, state, finality }) : null
    return { value, proof }
  }

  #status(): LedgerStatus {
    const { height, blockId, timeMs } = this.#tip().view
    return {
      networkId: NETWORK_ID,
      genesisHash: new Uint8Array(32),
      nodeId: MEMBER_ID,
      role: 'member',
      epoch: 0,
      view: height,
      height,
      blockId,
      stateRoot: this.#tree.base.root,
      finalAtMs: timeMs,
      faultModel: 'byzantine',
      totalWeight: 1,
      quorumWeight: 1,
      reachableWeight: 1,
      missingMembers: [],
      peers: 2,
      pendingTransactions: 0,
      highestKnownHeight: height + 3,
      state: 'ready',
      sentence: 'All one members present.',
      ...UNREMARKABLE,
      ...this.change
    }
  }

  async #until(isTrue: () => boolean, timeoutMs: number): Promise<boolean> {
    if (isTrue()) return true
    return new Promise((resolve) => {
      const finish = (): void => {
        clearTimeout(timer)
        this.#waiters.delete(wake)
        resolve(isTrue())
      }
      const wake = (): void => {
        if (isTrue()) finish()
      }
      // A wait that a stopping API gave up must not hold the test's process.
      const timer = setTimeout(finish, timeoutMs).unref()
      this.#waiters.add(wake)
    })
  }
}

function entryOf({ view }: FinalBlock): ConfirmedEntry & SettledEntry {
  const { blockId, transactions } = view
  const id = toHex(blockId) as BlockId
  const header = { view: view.view as View }
  return {
    block: { id, idBytes: blockId, header },
    version: { height: view.height as Height, timeMs: view.timeMs },
    transactions
  }
}

function taken(status: TransactionStatus): Submission {
  const receipt = status.stage === 'pooled' ? null : encodeCbor([status.transactionId])
  return { kind: 'taken', status, acceptedReceipt: receipt }
}

function readingOf(
  { status, message, ...bytes }: Kept,
  height: number,
  timeMs: number
): StoredReading {
  const { incarnation, sequence, contentKind, dataKeyEpoch } = message
  const place = { transactionId: status.transactionId, height, timeMs, incarnation, sequence }
  const said = { contentKind, dataKeyEpoch, ...bytes }
  return { ...place, ...said, outcome: 'applied', code: null, marks: [] }
}
