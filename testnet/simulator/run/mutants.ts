/**
 * Mutants: wrong lines that the simulator must notice, each with how it is looked for.
 *
 * @module
 */

import type { Mutation } from './variant.ts'

/** One mutant. */
export interface Mutant extends Mutation {
  readonly name: string
  /** How it must be caught; the first way that catches it is enough. */
  readonly hunt: {
    /** Scenarios by their names, tried first: one whose output differs has caught it. */
    readonly scenarios?: readonly string[]
    /** Files of `testnet/scenarios/`, tried next. */
    readonly plans?: readonly string[]
    /** So many seeds at most, from the first on. */
    readonly seedsMax: number
    readonly seconds: number
    /** Where the seeds begin. */
    readonly from?: number
  }
}

/** All mutants. */
export const MUTANTS: readonly Mutant[] = [
  {
    name: 'quorum minus one',
    file: 'protocol/membership/electorate.js',
    find: 'return Math.floor(part) + 1;',
    replace: 'return Math.floor(part);',
    hunt: { seedsMax: 500, seconds: 60 }
  },
  {
    name: 'finalise after nullify',
    file: 'protocol/consensus/voting-rule.js',
    find: 'view <= state.finalView || isNullified || finalise !== null',
    replace: 'view <= state.finalView || finalise !== null',
    hunt: { seedsMax: 500, seconds: 60 }
  }
]
