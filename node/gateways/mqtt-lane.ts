/**
 * An MQTT client's lane: its messages are judged side by side and answered in order.
 *
 * MQTT wants acknowledgements in the order of the messages; the ledger batches
 * what it is given together. So a few begin at once, and each answer waits for
 * the one before.
 *
 * @see MQTT 5.0 §4.6
 * @module
 */

/** The lane of one client. */
export interface Lane {
  /**
   * Begins work once there is room, and settles it once all before it are settled.
   *
   * @returns false when too many wait already; nothing was begun then
   */
  readonly run: <T>(work: () => Promise<T>, settle: (result: T) => void) => boolean
}

/** Opens the lane of a client. `fail` hears of work that threw, which is a bug. */
export function createLane(
  limits: { readonly runningMax: number; readonly waitingMax: number },
  fail: (error: unknown) => void
): Lane {
  const waiting: (() => void)[] = []
  let running = 0
  let tail: Promise<void> = Promise.resolve()

  const begin = async <T>(work: () => Promise<T>): Promise<T> => {
    if (running >= limits.runningMax)
      await new Promise<void>((resolve) => {
        waiting.push(resolve)
      })
    else running++
    try {
      return await work()
    } finally {
      // The place passes straight to the next one, so nobody slips in between.
      const next = waiting.shift()
      if (next === undefined) running--
      else next()
    }
  }
  return {
    run: (work, settle) => {
      if (waiting.length >= limits.waitingMax) return false
      const result = begin(work)
      tail = Promise.all([result, tail])
        .then(([value]) => settle(value))
        .catch(fail)
      return true
    }
  }
}
