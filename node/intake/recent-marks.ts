/**
 * Recent marks: a number for each of the names that were marked last.
 *
 * @module
 */

/** Remembers as many names as its bound, and forgets the one marked longest ago first. */
export class RecentMarks {
  readonly #max: number
  readonly #marks = new Map<string, number>()

  constructor(max: number) {
    this.#max = max
  }

  /** The mark of a name; 0 for one that is not known. */
  get(name: string): number {
    return this.#marks.get(name) ?? 0
  }

  /** Marks a name. */
  set(name: string, mark: number): void {
    this.#marks.delete(name)
    this.#marks.set(name, mark)
    if (this.#marks.size <= this.#max) return
    const eldest = this.#marks.keys().next()
    if (eldest.done !== true) this.#marks.delete(eldest.value)
  }
}
