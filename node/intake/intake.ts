/**
 * The intake: how a transaction becomes `accepted`.
 *
 * Shape first, then what the ledger says, then the signature: the dearest check
 * comes last, and only once. What is out of turn waits, what the ledger would
 * refuse is refused at once, and what waits too long is dropped and said so.
 *
 * @module
 */

import {
  type DeviceMessage,
  decodeTransaction,
  isCounting,
  type LedgerVersion,
  listLeafHash,
  type Outcome,
  refused,
  type Transaction,
  transactionLeaf,
  transactionPriority
} from '../../protocol/index.ts'
import { type Cancel, repeat } from '../clock.ts'
import { NodeError } from '../errors.ts'
import type { CommittedBlock } from '../ledger/ledger-keeper.ts'
import type { Submission } from '../ledger-service.ts'
import { busy, carried, faulty, refusedBy, taken } from './answers.ts'
import type { DeviceLanes } from './device-lanes.ts'
import { type Forecast, type ForecastPorts, forecast, forecastAgain, payQuota } from './forecast.ts'
import { IntakeGate } from './intake-gate.ts'
import type { IntakePorts } from './intake-ports.ts'
import { Patience } from './patience.ts'
import { Pool } from './pool.ts'
import { QuotaBook } from './quota-book.ts'
import type { Retries } from './retries.ts'
import { shareNameOf, shareOf } from './share.ts'
import type { BookEntry } from './transaction-book.ts'
import { UnderWay } from './under-way.ts'

/** How often what waits is looked at. */
const SWEEP_MS = 250
/** Devices of which it is then looked whether their turn or quota has come; each once a second. */
const DEVICES_PER_SWEEP = 500
/** Why something was given up without a block. */
const WAITED_TOO_LONG = 'WAITED_TOO_LONG'

/** Takes transactions in. */
export class Intake {
  readonly #ports: IntakePorts
  readonly #pool: Pool
  readonly #lanes: DeviceLanes<BookEntry>
  readonly #retries: Retries
  readonly #quota = new QuotaBook()
  readonly #forecasting: ForecastPorts
  readonly #underWay = new UnderWay()
  readonly #gate: IntakeGate
  readonly #patience: Patience
  readonly #stopSweeping: Cancel
  #isClosed = false
  #hasRoom = true

  constructor(ports: IntakePorts) {
    this.#ports = ports
    this.#pool = new Pool(ports.clock, (entry, code) => ports.book.drop(entry, code))
    this.#lanes = this.#pool.lanes
    this.#retries = this.#pool.retries
    this.#forecasting = { ...ports, lanes: this.#lanes, quota: this.#quota }
    this.#gate = new IntakeGate({ ...ports, pooledCount: () => this.#pool.size })
    this.#patience = new Patience(ports.clock.nowMs())
    this.#stopSweeping = repeat(ports.clock, SWEEP_MS, () => this.#sweep())
  }

  /** Transactions that wait for their turn. */
  get waitingCount(): number {
    return this.#pool.size
  }

  /** Takes in the bytes of one transaction. */
  async submit(wire: Uint8Array): Promise<Submission> {
    const { networkTag, book, findFinal } = this.#ports
    if (this.#isClosed) return busy('NODE_STOPPING')
    if (!this.#hasRoom) return busy('DISK_LOW')
    const decoded = decodeTransaction(wire, networkTag)
    if (!decoded.ok) return faulty(decoded.fault)
    const transaction = decoded.value
    const known = book.get(transaction.id)
    if (known !== undefined && known.status.stage !== 'dropped') return taken(known)
    const final = known === undefined ? findFinal(transaction.id) : null
    if (final !== null && final.outcome !== 'refused')
      return { kind: 'taken', status: final, acceptedReceipt: null }
    if (!book.hasRoom) return busy('POOL_FULL')
    return await this.#underWay.join(wire, () => this.#passGate(transaction))
  }

  /** At a start: transactions of this node's own batches that are not final yet. */
  restore(transactions: readonly Transaction[]): void {
    const { book } = this.#ports
    for (const transaction of transactions) {
      const leafHash = listLeafHash(transactionLeaf(transaction))
      const entry = book.enter(transaction, leafHash, this.#patience.nowMs)
      book.advance(entry, 'accepted')
      const { body } = transaction
      if (body.kind === 'device-message') this.#lanes.project(body, transaction.id)
    }
  }

  /** Whether there is room on the disk: without it nothing more is taken in. */
  setRoom(hasRoom: boolean): void {
    this.#hasRoom = hasRoom
  }

  /** Looks at a block that became final: own transactions end, or wait and come again. */
  settleBlock({ transactions, executed, version }: CommittedBlock): void {
    const openBefore = this.#ports.book.openCount
    for (const [index, transaction] of transactions.entries()) {
      this.#settle(transaction, executed.outcomes[index] as Outcome, version)
      if (transaction.body.kind === 'device-message') this.#letGo(transaction.body.deviceId)
    }
    this.#gate.finalised(Math.max(0, openBefore - this.#ports.book.openCount))
  }

  /** Tells where the transactions of a notarised block stand. */
  confirmBlock({ transactions, executed, version }: Omit<CommittedBlock, 'finalisation'>): void {
    for (const [index, transaction] of transactions.entries()) {
      const outcome = executed.outcomes[index] as Outcome
      const entry = this.#ports.book.get(transaction.id)
      if (entry?.status.stage === 'accepted' && isCounting(outcome))
        this.#ports.book.advance(entry, 'confirmed', {
          outcome,
          height: version.height,
          timeMs: version.timeMs
        })
    }
  }

  /** Takes nothing more in; what was taken in is batched. */
  close(): Promise<void> {
    this.#isClosed = true
    this.#stopSweeping()
    return this.#ports.batcher.flush()
  }

  async #passGate(transaction: Transaction): Promise<Submission> {
    const early = forecast(transaction, this.#forecasting)
    if (early.kind === 'refused') return this.#refuse(early.code, transaction, false)
    const isProved = early.kind === 'now' || early.quota !== undefined
    const admission = await this.#gate.enter(
      shareOf(transaction, isProved, this.#ports.head().view)
    )
    if (admission !== 'admitted') return busy(admission)
    let isInside = true
    const leave = (): void => {
      if (isInside) this.#gate.leave()
      isInside = false
    }
    try {
      return await this.#judge(transaction, leave)
    } finally {
      leave()
    }
  }

  async #judge(transaction: Transaction, leaveGate: () => void): Promise<Submission> {
    const { book, verifier } = this.#ports
    const row = await verifier.judgeTransaction(transaction.wire)
    if (row === undefined) return busy('VERIFIER_BUSY')
    if (row.fault !== null) return faulty(row.fault)
    // Another copy may have been verified meanwhile.
    const twin = book.get(transaction.id)
    if (twin !== undefined && twin.status.stage !== 'dropped') return taken(twin)
    const late = forecast(transaction, this.#forecasting)
    if (late.kind === 'refused') return this.#refuse(late.code, transaction, true)
    const entry = book.enter(transaction, row.leafHash, this.#patience.nowMs)
    leaveGate()
    if (late.kind === 'later') return this.#keepNew(entry, late)
    try {
      await this.#batch(entry)
    } catch (error) {
      if (!(error instanceof NodeError) || error.code !== 'NOT_SEATED') throw error
      // Whoever handed it in tries another node; here it is nobody's any more.
      this.#takeBack(transaction)
      book.drop(entry, error.code)
      return busy(error.code)
    }
    return taken(entry)
  }

  /** A copy of what another node has brought into a block already is no conflict. */
  #refuse(code: string, transaction: Transaction, isVerified: boolean): Submission {
    if (this.#ports.isUnderWay(transaction.id)) return carried(transaction)
    this.#ports.onRefused(transaction, code, isVerified)
    return refusedBy(code, transaction)
  }

  #keepNew(entry: BookEntry, { quota }: Extract<Forecast, { kind: 'later' }>): Submission {
    const { body } = entry.transaction
    if (quota === 'device-empty' && body.kind === 'device-message')
      this.#ports.onExcess(body.deviceId)
    const fault = this.#keepForLater(entry)
    return fault === undefined ? taken(entry) : busy(fault)
  }

  /** Keeps one in the pool, or drops it and says why. */
  #keepForLater(entry: BookEntry): string | undefined {
    const { transaction } = entry
    const { body } = transaction
    const held = body.kind === 'device-message' ? this.#lanes.heldAt(body) : undefined
    if (held !== undefined) this.#ports.onRivals([held.transaction, transaction])
    const fault = this.#pool.keep(entry, shareNameOf(transaction, this.#ports.head().view))
    if (fault !== undefined) this.#ports.book.drop(entry, fault)
    return fault
  }

  async #batch(entry: BookEntry): Promise<void> {
    const { batcher, book } = this.#ports
    const { transaction, leafHash } = entry
    const { body } = transaction
    if (body.kind === 'device-message') this.#lanes.project(body, transaction.id)
    payQuota(transaction, this.#forecasting)
    const accepted = batcher.add({ transaction, leafHash }, transactionPriority(transaction))
    if (body.kind === 'device-message') this.#letGo(body.deviceId)
    entry.acceptedReceipt = await accepted
    if (entry.status.stage === 'pooled') book.advance(entry, 'accepted')
  }

  /** Batches what a device has waiting, as far as its turn has come. */
  #letGo(deviceId: Uint8Array): void {
    while (this.#lanes.hasWaiting(deviceId)) {
      const entry = this.#lanes.takeFirst(deviceId)
      if (entry === undefined) return
      const message = entry.transaction.body as DeviceMessage
      const now = forecastAgain(entry.transaction, this.#forecasting)
      if (now.kind === 'later') {
        this.#lanes.hold(message, entry, shareNameOf(entry.transaction, this.#ports.head().view))
        return
      }
      if (now.kind === 'now') this.#batchAgain(entry)
      else this.#end(entry, now.code)
    }
  }

  #settle(transaction: Transaction, outcome: Outcome, version: LedgerVersion): void {
    const { book } = this.#ports
    const entry = book.get(transaction.id)
    if (!isCounting(outcome) && outcome.outcome !== 'duplicate') this.#takeBack(transaction)
    if (entry === undefined || entry.status.stage === 'final') return
    if (outcome.outcome === 'waits') this.#waitAgain(entry, outcome)
    else book.advance(entry, 'final', { outcome, height: version.height, timeMs: version.timeMs })
  }

  /** What is over its share waits only while there is room for it. */
  #waitAgain(entry: BookEntry, { code }: Outcome): void {
    if (code === 'QUOTA_EMPTY' && this.#pool.isFull) this.#ports.book.drop(entry, code)
    else this.#retries.add(entry)
  }

  #sweep(): void {
    this.#patience.look(this.#ports.clock.nowMs(), this.#ports.isOrdering())
    this.#gate.look()
    const beforeMs = this.#patience.endsBeforeMs
    for (const entry of this.#lanes.takeExpired(beforeMs))
      this.#ports.book.drop(entry, WAITED_TOO_LONG)
    for (const entry of this.#retries.takeDue(beforeMs))
      if (entry.takenAtMs < beforeMs) this.#ports.book.drop(entry, WAITED_TOO_LONG)
      else this.#tryAgain(entry)
    for (const deviceId of this.#lanes.nextWaiting(DEVICES_PER_SWEEP)) this.#letGo(deviceId)
  }

  #tryAgain(entry: BookEntry): void {
    const { transaction } = entry
    const now = forecastAgain(transaction, this.#forecasting)
    if (this.#ports.isUnderWay(transaction.id)) this.#retries.add(entry)
    else if (now.kind === 'refused') this.#end(entry, now.code)
    else if (now.kind === 'later') this.#keepForLater(entry)
    else this.#batchAgain(entry)
  }

  #batchAgain(entry: BookEntry): void {
    this.#batch(entry)
      .catch((error) => this.#handOn(entry, error))
      .catch(this.#ports.onFailure)
  }

  /** The seat was lost while it waited: a member is asked to carry it, and again until it is final. */
  async #handOn(entry: BookEntry, error: unknown): Promise<void> {
    if (!(error instanceof NodeError) || error.code !== 'NOT_SEATED') throw error
    this.#takeBack(entry.transaction)
    await this.#ports.handOn(entry.transaction.wire)
    if (entry.status.stage !== 'final') this.#retries.add(entry)
  }

  /** What is not batched after all is not on its way: its device's next is judged without it. */
  #takeBack({ body }: Transaction): void {
    if (body.kind !== 'device-message') return
    this.#lanes.forget(body.deviceId)
    this.#quota.forget(body.deviceId)
  }

  /** A transaction that can never succeed any more ends without a block. */
  #end(entry: BookEntry, code: string): void {
    this.#ports.onRefused(entry.transaction, code, true)
    const { height, timeMs } = this.#ports.tip()
    this.#ports.book.advance(entry, 'dropped', { outcome: refused(code), height, timeMs })
  }
}
