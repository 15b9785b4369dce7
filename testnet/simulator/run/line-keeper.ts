/**
 * The last lines of a transcript: so many of each node, in the order in which they came.
 *
 * @module
 */

import { printLine, type TranscriptLine } from './transcript.ts'

interface Kept {
  readonly order: number
  readonly node: number | null
  readonly text: string
}

/** Keeps the last lines of each node, and of the world. */
export class LineKeeper {
  readonly #linesMax: number
  readonly #kept = new Map<number | null, Kept[]>()
  #order = 0

  constructor(linesMax: number) {
    this.#linesMax = linesMax
  }

  /** All that are kept. */
  get lines(): readonly { readonly node: number | null; readonly text: string }[] {
    return [...this.#kept.values()]
      .flatMap((kept) => kept.slice(-this.#linesMax))
      .sort((a, b) => a.order - b.order)
      .map(({ node, text }) => ({ node, text }))
  }

  /** Keeps one more. */
  keep(line: TranscriptLine): void {
    const kept = this.#kept.get(line.node) ?? []
    this.#kept.set(line.node, kept)
    kept.push({ order: this.#order++, node: line.node, text: printLine(line) })
    // Cutting seldom keeps this cheap.
    if (kept.length >= 2 * this.#linesMax) kept.splice(0, kept.length - this.#linesMax)
  }
}
