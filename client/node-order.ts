/**
 * The order in which nodes are asked: as a list has it, or the nearest first.
 *
 * @module
 */

/** Who is asked, and in which order. */
export interface NodeOrder {
  /** Base URLs of all nodes, the first to be asked first. */
  readonly inTurn: () => readonly string[]
  /** A node answered for itself. */
  readonly answered: (url: string) => void
  /** A node was silent, or had trouble of its own. */
  readonly failed: (url: string) => void
}

/** A list from which whoever answered last is asked first. */
export function createListOrder(urls: readonly string[]): NodeOrder {
  let preferred = 0
  return {
    inTurn: () => [...urls.slice(preferred), ...urls.slice(0, preferred)],
    answered: (url) => {
      preferred = Math.max(0, urls.indexOf(url))
    },
    failed: () => undefined
  }
}
