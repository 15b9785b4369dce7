/**
 * FrameReader: one incoming stream, message by message, at the pace of its handler.
 *
 * The handler gets one message at a time. What arrives meanwhile waits here up
 * to a bound; beyond it the stream is paused and its sender's window runs dry.
 * A message that does not end in time ends the stream.
 *
 * @module
 */

import type { Stream, StreamMessageEvent } from '@libp2p/interface'
import { FrameDecoder, type FrameFault } from './frame.ts'

/** The bounds of one reader. */
export interface FrameReaderOptions {
  readonly messageMaxBytes: number
  readonly backlogMaxBytes: number
  /** How long one message may take to arrive. */
  readonly messageMaxMs: number
}

/** Whom a reader serves. */
export interface FrameReaderPorts {
  readonly now: () => number
  readonly onMessage: (message: Uint8Array<ArrayBuffer>) => void | Promise<void>
  readonly onFault: (fault: FrameFault | 'too-slow') => void
}

/** Reads one stream until it ends. */
export class FrameReader {
  readonly #stream: Stream
  readonly #options: FrameReaderOptions
  readonly #ports: FrameReaderPorts
  readonly #decoder: FrameDecoder
  readonly #backlog: Uint8Array<ArrayBuffer>[] = []
  #backlogBytes = 0
  #messageSinceMs = 0
  #isHandling = false
  #isPaused = false
  #isResuming = false
  #hasFailed = false

  constructor(stream: Stream, options: FrameReaderOptions, ports: FrameReaderPorts) {
    this.#stream = stream
    this.#options = options
    this.#ports = ports
    this.#decoder = new FrameDecoder(options.messageMaxBytes, (message) => {
      this.#backlog.push(message)
      this.#backlogBytes += message.length
    })
    stream.addEventListener('message', (event: StreamMessageEvent) => this.#onChunk(event))
  }

  /** Ends the stream if a message has been on its way for too long. */
  sweep(): void {
    if (this.#hasFailed || this.#messageSinceMs === 0 || this.#isPaused) return
    if (this.#ports.now() - this.#messageSinceMs > this.#options.messageMaxMs)
      this.#fail('too-slow')
  }

  #onChunk(event: StreamMessageEvent): void {
    if (this.#hasFailed) return
    const before = this.#backlog.length
    const fault = this.#decoder.push(event.data)
    if (!this.#decoder.isWithinMessage) this.#messageSinceMs = 0
    else if (this.#messageSinceMs === 0 || this.#backlog.length > before) {
      this.#messageSinceMs = this.#ports.now()
    }
    if (!this.#isHandling) this.#handleBacklog()
    if (fault !== undefined) this.#fail(fault)
    else this.#pauseOrResume()
  }

  #handleBacklog(): void {
    this.#isHandling = true
    let handled = 0
    for (let message = this.#backlog[0]; message !== undefined; message = this.#backlog[handled]) {
      handled += 1
      this.#backlogBytes -= message.length
      const outcome = this.#ports.onMessage(message)
      if (outcome !== undefined) {
        this.#backlog.splice(0, handled)
        // A handler that fails is our own bug: its rejection is left to end the process.
        void outcome.then(() => {
          this.#handleBacklog()
          this.#pauseOrResume()
        })
        return
      }
    }
    this.#backlog.splice(0, handled)
    this.#isHandling = false
  }

  #pauseOrResume(): void {
    if (this.#isResuming || this.#hasFailed) return
    if (this.#isPaused && this.#backlogBytes <= this.#options.backlogMaxBytes / 2) this.#resume()
    if (!this.#isPaused && this.#backlogBytes > this.#options.backlogMaxBytes && this.#isOpen()) {
      this.#isPaused = true
      this.#stream.pause()
    }
  }

  /**
   * The stream hands over what it has held before it opens its window again. Were it paused
   * from within, the window would open all the same and its buffer overflow.
   */
  #resume(): void {
    this.#isPaused = false
    if (!this.#isOpen()) return
    this.#isResuming = true
    this.#stream.resume()
    this.#isResuming = false
  }

  #isOpen(): boolean {
    const { readStatus } = this.#stream
    return readStatus !== 'closing' && readStatus !== 'closed'
  }

  #fail(fault: FrameFault | 'too-slow'): void {
    this.#hasFailed = true
    this.#stream.abort(new Error(`stream refused: ${fault}`))
    this.#ports.onFault(fault)
  }
}
