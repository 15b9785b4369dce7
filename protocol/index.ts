/**
 * The room's only door: names, no logic.
 *
 * @module
 */

export { InvariantError, invariant } from './foundation/invariant.ts'
