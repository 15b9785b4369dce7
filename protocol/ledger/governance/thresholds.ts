/**
 * Thresholds: how much yes carries a motion.
 *
 * The weight is that of the present electorate, counted anew at each ballot.
 *
 * @see SPEC.md §5.4 Motions
 * @module
 */

import { equalBytes } from '../../foundation/bytes.ts'
import { quorumWeightOf } from '../../membership/electorate.ts'
import type { TrustPolicy } from '../../transactions/trust-policy.ts'
import type { LedgerReader } from '../ledger-view.ts'
import type { Parameters } from '../parameters.ts'
import { NETWORK_KEY, type NetworkRecord, networkTable } from '../records/chain-record.ts'
import { applications, type MotionRecord } from '../records/motion-record.ts'
import { faultModelOf } from './draft-epoch.ts'
import { isTrusted, rootUse, seatedWeight, yesWeight } from './trust.ts'
import { judgeTrustChain } from './trust-chain.ts'

/** What a threshold is counted by. */
export interface ThresholdWorld {
  readonly state: LedgerReader
  readonly parameters: Parameters
  readonly timeMs: number
}

/** The weight of yes that carries a motion; null where it is a matter of the trust model. */
export function yesNeeded(record: MotionRecord, { state }: ThresholdWorld): number | null {
  const total = seatedWeight(state)
  const { motion } = record
  switch (motion.type) {
    case 'admit':
    case 'vendor-admit':
      return null
    case 'remove':
      return quorumWeightOf(faultModelOf(readNetwork(state)), total)
    case 'change-trust-model':
      return Math.ceil((3 * total) / 4)
    case 'change-fault-model':
      return motion.faultModel === 'crash' ? Math.ceil((3 * total) / 4) : Math.ceil((2 * total) / 3)
    default:
      return Math.ceil((2 * total) / 3)
  }
}

/** Whether a motion is carried by its ballots as they stand. */
export function isMotionCarried(record: MotionRecord, world: ThresholdWorld): boolean {
  const needed = yesNeeded(record, world)
  if (needed !== null) return yesWeight(record.ballots, world.state) >= needed
  return isTrustMet(record, world)
}

function isTrustMet({ motion, ballots }: MotionRecord, world: ThresholdWorld): boolean {
  const { state, timeMs } = world
  const { trust, vendorTrust } = readNetwork(state)
  if (motion.type === 'admit') {
    const application = state.read(applications, motion.applicationId)
    if (application === undefined) return false
    const trustRoot = rootWithRoom(trust, application.trustRoot, state)
    return isTrusted(trust, { ballots, trustRoot, applicantId: application.apply.memberId }, world)
  }
  if (motion.type !== 'vendor-admit') return false
  const { vendorId, proofs } = motion
  const chain = judgeTrustChain(proofs, { vendorId, roots: vendorTrust.roots, timeMs })
  const trustRoot = chain.ok ? chain.value.key : null
  return isTrusted(vendorTrust, { ballots, trustRoot, applicantId: null }, world)
}

/** A root may have gone, or others may have taken its places, since somebody applied. */
function rootWithRoom(
  { roots }: TrustPolicy,
  trustRoot: Uint8Array | null,
  state: LedgerReader
): Uint8Array | null {
  const root = roots.find(({ key }) => trustRoot !== null && equalBytes(key, trustRoot))
  return root !== undefined && rootUse(state, root.key) < root.quota ? root.key : null
}

function readNetwork(state: LedgerReader): NetworkRecord {
  return state.read(networkTable, NETWORK_KEY) as NetworkRecord
}
