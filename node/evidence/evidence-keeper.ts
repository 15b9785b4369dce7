/**
 * The keeper of evidence: what contradicts the ledger and is signed by its keys is never thrown away.
 *
 * It hears of every message and owner's act that was refused for its sequence,
 * its chain or its key, here or in a final block, compares it with what counted,
 * and files what is a proof. It does everything when it hears of something or
 * after a block, and has no clockwork of its own.
 *
 * @see SPEC.md §5.10 Evidence about devices
 * @module
 */

import {
  decodeTransaction,
  forecastTransaction,
  invariant,
  isCounting,
  type LedgerVersion,
  type Outcome,
  type Transaction,
  toHex
} from '../../protocol/index.ts'
import type { Clock } from '../clock.ts'
import type { CommittedBlock } from '../ledger/ledger-keeper.ts'
import type { Submission } from '../ledger-service.ts'
import type { Logger } from '../logger.ts'
import type { Metrics } from '../metrics.ts'
import type { Archive } from '../service/archive.ts'
import { DamagedRecord } from '../storage/damaged-record.ts'
import type { Database } from '../storage/database.ts'
import { Allowance } from './allowance.ts'
import { CountedChains } from './counted-chain.ts'
import type { Proof } from './proof.ts'
import { RecentIds } from './recent-ids.ts'
import { isGenuine, isMessage, type Stray, strayOf } from './stray.ts'
import { type KeptStray, nameOf, StrayBook } from './stray-book.ts'
import { accusable, judgeStray, type StrayVerdict } from './stray-judge.ts'
import { witnessedIn } from './witnessed.ts'

/** Codes by which a message or act is refused that may contradict the ledger. */
const CONFLICTS: readonly string[] = [
  'SEQUENCE_USED',
  'CHAIN_BROKEN',
  'SIGNING_KEY_WRONG',
  'OWNER_SEQUENCE_USED',
  'OWNER_KEY_WRONG'
]
/** Codes that mean that there is nothing left to prove. */
const SETTLED: readonly string[] = [
  'EVIDENCE_COUNTED',
  'INCARNATION_OLD',
  'DEVICE_UNKNOWN',
  'DEVICE_ENDED'
]
/** Looks under way at once; what comes beyond is not looked at. */
const LOOKS_MAX = 64
/** Pause before a stray that has led to nothing yet is looked at again, doubled with each filing. */
const PAUSE_MS = 10_000
const PAUSE_MAX_MS = 600_000
/** How long others wait for whoever batched a stray to file it: two blocks or so. */
const COURTESY_MS = 2_000
/** Two of one turn that have waited together for so long: neither is about to count. */
const PAIR_MS = 3_000

/** Where a stray comes from. */
export interface StrayOrigin {
  /** Whether its signatures were checked already. */
  readonly isVerified: boolean
  /** Whether another node has it too, and is nearer to it. */
  readonly isOfOthers?: boolean
}

/** What the keeper is told. */
export interface EvidenceKeeperOptions {
  readonly networkTag: Uint8Array
  /** Member id of this node. */
  readonly carrierId: Uint8Array
}

/** What the keeper needs from others. */
export interface EvidenceKeeperPorts {
  readonly clock: Pick<Clock, 'nowMs' | 'pause'>
  readonly database: Pick<Database, 'createBatch' | 'scan'>
  readonly archive: Pick<Archive, 'find' | 'transactionsOf'>
  /** The last final version. */
  readonly tip: () => LedgerVersion
  /** Whether that is the present: of a past that is gone through again nothing is filed. */
  readonly isCurrent: () => boolean
  /** Whether a transaction stands in a block that is not final yet. */
  readonly isUnderWay: (transactionId: Uint8Array) => boolean
  /** Whether this node itself took a transaction in. */
  readonly isOwn: (transactionId: Uint8Array) => boolean
  readonly submit: (wire: Uint8Array) => Promise<Submission>
  /** Hears of a device whose old words were said anew, too long ago to be proved. */
  readonly onTooOld: (deviceId: Uint8Array) => void
  readonly log: Pick<Logger, 'info' | 'warn'>
  readonly count: Metrics['count']
  readonly onFailure: (error: unknown) => void
}

/** Keeps strays and files what they prove. */
export class EvidenceKeeper {
  readonly #options: EvidenceKeeperOptions
  readonly #ports: EvidenceKeeperPorts
  readonly #book: StrayBook
  readonly #chains: CountedChains
  readonly #allowance: Allowance
  readonly #counted = new RecentIds()
  /** By name: looks under way. */
  readonly #looking = new Map<string, Promise<void>>()
  #isStopped = false

  constructor(options: EvidenceKeeperOptions, ports: EvidenceKeeperPorts) {
    const { clock, archive } = ports
    this.#options = options
    this.#ports = ports
    this.#book = new StrayBook(options.networkTag, ports)
    this.#chains = new CountedChains({ archive, nowMs: clock.nowMs, pause: clock.pause })
    this.#allowance = new Allowance(clock.nowMs())
  }

  /** Strays that are kept. */
  get size(): number {
    return this.#book.size
  }

  /** Goes on with what was kept when the node ended. */
  open(): Promise<void> {
    return this.#book.open(this.#ports.clock.nowMs())
  }

  /** Ends; what is under way is finished. */
  async stop(): Promise<void> {
    this.#isStopped = true
    await this.idle()
  }

  /** Resolves when nothing is being looked at. */
  async idle(): Promise<void> {
    await Promise.all(this.#looking.values())
    await this.#book.written()
  }

  /** A transaction was refused, before any block. */
  refused(transaction: Transaction, code: string, origin: StrayOrigin): void {
    if (CONFLICTS.includes(code)) this.notice(transaction, origin)
  }

  /** Looks at a transaction that may contradict the ledger. */
  notice(transaction: Transaction, origin: StrayOrigin): void {
    if (this.#counted.has(transaction.id) || this.#ports.isUnderWay(transaction.id)) return
    const stray = strayOf(transaction)
    if (stray !== undefined) this.#hear(stray, origin)
  }

  /** Looks at a block that became final, and again at what is kept. */
  settleBlock({ transactions, executed }: CommittedBlock): void {
    const isCurrent = this.#ports.isCurrent()
    for (const [index, transaction] of transactions.entries())
      this.#settle(transaction, executed.outcomes[index] as Outcome, isCurrent)
    if (this.#book.size === 0 || !isCurrent) return
    const nowMs = this.#ports.clock.nowMs()
    this.#book.dropExpired(nowMs)
    for (const kept of this.#book.due(nowMs)) this.#lookAgain(kept)
  }

  #settle(transaction: Transaction, outcome: Outcome, isCurrent: boolean): void {
    const { body, id } = transaction
    if (isCounting(outcome)) {
      this.#counted.add(id)
      if (!('deviceId' in body) || !isCurrent) return
      if (this.#book.size > 0) this.#wake(body.deviceId)
      const seen = witnessedIn(transaction, this.#options.networkTag)
      if (seen !== undefined) this.#hear(seen, { isVerified: false, isOfOthers: true })
      return
    }
    const { code } = outcome
    const isConflict = outcome.outcome === 'refused' && CONFLICTS.includes(code ?? '')
    if (!isCurrent || !(isConflict || code === 'DEVICE_STOPPED')) return
    this.notice(transaction, { isVerified: true, isOfOthers: !this.#ports.isOwn(id) })
  }

  /** The device has moved on: what waited for that is looked at. */
  #wake(deviceId: Uint8Array): void {
    for (const kept of this.#book.of(deviceId))
      if (kept.filings === 0) kept.nextLookMs = kept.notBeforeMs
  }

  /** Quick and cheap: whatever is beyond it is done on the side, as far as the allowance goes. */
  #hear(stray: Stray, origin: StrayOrigin): void {
    const { tip, clock, count } = this.#ports
    const name = nameOf(stray)
    if (this.#isStopped || this.#book.has(stray) || this.#looking.has(name)) return
    if (!this.#isAccusable(stray, tip())) return
    const isFree =
      origin.isVerified || this.#allowance.take(toHex(stray.body.deviceId), clock.nowMs())
    const isSeen = isFree && this.#looking.size < LOOKS_MAX
    if (isSeen) this.#run(name, () => this.#lookFirst(stray, origin))
    else count('thingmoot_evidence_strays_total', 'unseen', 1)
  }

  #lookAgain(kept: KeptStray): void {
    const name = nameOf(kept.stray)
    if (this.#isStopped || this.#looking.size >= LOOKS_MAX || this.#looking.has(name)) return
    this.#run(name, () => this.#lookAtKept(kept))
  }

  #run(name: string, look: () => Promise<void>): void {
    const running = look()
      .catch((error: unknown) => {
        // While a record is being mended nothing is known: after a block it is tried again.
        if (!(error instanceof DamagedRecord)) this.#ports.onFailure(error)
      })
      .finally(() => this.#looking.delete(name))
    this.#looking.set(name, running)
  }

  async #lookFirst(stray: Stray, { isVerified, isOfOthers = false }: StrayOrigin): Promise<void> {
    const { clock, count, onTooOld } = this.#ports
    const verdict = await this.#judge(stray)
    if (verdict.kind === 'nothing') return
    const isProved = verdict.kind !== 'early'
    if (isProved && !isVerified && !isGenuine(stray, this.#options.networkTag))
      return count('thingmoot_evidence_strays_total', 'forged', 1)
    if (verdict.kind === 'too-old') return onTooOld(stray.body.deviceId)
    const nowMs = clock.nowMs()
    const kept = this.#book.keep(stray, { isVerified: isVerified || isProved, isProved, nowMs })
    if (kept === undefined) return count('thingmoot_evidence_strays_total', 'unseen', 1)
    count('thingmoot_evidence_strays_total', 'kept', 1)
    kept.notBeforeMs = isOfOthers ? nowMs + COURTESY_MS : 0
    const isDue = verdict.kind === 'proof' || verdict.kind === 'soon'
    kept.nextLookMs = Math.max(kept.notBeforeMs, isDue ? 0 : nowMs + PAUSE_MS)
    if (verdict.kind === 'proof' && !isOfOthers) await this.#file(kept, verdict.proof)
  }

  async #lookAtKept(kept: KeptStray): Promise<void> {
    const { stray } = kept
    kept.nextLookMs = this.#ports.clock.nowMs() + PAUSE_MS
    if (this.#counted.has(stray.id)) return this.#book.drop(kept)
    const verdict = await this.#judge(stray)
    if (verdict.kind === 'nothing') {
      const isOld = this.#ports.clock.nowMs() - kept.keptAtMs >= PAUSE_MAX_MS
      const isOpen = isMessage(stray) && this.#isAccusable(stray, this.#ports.tip())
      // What the disk could not be asked now it can be asked later.
      if (!kept.isProved || !isOpen || isOld) this.#book.drop(kept)
    }
    if (verdict.kind === 'nothing' || verdict.kind === 'early') return
    if (!kept.isVerified && !isGenuine(stray, this.#options.networkTag))
      return this.#book.drop(kept)
    this.#book.prove(kept)
    if (verdict.kind === 'soon') kept.nextLookMs = kept.notBeforeMs
    if (verdict.kind === 'proof') await this.#file(kept, verdict.proof)
    if (verdict.kind !== 'too-old') return
    this.#book.drop(kept)
    this.#ports.onTooOld(stray.body.deviceId)
  }

  #judge(stray: Stray): Promise<StrayVerdict> {
    const { tip, archive, clock } = this.#ports
    const nowMs = clock.nowMs()
    const others = this.#book
      .of(stray.body.deviceId)
      .filter(({ isProved, keptAtMs }) => isProved && nowMs - keptAtMs >= PAIR_MS)
    const strays = others.map((other) => other.stray)
    return judgeStray(stray, strays, { tip, archive, chains: this.#chains })
  }

  #isAccusable(stray: Stray, version: LedgerVersion): boolean {
    try {
      return accusable(stray, version) !== undefined
    } catch (error) {
      if (error instanceof DamagedRecord) return false
      throw error
    }
  }

  /** Hands evidence in, unless the ledger has no more use for it; until it counts it is handed in again. */
  async #file(kept: KeptStray, { kind, wire }: Proof): Promise<void> {
    const { tip, isCurrent, submit, clock, log, count } = this.#ports
    const { networkTag, carrierId } = this.#options
    const version = tip()
    const decoded = decodeTransaction(wire, networkTag)
    invariant(decoded.ok, 'evidence is well formed')
    const block = { timeMs: version.timeMs + 1, networkTag, carrierId }
    const { outcome, code } = forecastTransaction(version, decoded.value, block)
    if (outcome === 'refused' && SETTLED.includes(code ?? '')) return this.#book.drop(kept)
    if (outcome === 'refused' || !isCurrent()) return
    const deviceId = toHex(kept.stray.body.deviceId)
    kept.nextLookMs = clock.nowMs() + Math.min(PAUSE_MS * 2 ** kept.filings, PAUSE_MAX_MS)
    kept.filings++
    await this.#book.written()
    const submission = await submit(wire)
    const isSettled = submission.kind === 'refused' && SETTLED.includes(submission.code)
    if (submission.kind !== 'taken' && !isSettled)
      log.warn(`${kind} was not taken`, { deviceId, submission })
    if (submission.kind !== 'taken' || kept.filings > 1) return
    log.warn('a key of a device is in other hands: evidence is filed', { kind, deviceId })
    count('thingmoot_evidence_filed_total', kind, 1)
  }
}
