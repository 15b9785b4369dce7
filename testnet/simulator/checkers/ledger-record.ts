/**
 * The record of the ledger: what stood in each final block, kept when nodes have long forgotten it.
 *
 * I7 device sequences, over everything that was ever final: each transaction counts once, and what a
 * device says rises.
 *
 * @module
 */

import { toHex } from '../../../protocol/index.ts'
import type { SimNode } from '../world/sim-node.ts'
import type { World } from '../world/world.ts'
import type { AgreementChecker } from './agreement.ts'
import { type Checker, expectKept } from './checker.ts'

/** A transaction that counts. */
interface Counted {
  readonly id: string
  /** Who said it as the how-manieth; null for what no device said. */
  readonly said: { readonly device: string; readonly sequence: number } | null
}

/** Writes down what honest nodes have, as soon as one has it. */
export class LedgerRecord implements Checker {
  readonly #agreement: AgreementChecker
  readonly #blocks = new Map<number, readonly Counted[]>()
  /** By transaction id, the height at which it counts. */
  readonly #heights = new Map<string, number>()
  /** Heights that no honest node could be asked about yet: who began at a snapshot has no blocks below. */
  readonly #missing = new Set<number>()
  #height = 0

  constructor(agreement: AgreementChecker) {
    this.#agreement = agreement
  }

  /** The height at which a transaction counts; undefined where it is not known to. */
  heightOf(id: string): number | undefined {
    return this.#heights.get(id)
  }

  afterEvent(world: World): void {
    while (this.#height < this.#agreement.height) this.#missing.add(++this.#height)
    for (const height of this.#missing) {
      const counted = readAt(world, height)
      if (counted === undefined) continue
      this.#missing.delete(height)
      this.#blocks.set(height, counted)
      for (const { id } of counted) this.#write(id, height)
    }
  }

  atEnd(): void {
    const last = new Map<string, number>()
    for (let height = 1; height <= this.#height; height++)
      for (const { said } of this.#blocks.get(height) ?? []) {
        if (said === null) continue
        const { device, sequence } = said
        const before = last.get(device) ?? 0
        expectKept(
          'I7',
          sequence > before,
          () => `height ${height}: a device says ${sequence} after ${before}`
        )
        last.set(device, sequence)
      }
  }

  #write(id: string, height: number): void {
    const before = this.#heights.get(id)
    expectKept(
      'I7',
      before === undefined,
      () => `${id.slice(0, 8)} counts at ${before} and at ${height}`
    )
    this.#heights.set(id, height)
  }
}

/** What counts in a block, as any honest node has it. */
function readAt(world: World, height: number): readonly Counted[] | undefined {
  for (const node of world.nodes) {
    const counted = node.isHonest ? readOf(world, node, height) : undefined
    if (counted !== undefined) return counted
  }
  return undefined
}

function readOf(world: World, { replica }: SimNode, height: number): Counted[] | undefined {
  if (replica === null || replica.keeper.tip.height < height) return undefined
  const stored = world.read(() => replica.archive.block(height))
  const transactions = stored && world.read(() => replica.archive.transactionsOf(stored))
  if (stored === undefined || transactions === undefined || transactions === null) return undefined
  return transactions.flatMap(({ id, body }, place): Counted[] => {
    const outcome = stored.outcomes[place]?.outcome
    if (outcome !== 'applied' && outcome !== 'void') return []
    const said =
      body.kind === 'device-message'
        ? { device: toHex(body.deviceId), sequence: body.sequence }
        : null
    return [{ id: toHex(id), said }]
  })
}
