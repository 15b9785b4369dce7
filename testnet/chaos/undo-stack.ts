/**
 * The undo stack: what must not outlive a row, undone last first, whatever else fails.
 *
 * @module
 */

/** One thing to undo. It may be called when there is nothing left to undo. */
export interface Undo {
  readonly what: string
  readonly run: () => Promise<void> | void
}

const UNDO_MAX_MS = 40_000

/** Collects and undoes. */
export class UndoStack {
  readonly #undos: Undo[] = []
  readonly #note: (line: string) => void
  #running: Promise<void> | undefined

  /** @param note - hears of what could not be undone */
  constructor(note: (line: string) => void) {
    this.#note = note
  }

  /** Remembers one thing. */
  push(undo: Undo): void {
    this.#undos.push(undo)
  }

  /** Undoes everything; who calls while that is under way waits for the same end. */
  run(): Promise<void> {
    this.#running ??= this.#runAll().finally(() => {
      this.#running = undefined
    })
    return this.#running
  }

  async #runAll(): Promise<void> {
    for (let undo = this.#undos.pop(); undo !== undefined; undo = this.#undos.pop()) {
      try {
        await inTime(undo)
      } catch (error) {
        this.#note(`not undone: ${undo.what}: ${error instanceof Error ? error.message : error}`)
      }
    }
  }
}

async function inTime({ run }: Undo): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`took over ${UNDO_MAX_MS} ms`)), UNDO_MAX_MS)
  })
  try {
    await Promise.race([run(), late])
  } finally {
    clearTimeout(timer)
  }
}
