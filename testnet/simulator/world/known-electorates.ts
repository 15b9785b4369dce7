/**
 * Known electorates: who is seated in each epoch, as honest nodes found it on their ledgers.
 *
 * @module
 */

import type { Electorate } from '../../../protocol/index.ts'
import type { SimNode } from './sim-node.ts'

/** Keeps what some node has known: nodes forget. */
export class KnownElectorates {
  readonly #known = new Map<number, Electorate>()
  readonly #read: <Value>(look: () => Value) => Value | undefined

  /** @param read - reads from a node, whose disk may be damaged */
  constructor(read: <Value>(look: () => Value) => Value | undefined) {
    this.#read = read
  }

  /** The electorate of an epoch; undefined where no honest node has come to it. */
  find(epoch: number, nodes: readonly SimNode[]): Electorate | undefined {
    const known = this.#known.get(epoch)
    if (known !== undefined) return known
    for (const { isHonest, replica } of nodes) {
      const found = isHonest ? this.#read(() => replica?.keeper.electorateOf(epoch)) : undefined
      if (found === undefined) continue
      this.#known.set(epoch, found)
      return found
    }
    return undefined
  }
}
