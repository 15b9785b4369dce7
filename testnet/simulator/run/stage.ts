/**
 * The stage: workers of the program and of its variants, made when first needed and cleared at the end.
 *
 * @module
 */

import type { CryptoName } from './batch.ts'
import { createVariant, type Mutation, type Variant } from './variant.ts'
import { WorkerPool } from './worker-pool.ts'

/** Where it stands. */
export interface StageOptions {
  /** The folder that holds `dist/`. */
  readonly root: string
  readonly workers: number
}

/** Workers, and variants for them. */
export class Stage {
  readonly root: string
  readonly workers: number
  readonly #pools = new Map<CryptoName, WorkerPool>()
  readonly #variants = new Set<Variant>()

  constructor({ root, workers }: StageOptions) {
    this.root = root
    this.workers = workers
  }

  /** Workers with stand-in crypto, from a variant; or with real crypto, from the program as it is. */
  pool(crypto: CryptoName): WorkerPool {
    let pool = this.#pools.get(crypto)
    if (pool === undefined) {
      const folder = crypto === 'real' ? this.root : this.variant().folder
      pool = new WorkerPool({ folder, workers: this.workers })
      this.#pools.set(crypto, pool)
    }
    return pool
  }

  /** A variant with stand-in crypto. */
  variant(mutation?: Mutation): Variant {
    const variant = createVariant({
      root: this.root,
      crypto: 'stub',
      ...(mutation === undefined ? {} : { mutation })
    })
    this.#variants.add(variant)
    return variant
  }

  /** Ends all workers and takes all variants away. */
  clear(): void {
    for (const pool of this.#pools.values()) pool.close()
    for (const variant of this.#variants) variant.remove()
    this.#pools.clear()
    this.#variants.clear()
  }
}
