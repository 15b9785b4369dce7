/**
 * Progress of catching up: how far, how fast, and how long it will take.
 *
 * @module
 */

import type { Clock } from '../clock.ts'

/** How far a node that is behind has come. */
export type SyncProgress =
  | {
      readonly kind: 'blocks'
      /** The height that is reached, and the one to reach. */
      readonly done: number
      readonly total: number
      readonly blocksPerSecond: number
      /** Null as long as nothing can be said. */
      readonly leftMs: number | null
    }
  | {
      readonly kind: 'snapshot'
      /** Bytes that are here, and bytes in all. */
      readonly done: number
      readonly total: number
      readonly bytesPerSecond: number
      readonly leftMs: number | null
    }

/** What progress needs from others. */
export interface SyncProgressPorts {
  readonly clock: Pick<Clock, 'nowMs'>
  readonly log: (message: string, fields: Readonly<Record<string, unknown>>) => void
}

/** The rate is that of this span. */
const WINDOW_MS = 10_000
const SAMPLE_EVERY_MS = 250
const LOG_EVERY_MS = 5_000

interface Sample {
  readonly atMs: number
  readonly done: number
}

/** Watches one way of catching up at a time. */
export class SyncMeter {
  readonly #ports: SyncProgressPorts
  #kind: SyncProgress['kind'] | undefined
  #done = 0
  #total = 0
  #samples: Sample[] = []
  #loggedMs = Number.NEGATIVE_INFINITY

  constructor(ports: SyncProgressPorts) {
    this.#ports = ports
  }

  /** Hears how far it is. */
  note(kind: SyncProgress['kind'], done: number, total: number): void {
    const nowMs = this.#ports.clock.nowMs()
    if (kind !== this.#kind || done < this.#done) this.#samples = []
    this.#kind = kind
    this.#done = done
    this.#total = total
    const last = this.#samples.at(-1)
    if (last === undefined || nowMs - last.atMs >= SAMPLE_EVERY_MS)
      this.#samples.push({ atMs: nowMs, done })
    while ((this.#samples[0]?.atMs ?? nowMs) < nowMs - WINDOW_MS) this.#samples.shift()
    if (nowMs - this.#loggedMs < LOG_EVERY_MS) return
    this.#loggedMs = nowMs
    const progress = this.progress()
    if (progress !== null) this.#ports.log('catching up', { ...progress })
  }

  /** There is nothing to catch up with. */
  end(): void {
    this.#kind = undefined
    this.#samples = []
  }

  /** How far it is; null when this node is not behind. */
  progress(): SyncProgress | null {
    if (this.#kind === undefined) return null
    const [first] = this.#samples
    const tookMs = first === undefined ? 0 : this.#ports.clock.nowMs() - first.atMs
    const perSecond =
      first === undefined || tookMs <= 0 ? 0 : (1000 * (this.#done - first.done)) / tookMs
    const left = Math.max(0, this.#total - this.#done)
    const leftMs = perSecond > 0 ? Math.round((1000 * left) / perSecond) : null
    const rate = Math.round(10 * perSecond) / 10
    const common = { done: this.#done, total: this.#total, leftMs }
    return this.#kind === 'blocks'
      ? { kind: 'blocks', ...common, blocksPerSecond: rate }
      : { kind: 'snapshot', ...common, bytesPerSecond: rate }
  }
}

/** What a node that is behind says of it. */
export function describeSync(sync: SyncProgress): string {
  const left = sync.leftMs === null ? '' : `, ${describeLeft(sync.leftMs)} left`
  if (sync.kind === 'blocks') {
    const rate = sync.blocksPerSecond > 0 ? `, ${grouped(sync.blocksPerSecond)} blocks/s` : ''
    return `Catching up: block ${grouped(sync.done)} of ${grouped(sync.total)}${rate}${left}.`
  }
  const percent = sync.total === 0 ? 0 : Math.floor((100 * sync.done) / sync.total)
  const rate = sync.bytesPerSecond > 0 ? `, ${describeBytes(sync.bytesPerSecond)}/s` : ''
  return `Catching up by snapshot: ${percent} %${rate}${left}.`
}

const SECOND_MS = 1000
const MINUTE_S = 60
const HOUR_S = 3600

function describeLeft(leftMs: number): string {
  const seconds = Math.ceil(leftMs / SECOND_MS)
  if (seconds < 2 * MINUTE_S) return `about ${seconds} s`
  if (seconds < 2 * HOUR_S) return `about ${Math.round(seconds / MINUTE_S)} min`
  return `about ${Math.round(seconds / HOUR_S)} h`
}

function describeBytes(bytes: number): string {
  if (bytes >= 1e6) return `${Math.round(bytes / 1e6)} MB`
  return `${Math.round(bytes / 1e3)} kB`
}

/** Digits in groups of three, the same in every locale. */
function grouped(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ',')
}
