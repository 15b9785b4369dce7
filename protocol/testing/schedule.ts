/**
 * A schedule: what shall run at which virtual time, earliest first, else in order of entry.
 *
 * @module
 */

/** One thing to run. */
export interface Scheduled {
  readonly atMs: number
  readonly order: number
  readonly run: () => void
}

/** A binary heap of things to run. */
export class Schedule {
  readonly #heap: Scheduled[] = []
  #order = 0

  /** Enters one; the answer is a number that no other entry has. */
  enter(atMs: number, run: () => void): number {
    const order = this.#order++
    this.#heap.push({ atMs, order, run })
    this.#rise(this.#heap.length - 1)
    return order
  }

  /** Takes the earliest out, if it is due by `endMs`. */
  takeNext(endMs: number): Scheduled | undefined {
    const [first] = this.#heap
    if (first === undefined || first.atMs > endMs) return undefined
    const last = this.#heap.pop() as Scheduled
    if (this.#heap.length > 0) {
      this.#heap[0] = last
      this.#sink()
    }
    return first
  }

  #rise(entered: number): void {
    let child = entered
    while (child > 0) {
      const parent = (child - 1) >> 1
      if (!this.#isEarlier(child, parent)) return
      this.#swap(child, parent)
      child = parent
    }
  }

  #sink(): void {
    let parent = 0
    for (;;) {
      const least = this.#earliestOf(parent)
      if (least === parent) return
      this.#swap(parent, least)
      parent = least
    }
  }

  #earliestOf(parent: number): number {
    let least = parent
    for (const child of [2 * parent + 1, 2 * parent + 2])
      if (this.#isEarlier(child, least)) least = child
    return least
  }

  #isEarlier(one: number, other: number): boolean {
    const a = this.#heap[one]
    const b = this.#heap[other]
    if (a === undefined || b === undefined) return false
    return a.atMs === b.atMs ? a.order < b.order : a.atMs < b.atMs
  }

  #swap(one: number, other: number): void {
    const held = this.#heap[one] as Scheduled
    this.#heap[one] = this.#heap[other] as Scheduled
    this.#heap[other] = held
  }
}
