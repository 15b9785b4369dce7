/**
 * The scrub: reads the whole ledger again and again, slowly, and has cured what is not as it was written.
 *
 * Damage that nobody reads lies in wait: for the node that restarts, for the
 * peer that asks. So it is looked for while there are others to mend it from.
 *
 * @module
 */

import { type Cancel, type Clock, sleep } from '../clock.ts'
import type { NodeError } from '../errors.ts'
import type { Logger } from '../logger.ts'
import { type TableReport, tableDamaged } from '../storage/level-table-check.ts'
import type { CurePorts } from './cure-ports.ts'
import { scrubChain } from './scrub-chain.ts'
import { scrubLeaves, scrubValues } from './scrub-state.ts'
import { ScrubStopped, type ScrubWalk } from './scrub-walk.ts'

/** How fast the scrub reads. */
export interface ScrubOptions {
  /** Zero: not at all. */
  readonly bytesPerSecond: number
}

/** What the scrub needs from others. */
export interface ScrubPorts
  extends Pick<
    CurePorts,
    'database' | 'networkTag' | 'tip' | 'floor' | 'baseHeight' | 'packedLeaf' | 'betweenCommits'
  > {
  readonly clock: Clock
  /** Looks at the database's files themselves, where it has any. */
  readonly checkTables?: (onRead: (bytes: number) => Promise<void>) => AsyncIterable<TableReport>
  /** A record is damaged: its key as it was found. */
  readonly report: (key: Uint8Array) => void
  /** Something is damaged that no record can be written for. */
  readonly onTrouble: (error: NodeError) => void
  readonly log: Pick<Logger, 'debug' | 'warn'>
  readonly count: (name: string, label: string, amount: number) => void
  readonly onFailure: (error: unknown) => void
}

const START_PAUSE_MS = 3_000
const PASS_PAUSE_MS = 600_000
/** Read in one go before the pace is kept. */
const STRIDE_BYTES = 64 * 1024
const SECOND_MS = 1_000

/** Scrubs one ledger. */
export class Scrub {
  readonly #bytesPerSecond: number
  readonly #ports: ScrubPorts
  #cancel: Cancel = () => undefined
  #isStopped = false
  #underWay: Promise<void> = Promise.resolve()
  #unpacedBytes = 0
  #scrubbedAtMs: number | null = null
  #missingValues = 0

  constructor({ bytesPerSecond }: ScrubOptions, ports: ScrubPorts) {
    this.#bytesPerSecond = bytesPerSecond
    this.#ports = ports
  }

  /** When the last whole pass ended, by the wall's clock; null before the first. */
  get scrubbedAtMs(): number | null {
    return this.#scrubbedAtMs
  }

  /** Values of the state that the last pass missed and could not name. */
  get missingValues(): number {
    return this.#missingValues
  }

  /** Begins the first pass soon. */
  start(): void {
    if (this.#bytesPerSecond > 0) this.#passLater(START_PAUSE_MS)
  }

  /** Resolves when nothing is read any more. */
  async stop(): Promise<void> {
    this.#isStopped = true
    this.#cancel()
    await this.#underWay
  }

  /** Looks at everything once. */
  async pass(): Promise<void> {
    const walk: ScrubWalk = { ...this.#ports, pace: (bytes) => this.#pace(bytes) }
    await this.#lookAtTables()
    this.#missingValues = await scrubValues(walk)
    if (this.#missingValues > 0)
      this.#ports.log.warn('values of the state are missing; each is mended once it is asked for', {
        values: this.#missingValues
      })
    await scrubLeaves(walk)
    await scrubChain(walk)
    this.#scrubbedAtMs = this.#ports.clock.timeMs()
    this.#ports.log.debug('ledger scrubbed', { height: this.#ports.tip().height })
  }

  #passLater(pauseMs: number): void {
    this.#cancel = this.#ports.clock.later(pauseMs, () => {
      this.#underWay = this.pass().then(
        () => this.#passLater(PASS_PAUSE_MS),
        (error: unknown) => {
          if (!(error instanceof ScrubStopped)) this.#ports.onFailure(error)
        }
      )
    })
  }

  async #lookAtTables(): Promise<void> {
    const { checkTables, onTrouble } = this.#ports
    for await (const { troubles } of checkTables?.((bytes) => this.#pace(bytes)) ?? []) {
      const unreadable = troubles.find(({ kind }) => kind === 'frame')
      if (unreadable !== undefined) onTrouble(tableDamaged(unreadable))
    }
  }

  /** Waits as long as so many bytes take at the pace that is set. */
  async #pace(bytes: number): Promise<void> {
    if (this.#isStopped) throw new ScrubStopped()
    this.#ports.count('thingmoot_storage_scrubbed_bytes_total', 'ledger', bytes)
    this.#unpacedBytes += bytes
    if (this.#unpacedBytes < STRIDE_BYTES || this.#bytesPerSecond === 0) return
    const pauseMs = (this.#unpacedBytes / this.#bytesPerSecond) * SECOND_MS
    this.#unpacedBytes = 0
    await sleep(this.#ports.clock, pauseMs)
    if (this.#isStopped) throw new ScrubStopped()
  }
}
