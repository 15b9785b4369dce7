/**
 * A log file that never grows past a bound: when it is full it becomes the old one, of which one
 * is kept.
 *
 * @module
 */

import { createWriteStream, fstatSync, openSync, renameSync, type WriteStream } from 'node:fs'
import { NodeError } from '../../node/errors.ts'

const LOG_SIZE_MAX_BYTES = 8 * 1024 * 1024
// Lines that wait for a slow disk; beyond that they are dropped and counted.
const WAITING_MAX_BYTES = 4 * 1024 * 1024

/** Where the log is and how large it may become. */
export interface LineLogOptions {
  readonly path: string
  readonly sizeMaxBytes?: number
}

/** What a log needs from outside. */
export interface LineLogPorts {
  /** The log could not be written; the process it belongs to goes on. */
  readonly onTrouble: (error: NodeError) => void
}

/** Where the full log before the current one is kept. */
export function oldLogPath(path: string): string {
  return `${path}.old`
}

/** An open log. */
export class LineLog {
  readonly #path: string
  readonly #sizeMaxBytes: number
  readonly #ports: LineLogPorts
  #stream: WriteStream
  #sizeBytes: number
  #droppedLines = 0

  /** @throws {@link NodeError} DISK_WRITE_FAILED when the file cannot be opened */
  constructor(options: LineLogOptions, ports: LineLogPorts) {
    this.#path = options.path
    this.#sizeMaxBytes = options.sizeMaxBytes ?? LOG_SIZE_MAX_BYTES
    this.#ports = ports
    const { stream, sizeBytes } = this.#open()
    this.#stream = stream
    this.#sizeBytes = sizeBytes
  }

  /** Adds one line. */
  append(line: string): void {
    // After a failed rotation, of which onTrouble was told, the log is over.
    if (this.#stream.writableEnded) return
    if (this.#stream.writableLength > WAITING_MAX_BYTES) {
      this.#droppedLines++
      return
    }
    const dropped = this.#droppedLines
    this.#droppedLines = 0
    const note = dropped === 0 ? '' : `(${dropped} lines were dropped here)\n`
    const text = `${note}${line}\n`
    const textBytes = Buffer.byteLength(text)
    if (this.#sizeBytes > 0 && this.#sizeBytes + textBytes > this.#sizeMaxBytes) this.#rotate()
    this.#sizeBytes += textBytes
    this.#stream.write(text)
  }

  /** Resolves when all lines are written. */
  async close(): Promise<void> {
    const stream = this.#stream
    if (stream.closed) return
    await new Promise<void>((resolve) => {
      stream.once('close', () => resolve())
      stream.end()
    })
  }

  #rotate(): void {
    // Lines still waiting reach the old file by its descriptor, which the new name does not move.
    this.#stream.end()
    try {
      renameSync(this.#path, oldLogPath(this.#path))
      const { stream, sizeBytes } = this.#open()
      this.#stream = stream
      this.#sizeBytes = sizeBytes
    } catch (cause) {
      this.#ports.onTrouble(troubleOf(this.#path, cause))
    }
  }

  #open(): { stream: WriteStream; sizeBytes: number } {
    try {
      const file = openSync(this.#path, 'a', 0o600)
      const stream = createWriteStream(this.#path, { fd: file })
      stream.on('error', (cause) => this.#ports.onTrouble(troubleOf(this.#path, cause)))
      return { stream, sizeBytes: fstatSync(file).size }
    } catch (cause) {
      throw troubleOf(this.#path, cause)
    }
  }
}

function troubleOf(path: string, cause: unknown): NodeError {
  if (cause instanceof NodeError) return cause
  return new NodeError('DISK_WRITE_FAILED', `cannot write the log ${path}`, { cause })
}
