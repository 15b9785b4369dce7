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

/** What a terminal needs of the process. */
export interface TerminalPorts extends OutputPorts {
  /** The width of the window, if there is one. */
  readonly columns: () => number | undefined
}

const COLUMNS_DEFAULT = 80

/** Speaks for one run. */
export class Terminal {
  readonly paint: Paint
  /** Whether somebody watches who wants to see a line change. */
  readonly isLive: boolean
  readonly #ports: TerminalPorts
  readonly #isJson: boolean
  #hasLiveLine = false

  constructor({ isJson, isHeadless }: TerminalOptions, ports: TerminalPorts) {
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
    // A line that wraps could not be drawn over.
    const width = (this.#ports.columns() ?? COLUMNS_DEFAULT) - 1
    const fitting = line.length > width ? `${line.slice(0, width - 1)}…` : line
    this.#ports.stdout.write(`\r\u001b[K${fitting}`)
    this.#hasLiveLine = true
  }

  /** The answer of the run, as the last line. */
  answer(value: unknown): void {
    this.#ports.stdout.write(`${JSON.stringify(value)}\n`)
  }
}
