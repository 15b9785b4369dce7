/**
 * Checkers: what must hold in every run, whatever goes wrong in it.
 *
 * @module
 */

import type { Observer } from '../world/observer.ts'
import type { World } from '../world/world.ts'

/** A promise that was broken. */
export class Violation extends Error {
  override readonly name = 'Violation'
  /** The invariant of the design: I1 to I13, L1 to L3. */
  readonly invariant: string

  constructor(invariant: string, message: string) {
    super(message)
    this.invariant = invariant
  }
}

/** Watches one run. Every method throws a {@link Violation} when a promise is broken. */
export interface Checker extends Observer {
  /** Called after every event. */
  readonly afterEvent?: (world: World) => void
  /** Called when the run is over. */
  readonly atEnd?: (world: World) => void
}

/** Throws unless a promise is kept. */
export function expectKept(invariant: string, isKept: boolean, message: () => string): void {
  if (!isKept) throw new Violation(invariant, message())
}
