/**
 * The record of the ledger: what stood in each final block, kept when nodes have long forgotten it.
 *
 * I7 device sequences, over everything that was ever final: each transaction counts once, and what a
 * device says goes on from what it said.
 *
 * @module
 */

import { isCounting, type Outcome, type Transaction, toHex } from '../../../protocol/index.ts'
import type { SimNode } from '../world/sim-node.ts'
import type { World } from '../world/world.ts'
import type { AgreementChecker } from './agreement.ts'
import { type Checker, expectKept } from './checker.ts'
import { SaidChains } from './said-chains.ts'

/** A transaction of a final block, and what became of it there. */
export interface Counted {
  readonly transaction: Transaction
  readonly outcome: Outcome
}

/** What counts in a final block. */
export interface CountedBlock {
  readonly height: number
  readonly timeMs: number
  readonly counted: readonly Counted[]
  /** What became of everything that stands in it, by transaction id and name. */
  readonly outcomes: ReadonlySet<string>
}

/** Writes down what honest nodes have, as soon as one has it. */
export class LedgerRecord implements Checker {
  readonly #agreement: AgreementChecker
  readonly #blocks = new Map<number, CountedBlock>()
  /** By transaction id, where and how it counts. */
  readonly #places = new Map<string, { readonly height: number; readonly outcome: Outcome }>()
  /** Heights that no honest node could be asked about yet: who began at a snapshot has no blocks below. */
  readonly #missing = new Set<number>()
  #height = 0

  constructor(agreement: AgreementChecker) {
    this.#agreement = agreement
  }

  /** The height at which a transaction counts; undefined where it is not known to. */
  heightOf(id: string): number | undefined {
    return this.#places.get(id)?.height
  }

  /** What became of a transaction that counts. */
  outcomeOf(id: string): Outcome | undefined {
    return this.#places.get(id)?.outcome
  }

  /**
   * Whether a proof tells the truth of its block, be it that the transaction counts elsewhere; undefined
   * where nobody could be asked.
   */
  isTrueAt(height: number, id: string, { outcome }: Outcome): boolean | undefined {
    return this.#blocks.get(height)?.outcomes.has(entryOf(id, outcome))
  }

  /** What counts in the block of a height; undefined where nobody could be asked. */
  blockAt(height: number): CountedBlock | undefined {
    return this.#blocks.get(height)
  }

  /** Whether no block is missing. */
  get isWhole(): boolean {
    return this.#missing.size === 0
  }

  afterEvent(world: World): void {
    while (this.#height < this.#agreement.height) this.#missing.add(++this.#height)
    for (const height of this.#missing) {
      const block = readAt(world, height)
      if (block === undefined) continue
      this.#missing.delete(height)
      this.#blocks.set(height, block)
      for (const one of block.counted) this.#write(one, height)
    }
  }

  atEnd(world: World): void {
    const chains = new SaidChains(world.founding.networkTag)
    for (let height = 1; height <= this.#height; height++) {
      const block = this.#blocks.get(height)
      if (block === undefined) chains.breakOff()
      for (const { transaction } of block?.counted ?? []) {
        const complaint = chains.note(transaction.id, transaction.body)
        expectKept('I7', complaint === undefined, () => `height ${height}: ${complaint}`)
      }
    }
  }

  #write({ transaction, outcome }: Counted, height: number): void {
    const id = toHex(transaction.id)
    const before = this.#places.get(id)?.height
    expectKept(
      'I7',
      before === undefined,
      () => `${id.slice(0, 8)} counts at ${before} and at ${height}`
    )
    this.#places.set(id, { height, outcome })
  }
}

/** What counts in a block, as any honest node has it. */
function readAt(world: World, height: number): CountedBlock | undefined {
  for (const node of world.nodes) {
    const block = node.isHonest ? readOf(world, node, height) : undefined
    if (block !== undefined) return block
  }
  return undefined
}

function readOf(world: World, { replica }: SimNode, height: number): CountedBlock | undefined {
  if (replica === null || replica.keeper.tip.height < height) return undefined
  const stored = world.read(() => replica.archive.block(height))
  const transactions = stored && world.read(() => replica.archive.transactionsOf(stored))
  if (stored === undefined || transactions === undefined || transactions === null) return undefined
  const all = transactions.flatMap((transaction, place): Counted[] => {
    const outcome = stored.outcomes[place]
    return outcome === undefined ? [] : [{ transaction, outcome }]
  })
  return {
    height,
    timeMs: stored.block.header.timeMs,
    counted: all.filter(({ outcome }) => isCounting(outcome)),
    outcomes: new Set(all.map((one) => entryOf(toHex(one.transaction.id), one.outcome.outcome)))
  }
}

function entryOf(id: string, name: string): string {
  return `${id} ${name}`
}
