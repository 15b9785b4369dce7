/**
 * The control file: numbered lines that are written and never synced.
 *
 * What a power cut takes of it shows that the cut is one.
 *
 * @module
 */

import { closeSync, existsSync, openSync, readFileSync, writeSync } from 'node:fs'

const WRITE_EVERY_MS = 5

/** A control file that is being written. */
export class ControlFile {
  readonly #file: number
  readonly #timer: NodeJS.Timeout
  #writtenCount = 0

  /** Begins to write to a file, anew. */
  constructor(path: string) {
    this.#file = openSync(path, 'w', 0o600)
    this.#timer = setInterval(() => this.#write(), WRITE_EVERY_MS)
    this.#timer.unref()
  }

  /** Lines written so far. */
  get writtenCount(): number {
    return this.#writtenCount
  }

  /** Ends the writing. */
  close(): void {
    clearInterval(this.#timer)
    closeSync(this.#file)
  }

  #write(): void {
    writeSync(this.#file, `${++this.#writtenCount}\n`)
  }

  /** How many whole lines in a row a control file has kept. */
  static countKept(path: string): number {
    if (!existsSync(path)) return 0
    const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1)
    const firstWrong = lines.findIndex((line, index) => line !== `${index + 1}`)
    return firstWrong < 0 ? lines.length : firstWrong
  }
}
