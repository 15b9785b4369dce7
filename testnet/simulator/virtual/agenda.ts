/**
 * The agenda: what shall happen at which virtual time, earliest first, else in order of entry.
 *
 * @module
 */

/** One thing that shall happen. */
export interface Entry {
  readonly atMs: number
  readonly order: number
  readonly run: () => void
  isCancelled: boolean
}

/** A binary heap of things that shall happen. */
export class Agenda {
  readonly #heap: Entry[] = []
  #order = 0

  /** How many wait. */
  get length(): number {
    return this.#heap.length
  }

  /** Enters one. Cancelled ones stay in their place and are passed over. */
  enter(atMs: number, run: () => void): Entry {
    const entry: Entry = { atMs, order: this.#order++, run, isCancelled: false }
    this.#heap.push(entry)
    this.#rise(this.#heap.length - 1)
    return entry
  }

  /** Takes the earliest out, if it is due by `endMs`. */
  takeNext(endMs: number): Entry | undefined {
    for (;;) {
      const [first] = this.#heap
      if (first === undefined || first.atMs > endMs) return undefined
      const last = this.#heap.pop() as Entry
      if (this.#heap.length > 0) {
        this.#heap[0] = last
        this.#sink()
      }
      if (!first.isCancelled) return first
    }
  }

  #rise(entered: number): void {
    let child = entered
    const entry = this.#heap[child] as Entry
    while (child > 0) {
      const parent = (child - 1) >> 1
      const above = this.#heap[parent] as Entry
      if (!isEarlier(entry, above)) break
      this.#heap[child] = above
      child = parent
    }
    this.#heap[child] = entry
  }

  #sink(): void {
    const { length } = this.#heap
    const entry = this.#heap[0] as Entry
    let parent = 0
    for (;;) {
      let child = 2 * parent + 1
      if (child >= length) break
      const right = this.#heap[child + 1]
      if (right !== undefined && isEarlier(right, this.#heap[child] as Entry)) child++
      const below = this.#heap[child] as Entry
      if (!isEarlier(below, entry)) break
      this.#heap[parent] = below
      parent = child
    }
    this.#heap[parent] = entry
  }
}

function isEarlier(a: Entry, b: Entry): boolean {
  return a.atMs === b.atMs ? a.order < b.order : a.atMs < b.atMs
}
