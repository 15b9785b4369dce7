/**
 * Waits: requests that hold on until the ledger has come far enough.
 *
 * They are counted, because a caller who hangs up leaves his wait behind, and
 * they all end when the node shuts down.
 *
 * @module
 */

/** The requests that wait now. */
export interface Waits {
  /**
   * Waits for a promise, or for the node's shutdown, in which case the answer is null.
   *
   * @returns undefined when too many wait already; `begin` was not called then
   */
  readonly hold: <T>(begin: () => Promise<T>) => Promise<T | null | undefined>
  /** Ends all waits, present and to come. */
  readonly end: () => void
}

/** Opens the count of waits. */
export function createWaits(waitsMax: number): Waits {
  const endings = new Set<() => void>()
  let isEnded = false
  return {
    hold: async <T>(begin: () => Promise<T>): Promise<T | null | undefined> => {
      if (isEnded) return null
      if (endings.size >= waitsMax) return undefined
      let end: () => void = () => undefined
      // An own promise for each wait: racing against one shared promise would pile up reactions on it.
      const ended = new Promise<null>((resolve) => {
        end = () => resolve(null)
      })
      endings.add(end)
      try {
        return await Promise.race([begin(), ended])
      } finally {
        endings.delete(end)
      }
    },
    end: () => {
      isEnded = true
      for (const end of endings) end()
    }
  }
}
