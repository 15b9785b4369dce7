/**
 * Whether guardians make sense: enough of them for what it takes, and a delay within bounds.
 *
 * @see SPEC.md §5.1 claim
 * @module
 */

import { GUARDIANS_MAX, type Guardians } from '../../transactions/guardians.ts'
import type { Parameters } from '../parameters.ts'

/** Judges guardians; none at all are in order too. */
export function areGuardiansValid(guardians: Guardians | null, parameters: Parameters): boolean {
  if (guardians === null) return true
  const { threshold, count, delayMs } = guardians
  const isThresholdValid = threshold >= 1 && threshold <= count && count <= GUARDIANS_MAX
  return (
    isThresholdValid &&
    delayMs >= parameters.guardianDelayMinMs &&
    delayMs <= parameters.guardianDelayMaxMs
  )
}
