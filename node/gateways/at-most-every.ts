/**
 * Work that anybody may ask for, done at most so often: at once, or once the time is up, and then for
 * all who asked meanwhile.
 *
 * @module
 */

/** Asks for the work. */
export interface PacedWork {
  readonly ask: () => void
  /** What is still to come is not done. */
  readonly stop: () => void
}

/** Paces work. */
export function atMostEvery(everyMs: number, work: () => void, nowMs: () => number): PacedWork {
  let lastMs = Number.NEGATIVE_INFINITY
  let timer: NodeJS.Timeout | undefined
  const run = (): void => {
    timer = undefined
    lastMs = nowMs()
    work()
  }
  return {
    ask: () => {
      if (timer !== undefined) return
      const restMs = lastMs + everyMs - nowMs()
      if (restMs <= 0) run()
      else timer = setTimeout(run, restMs).unref()
    },
    stop: () => clearTimeout(timer)
  }
}
