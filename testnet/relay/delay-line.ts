/**
 * A delay line: carries bytes from one socket to another, late and in order.
 *
 * Whatever happens to the source (bytes, its end, its failure) enters one queue and leaves it at
 * its due time, so the far side sees the same story, only later. One timer waits for the front of
 * the queue. A full queue stops reading from the source, which is how TCP tells a sender to wait.
 *
 * @module
 */

import type { Socket } from 'node:net'
import { breakSocket } from './break-socket.ts'
import type { LinkConditions } from './link-conditions.ts'

// More than a gigabit link of 30 ms or a 150 Mbit/s link of 200 ms holds in flight.
const HELD_MAX_BYTES = 4 * 1024 * 1024
const HELD_RESUME_BYTES = HELD_MAX_BYTES / 2
// What a queued chunk costs beside its bytes, so that one-byte chunks fill the bound as well.
const CHUNK_OVERHEAD_BYTES = 256
// Timers above 2^31 ms fire at once; a longer wait is simply armed again.
const TIMER_MAX_MS = 60_000

type Item = { readonly arrivedMs: number; dueMs: number } & (
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'end' }
  | { readonly kind: 'failure' }
)

/** What a delay line needs from outside. */
export interface DelayLinePorts {
  /** The conditions that hold now. */
  readonly conditions: () => LinkConditions
  /** A number from 0 up to 1. */
  readonly random: () => number
  /** Milliseconds that only ever grow. */
  readonly nowMs: () => number
  /** A chunk has left the line, this much after its due time. */
  readonly onCarried: (sizeBytes: number, latenessMs: number) => void
}

/** Carries one direction of one connection. */
export class DelayLine {
  readonly #source: Socket
  readonly #sink: Socket
  readonly #ports: DelayLinePorts
  #items: Item[] = []
  #head = 0
  #heldBytes = 0
  #lastDueMs = 0
  #wireFreeMs = 0
  #timer: NodeJS.Timeout | undefined
  #sinkFull = false

  constructor(source: Socket, sink: Socket, ports: DelayLinePorts) {
    this.#source = source
    this.#sink = sink
    this.#ports = ports
    source.on('data', (bytes) => this.#onBytes(bytes))
    source.on('end', () => this.#push({ kind: 'end', arrivedMs: ports.nowMs(), dueMs: 0 }))
    source.on('error', () => this.#push({ kind: 'failure', arrivedMs: ports.nowMs(), dueMs: 0 }))
    sink.on('drain', () => {
      this.#sinkFull = false
      this.#flush()
    })
    sink.on('close', () => this.#discard())
  }

  /** Takes up changed conditions, for bytes that are already held too. */
  refresh(): void {
    this.#lastDueMs = 0
    this.#wireFreeMs = 0
    for (let index = this.#head; index < this.#items.length; index++)
      this.#schedule(this.#items[index] as Item)
    this.#flush()
  }

  #onBytes(bytes: Uint8Array): void {
    if (this.#sink.destroyed) return
    const { resetProbability } = this.#ports.conditions()
    if (resetProbability > 0 && this.#ports.random() < resetProbability) {
      breakSocket(this.#source)
      breakSocket(this.#sink)
      return
    }
    this.#heldBytes += bytes.length + CHUNK_OVERHEAD_BYTES
    if (this.#heldBytes >= HELD_MAX_BYTES) this.#source.pause()
    this.#push({ kind: 'bytes', bytes, arrivedMs: this.#ports.nowMs(), dueMs: 0 })
  }

  #push(item: Item): void {
    if (this.#sink.destroyed) return
    this.#schedule(item)
    this.#items.push(item)
    if (this.#timer === undefined) this.#flush()
  }

  #schedule(item: Item): void {
    const { delayMs, jitterMs, rateBytesPerSecond } = this.#ports.conditions()
    const sizeBytes = item.kind === 'bytes' ? item.bytes.length : 0
    this.#wireFreeMs =
      Math.max(item.arrivedMs, this.#wireFreeMs) + (1000 * sizeBytes) / rateBytesPerSecond
    const jitteredMs = jitterMs === 0 ? 0 : jitterMs * this.#ports.random()
    this.#lastDueMs = Math.max(this.#lastDueMs, this.#wireFreeMs + delayMs + jitteredMs)
    item.dueMs = this.#lastDueMs
  }

  #flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#sinkFull || this.#sink.destroyed || this.#ports.conditions().stalled) return
    const nowMs = this.#ports.nowMs()
    // Corked, all that is due leaves in one system call.
    this.#sink.cork()
    while (!this.#sinkFull && (this.#items[this.#head]?.dueMs ?? Number.POSITIVE_INFINITY) <= nowMs)
      this.#release(this.#items[this.#head++] as Item, nowMs)
    this.#sink.uncork()
    this.#compact()
    if (this.#heldBytes < HELD_RESUME_BYTES && this.#source.isPaused()) this.#source.resume()
    this.#arm(nowMs)
  }

  #release(item: Item, nowMs: number): void {
    if (item.kind === 'end') this.#sink.end()
    if (item.kind === 'failure') breakSocket(this.#sink)
    if (item.kind !== 'bytes') return
    this.#heldBytes -= item.bytes.length + CHUNK_OVERHEAD_BYTES
    this.#ports.onCarried(item.bytes.length, nowMs - item.dueMs)
    this.#sinkFull = !this.#sink.write(item.bytes)
  }

  #arm(nowMs: number): void {
    const next = this.#items[this.#head]
    if (next === undefined || this.#sinkFull) return
    const waitMs = Math.min(Math.ceil(next.dueMs - nowMs), TIMER_MAX_MS)
    this.#timer = setTimeout(() => this.#flush(), waitMs)
  }

  #compact(): void {
    if (this.#head === this.#items.length) {
      this.#items = []
      this.#head = 0
    } else if (this.#head >= 1024) {
      this.#items = this.#items.slice(this.#head)
      this.#head = 0
    }
  }

  #discard(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#items = []
    this.#head = 0
    this.#heldBytes = 0
    // Nobody is left to read these bytes; the source learns of it by its own sink.
    if (!this.#source.destroyed) this.#source.resume()
  }
}
