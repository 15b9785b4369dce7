/**
 * The cure desk: damaged records are reported here, cured one after the other, and waited for.
 *
 * What cannot be cured now is tried again with growing pauses: another peer may
 * come. When so much is damaged that the disk itself must be doubted, the node
 * stops instead.
 *
 * @module
 */

import type { Cancel, Clock } from '../clock.ts'
import { NodeError } from '../errors.ts'
import { readLedgerKey } from '../ledger/keyspace.ts'
import type { Logger } from '../logger.ts'

/** What became of a damaged record. */
export type CureOutcome =
  /** It was written anew. */
  | 'cured'
  /** Nothing stands there that anybody needs: it was taken away. */
  | 'dropped'
  /** It is as it must be: somebody else has written it meanwhile. */
  | 'whole'
  /** Nobody could help now. */
  | 'unobtainable'
  /** Nobody could help, and those who matter have something newer in its place. */
  | 'outdated'

/** How many records are damaged and how many were mended since the start. */
export interface CureCounts {
  /** Found, and not cured yet. */
  readonly damagedRecords: number
  readonly repairedRecords: number
}

/** What the desk needs from others. */
export interface CureDeskPorts {
  readonly clock: Pick<Clock, 'later' | 'nowMs'>
  readonly cure: (key: Uint8Array) => Promise<CureOutcome>
  readonly log: Pick<Logger, 'warn' | 'info'>
  readonly count: (name: string, label: string, amount: number) => void
  /** So much is damaged that this node cannot go on. */
  readonly onHopeless: (error: NodeError) => void
  readonly onFailure: (error: unknown) => void
}

interface Case {
  readonly key: Uint8Array
  dueMs: number
  pauseMs: number
  /** Times in a row that it was found to be outdated. */
  outdatedCount: number
  readonly waiting: Set<(isCured: boolean) => void>
}

const CASES_MAX = 4_096
/** So often outdated, and nobody is kept waiting for it: somebody as far behind would have been met. */
const OUTDATED_MAX = 4
const PAUSE_MIN_MS = 500
const PAUSE_MAX_MS = 60_000

/** Takes reports of damaged records and has them cured. */
export class CureDesk {
  readonly #path: string
  readonly #ports: CureDeskPorts
  readonly #cases = new Map<string, Case>()
  #repairedRecords = 0
  #isRunning = false
  #isAwaited = true
  #isStopped = false
  #cancel: Cancel = () => undefined
  #underWay: Promise<void> = Promise.resolve()

  constructor(options: { readonly path: string }, ports: CureDeskPorts) {
    this.#path = options.path
    this.#ports = ports
  }

  /** Records damaged now, and records mended since the start. */
  get counts(): CureCounts {
    return { damagedRecords: this.#cases.size, repairedRecords: this.#repairedRecords }
  }

  /** Takes the report of a damaged record; one that is being cured already is the same case. */
  report(key: Uint8Array): void {
    const name = nameOf(key)
    if (this.#isStopped || this.#cases.has(name)) return
    if (this.#cases.size >= CASES_MAX) {
      this.#ports.onHopeless(hopeless(this.#path))
      return
    }
    const { kind } = readLedgerKey(key)
    this.#ports.count('thingmoot_storage_damaged_total', kind, 1)
    this.#ports.log.warn('stored record damaged', { record: kind, key: name })
    const { clock } = this.#ports
    this.#cases.set(name, {
      key: key.slice(),
      dueMs: clock.nowMs(),
      pauseMs: PAUSE_MIN_MS,
      outdatedCount: 0,
      waiting: new Set()
    })
    this.#wake()
  }

  /**
   * Resolves with true once the record is cured, at once if it is no case; with false after the
   * time, or when to wait is of no use any more.
   */
  awaitCure(key: Uint8Array, timeoutMs: number): Promise<boolean> {
    const one = this.#cases.get(nameOf(key))
    if (one === undefined) return Promise.resolve(true)
    if (!this.#isAwaited) return Promise.resolve(false)
    one.dueMs = this.#ports.clock.nowMs()
    one.pauseMs = PAUSE_MIN_MS
    this.#wake()
    return new Promise((resolve) => {
      const settle = (isCured: boolean): void => {
        cancel()
        one.waiting.delete(settle)
        resolve(isCured)
      }
      const cancel = this.#ports.clock.later(timeoutMs, () => {
        one.waiting.delete(settle)
        resolve(false)
      })
      one.waiting.add(settle)
    })
  }

  /**
   * Lets go everybody who waits, and keeps nobody waiting from now on: a node that is to end must
   * not do so only when a record is cured that perhaps nobody can cure.
   */
  letGo(): void {
    this.#isAwaited = false
    for (const one of this.#cases.values()) settleAll(one, false)
  }

  /** Begins no further cure; resolves when the one under way has ended. */
  async stop(): Promise<void> {
    this.#isStopped = true
    this.#cancel()
    await this.#underWay
  }

  #wake(): void {
    if (this.#isRunning || this.#isStopped) return
    this.#cancel()
    this.#isRunning = true
    this.#underWay = this.#work()
      .catch(this.#ports.onFailure)
      .finally(() => {
        this.#isRunning = false
        this.#sleep()
      })
  }

  async #work(): Promise<void> {
    for (;;) {
      const nowMs = this.#ports.clock.nowMs()
      const due = [...this.#cases.values()].find(({ dueMs }) => dueMs <= nowMs)
      if (due === undefined || this.#isStopped) return
      await this.#treat(due)
    }
  }

  async #treat(one: Case): Promise<void> {
    const { cure, clock, log, count } = this.#ports
    const outcome = await cure(one.key)
    if (outcome === 'unobtainable' || outcome === 'outdated') {
      one.outdatedCount = outcome === 'outdated' ? one.outdatedCount + 1 : 0
      if (one.outdatedCount >= OUTDATED_MAX) settleAll(one, false)
      one.dueMs = clock.nowMs() + one.pauseMs
      one.pauseMs = Math.min(2 * one.pauseMs, PAUSE_MAX_MS)
      return
    }
    this.#cases.delete(nameOf(one.key))
    this.#repairedRecords++
    const { kind } = readLedgerKey(one.key)
    count('thingmoot_storage_repaired_total', kind, 1)
    log.info('stored record repaired', { record: kind, key: nameOf(one.key), outcome })
    settleAll(one, true)
  }

  #sleep(): void {
    if (this.#isStopped || this.#cases.size === 0) return
    const dueMs = Math.min(...[...this.#cases.values()].map((one) => one.dueMs))
    const pauseMs = Math.max(1, dueMs - this.#ports.clock.nowMs())
    this.#cancel = this.#ports.clock.later(pauseMs, () => this.#wake())
  }
}

function settleAll({ waiting }: Case, isCured: boolean): void {
  for (const settle of [...waiting]) settle(isCured)
}

function nameOf(key: Uint8Array): string {
  return Buffer.from(key).toString('hex')
}

function hopeless(path: string): NodeError {
  return new NodeError(
    'STORAGE_DAMAGED',
    `${path}: more than ${CASES_MAX} records are damaged at once; doubt the disk`
  )
}
