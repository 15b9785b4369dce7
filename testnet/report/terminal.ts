/**
 * The terminal: lines that stay, and one live line below them that is drawn over.
 *
 * With `--json` everything for people goes to stderr, so that stdout holds the answer alone.
 *
 * @module
 */

import picocolors from 'picocolors'
import { isColoured, type OutputPorts, type Paint } from '../../node/cli/output.ts'

/** How a run speaks. */
export interface TerminalOptions {
  readonly isJson: boolean
  readonly isHeadless: boolean
}

/** Speaks for one run. */
export class Terminal {
  readonly paint: Paint
  /** Whether somebody watches who wants to see a line change. */
  readonly isLive: boolean
  readonly #ports: OutputPorts
  readonly #isJson: boolean
  #hasLiveLine = false

  constructor({ isJson, isHeadless }: TerminalOptions, ports: OutputPorts) {
    this.#ports = ports
    this.#isJson = isJson
    const isWatched = !isHeadless && !isJson
    this.isLive = isWatched && ports.stdout.isTTY === true
    this.paint = picocolors.createColors(isWatched && isColoured(ports.stdout, ports.environment))
  }

  /** A line that stays. */
  say(line: string): void {
    const stream = this.#isJson ? this.#ports.stderr : this.#ports.stdout
    const clear = this.#hasLiveLine ? '\r\u001b[K' : ''
    this.#hasLiveLine = false
    stream.write(`${clear}${line}\n`)
  }

  /** A line that the next one takes the place of; where nobody watches, it stays. */
  show(line: string): void {
    if (!this.isLive) {
      this.say(line)
      return
    }
    this.#ports.stdout.write(`\r\u001b[K${line}`)
    this.#hasLiveLine = true
  }

  /** The answer of the run, as the last line. */
  answer(value: unknown): void {
    this.#ports.stdout.write(`${JSON.stringify(value)}\n`)
  }
}
