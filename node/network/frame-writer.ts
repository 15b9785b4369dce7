/**
 * FrameWriter: what goes out to one member on one protocol, in order.
 *
 * Messages of one turn of the loop leave together in one write. The queue has a
 * bound in bytes, counted with what the stream itself still holds: who asks for
 * more is told no at once. The writer outlives its streams: when one breaks and
 * the peer is still there, what is queued goes out on the next.
 *
 * @module
 */

import type { Stream } from '@libp2p/interface'
import { prefixBytes, writePrefix } from './frame.ts'

const WRITE_MAX_BYTES = 128 * 1024
const CLOSE_MAX_MS = 2_000

/** One outgoing queue and the stream that empties it. */
export class FrameWriter {
  readonly #queueMaxBytes: number
  #queue: Uint8Array[] = []
  #queuedBytes = 0
  #stream: Stream | undefined
  #isScheduled = false
  readonly #flushLater = (): void => {
    this.#isScheduled = false
    this.#flush()
  }

  constructor(queueMaxBytes: number) {
    this.#queueMaxBytes = queueMaxBytes
  }

  /** Bytes that have not left for the socket. */
  get waitingBytes(): number {
    return this.#queuedBytes + (this.#stream?.writeBufferLength ?? 0)
  }

  /** Whether there is a stream to write to. */
  get isAttached(): boolean {
    return this.#stream !== undefined
  }

  /**
   * Queues a message.
   *
   * @param message - left alone by its owner from now on
   * @returns false if the queue is full
   */
  send(message: Uint8Array): boolean {
    if (this.waitingBytes + message.length > this.#queueMaxBytes) return false
    this.#queue.push(message)
    this.#queuedBytes += message.length
    if (!this.#isScheduled && this.#stream !== undefined) {
      this.#isScheduled = true
      queueMicrotask(this.#flushLater)
    }
    return true
  }

  /** Writes to this stream from now on; one that was in use before is closed gently. */
  attach(stream: Stream): void {
    const before = this.#stream
    this.#stream = stream
    if (before !== undefined) closeGently(before)
    stream.addEventListener('drain', () => this.#flush())
    this.#flush()
  }

  /** The stream is gone; what is queued waits for the next. False if it was not in use. */
  detach(stream: Stream): boolean {
    if (this.#stream !== stream) return false
    this.#stream = undefined
    return true
  }

  /** Closes the stream for good. */
  stop(): void {
    const stream = this.#stream
    this.#stream = undefined
    if (stream !== undefined) closeGently(stream)
  }

  /** Forgets what is queued; returns how many messages that were. */
  clear(): number {
    const dropped = this.#queue.length
    this.#queue = []
    this.#queuedBytes = 0
    return dropped
  }

  #flush(): void {
    const stream = this.#stream
    if (stream === undefined || stream.writeStatus !== 'writable') return
    while (this.#queue.length > 0 && !stream.writableNeedsDrain) stream.send(this.#takeWrite())
  }

  #takeWrite(): Uint8Array {
    let count = 0
    let size = 0
    for (const message of this.#queue) {
      const framedBytes = prefixBytes(message.length) + message.length
      if (count > 0 && size + framedBytes > WRITE_MAX_BYTES) break
      size += framedBytes
      count += 1
    }
    const write = Buffer.allocUnsafeSlow(size)
    let at = 0
    for (const message of this.#queue.splice(0, count)) {
      at = writePrefix(write, at, message.length)
      write.set(message, at)
      at += message.length
      this.#queuedBytes -= message.length
    }
    return write
  }
}

function closeGently(stream: Stream): void {
  stream
    .close({ signal: AbortSignal.timeout(CLOSE_MAX_MS) })
    // A peer that does not take the rest in time loses it.
    .catch((error: Error) => stream.abort(error))
}
