/**
 * Sinks: the far end of a listener's connection, with a bounded queue before it.
 *
 * What a connection has not taken yet is counted. A full queue is given a while to move; a listener
 * who takes nothing in that time is too slow, and his connection is closed.
 *
 * @module
 */

import type { Cancel, Clock } from '../../clock.ts'

/** Events that may wait in one connection. */
const QUEUE_EVENTS_MAX = 256
/** Bytes that may wait in one connection. */
const QUEUE_BYTES_MAX = 262_144
/** How long a full queue may stand still. */
export const STALL_MAX_MS = 10_000

/** What a sink needs of others. */
export interface SinkPorts {
  /** Hands text to the connection; `onTaken` is called when it has left, or cannot leave any more. */
  readonly write: (text: string, onTaken: () => void) => void
  readonly clock: Pick<Clock, 'later'>
  readonly stallMaxMs: number
}

/** The queue of one connection. */
export class EventSink {
  readonly #ports: SinkPorts
  readonly #waiting = new Set<() => void>()
  #events = 0
  #bytes = 0
  #isOpen = true

  constructor(ports: SinkPorts) {
    this.#ports = ports
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  /** What has not left yet, in events. */
  get queued(): number {
    return this.#events
  }

  /** Whether what is sent now need not wait for what was sent before. */
  get hasRoom(): boolean {
    return this.#isOpen && this.#hasRoom()
  }

  /** Sends; nothing is refused here, whoever sends much asks for room before. */
  send(text: string): void {
    if (!this.#isOpen) return
    const size = Buffer.byteLength(text)
    this.#events++
    this.#bytes += size
    this.#ports.write(text, () => {
      this.#events--
      this.#bytes -= size
      if (this.#hasRoom()) this.#wake()
    })
  }

  /** Waits for room; false when the connection is closed, or stood still for too long. */
  whenRoom(): Promise<boolean> {
    if (!this.#isOpen || this.#hasRoom()) return Promise.resolve(this.#isOpen)
    const { clock, stallMaxMs } = this.#ports
    return new Promise((resolve) => {
      let cancel: Cancel = () => undefined
      const finish = (): void => {
        cancel()
        this.#waiting.delete(finish)
        resolve(this.#isOpen && this.#hasRoom())
      }
      this.#waiting.add(finish)
      cancel = clock.later(stallMaxMs, finish)
    })
  }

  /** The connection is gone: nothing is sent any more, and nobody waits for it. */
  close(): void {
    this.#isOpen = false
    this.#wake()
  }

  #hasRoom(): boolean {
    return this.#events < QUEUE_EVENTS_MAX && this.#bytes < QUEUE_BYTES_MAX
  }

  #wake(): void {
    for (const finish of [...this.#waiting]) finish()
  }
}
