/**
 * Many rows to be read at once, from the first source that has them.
 *
 * Indices ascend in the list as in every source, so a source is searched in one pass: a version on
 * forty unfinalised ones costs forty short walks, not forty searches per row.
 *
 * @module
 */

/** Rows by strictly ascending index: where a version keeps what it changes. */
export interface SparseRows {
  readonly indices: Uint32Array
  readonly rows: Uint32Array
  readonly widthWords: number
}

/** The rows still to be read, and where each is to go. */
export class WantedRows {
  readonly #indices: Uint32Array
  readonly #words: Uint32Array
  #count = 0

  /** @param room - how many rows can be wanted at most */
  constructor(room: number) {
    this.#indices = new Uint32Array(room)
    this.#words = new Uint32Array(room)
  }

  /** Wants a row of an index above all before it, to be copied to word `targetWord`. */
  add(index: number, targetWord: number): void {
    this.#indices[this.#count] = index
    this.#words[this.#count] = targetWord
    this.#count++
  }

  /** Copies the rows that `source` has into `target`; the others stay wanted. */
  take({ indices, rows, widthWords }: SparseRows, target: Uint32Array): void {
    let kept = 0
    let position = 0
    for (let number = 0; number < this.#count; number++) {
      const index = this.#indices[number] as number
      const targetWord = this.#words[number] as number
      while (position < indices.length && (indices[position] as number) < index) position++
      if (position < indices.length && indices[position] === index) {
        const start = position * widthWords
        for (let word = 0; word < widthWords; word++)
          target[targetWord + word] = rows[start + word] as number
      } else {
        this.#indices[kept] = index
        this.#words[kept] = targetWord
        kept++
      }
    }
    this.#count = kept
  }

  /** Hands over all that is still wanted, which then no longer is. */
  drain(copy: (index: number, targetWord: number) => void): void {
    for (let number = 0; number < this.#count; number++)
      copy(this.#indices[number] as number, this.#words[number] as number)
    this.#count = 0
  }
}
