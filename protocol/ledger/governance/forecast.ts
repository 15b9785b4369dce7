/**
 * What if: what a motion would make of the electorate if it were carried out by itself now.
 *
 * @see SPEC.md §7.5 Guards
 * @module
 */

import { equalBytes } from '../../foundation/bytes.ts'
import type { Roster } from '../../membership/guards.ts'
import type { Motion } from '../../transactions/motion.ts'
import { isModelNeeded } from '../../transactions/trust-policy.ts'
import type { LedgerReader } from '../ledger-view.ts'
import { BIRTH_BATCH_STATUS, birthBatches } from '../records/birth-batch-record.ts'
import { NETWORK_KEY, type NetworkRecord, networkTable } from '../records/chain-record.ts'
import { applications } from '../records/motion-record.ts'
import { vendors } from '../records/vendor-record.ts'
import { type MotionFault, stepDraft } from './draft-epoch.ts'
import { overdueMembers, presentRoster } from './next-epoch.ts'
import { readGovernance } from './trust.ts'
import { judgeTrustChain } from './trust-chain.ts'

/** Why a motion cannot be put as things stand. */
export type ForecastFault =
  | MotionFault
  | 'APPLICATION_UNKNOWN'
  | 'ACTIVATION_PAST'
  | 'VENDOR_UNKNOWN'
  | 'BIRTH_BATCH_UNKNOWN'
  | 'VENDOR_UNANCHORED'

/** What a motion would lead to. */
export interface MotionForecast {
  readonly before: Roster
  /** The roster with it carried out; the one before where it changes none or is forbidden. */
  readonly after: Roster
  /** Why it cannot be carried out as things stand; null when it can. */
  readonly fault: ForecastFault | null
}

/** Carries a motion out in thought. */
export function forecastMotion(
  state: LedgerReader,
  motion: Motion,
  { timeMs, height }: { readonly timeMs: number; readonly height: number }
): MotionForecast {
  const governance = readGovernance(state)
  const network = state.read(networkTable, NETWORK_KEY) as NetworkRecord
  const before = presentRoster(state, governance, network)
  const judged = { before, after: before }
  const fault = judgeAlone(state, motion, { network, timeMs, height })
  if (fault !== undefined) return { ...judged, fault }
  if (motion.type === 'upgrade' || motion.type.startsWith('vendor-'))
    return { ...judged, fault: null }
  const overdue = overdueMembers(state, {
    roster: before,
    network,
    governance,
    block: { height, timeMs }
  })
  const draft = { roster: before, network, renewByMs: null }
  const stepped = stepDraft(draft, motion, { state, before, overdue })
  // An applicant gets ready after it was admitted: that alone forbids nothing.
  if (stepped === 'NOT_READY') return { ...judged, fault: null }
  return typeof stepped === 'string'
    ? { ...judged, fault: stepped }
    : { before, after: stepped.roster, fault: null }
}

/** What can be said of a motion without any electorate. */
function judgeAlone(
  state: LedgerReader,
  motion: Motion,
  {
    network,
    timeMs,
    height
  }: { readonly network: NetworkRecord; readonly timeMs: number; readonly height: number }
): ForecastFault | undefined {
  switch (motion.type) {
    case 'admit':
      return isApplicationOpen(state, motion.applicationId) ? undefined : 'APPLICATION_UNKNOWN'
    case 'upgrade':
      if (motion.protocolVersion <= network.protocolVersion) return 'NOTHING_CHANGES'
      return motion.activationHeight > height ? undefined : 'ACTIVATION_PAST'
    case 'vendor-admit': {
      const { vendorId, proofs } = motion
      if (!isModelNeeded(network.vendorTrust, 'anchored')) return undefined
      const { roots } = network.vendorTrust
      return judgeTrustChain(proofs, { vendorId, roots, timeMs }).ok
        ? undefined
        : 'VENDOR_UNANCHORED'
    }
    case 'vendor-remove':
      return state.read(vendors, motion.vendorId)?.removed === 0 ? undefined : 'VENDOR_UNKNOWN'
    case 'birth-revoke':
      return judgeBirthRevoke(state, motion.birthBatchId)
    default:
      return undefined
  }
}

function judgeBirthRevoke(
  state: LedgerReader,
  birthBatchId: Uint8Array
): ForecastFault | undefined {
  const birthBatch = state.read(birthBatches, birthBatchId)
  if (birthBatch === undefined) return 'BIRTH_BATCH_UNKNOWN'
  return birthBatch.status === BIRTH_BATCH_STATUS.revoked ? 'NOTHING_CHANGES' : undefined
}

function isApplicationOpen(state: LedgerReader, applicationId: Uint8Array): boolean {
  if (state.read(applications, applicationId) === undefined) return false
  return readGovernance(state).openApplications.some((id) => equalBytes(id, applicationId))
}
