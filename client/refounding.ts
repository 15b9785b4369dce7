/**
 * Following a refounding: what a client that trusts one network can prove of another that says it
 * goes on from it.
 *
 * Nothing here follows by itself. A client shows who founded the new network, with what weight and
 * with which warnings, and trusts it when a person says so.
 *
 * @see ../protocol/SPEC.md §7.6 Refounding
 * @module
 */

import {
  acceptAs,
  equalBytes,
  type Genesis,
  judgeRefoundedGenesis,
  type RefoundedGenesisFault,
  type RefoundingWarning,
  reject,
  type Seat,
  type Verdict
} from '../protocol/index.ts'
import { type EpochFault, type LedgerFollower, trustGenesis } from './ledger-follower.ts'

/** A new network, founded by survivors of the one that is trusted. */
export interface ProvedRefounding {
  readonly networkId: string
  /** Who signed, as they were seated in the network that is trusted. */
  readonly signers: readonly Seat[]
  readonly signedWeight: number
  readonly totalWeight: number
  readonly warnings: readonly RefoundingWarning[]
  /** The height that the new network goes on from. */
  readonly baseHeight: number
  /** Trusts the new network from its first block on. To be called when a person said so. */
  readonly follow: (keptMax?: number) => LedgerFollower
}

/** Why a genesis is not that of a network founded from the one that is trusted. */
export type RefoundingProofFault =
  | RefoundedGenesisFault
  | EpochFault
  | 'REFOUNDING_OF_OTHER_NETWORK'
  /** Those who signed were not the members of that epoch. */
  | 'REFOUNDING_ELECTORATE_WRONG'

/**
 * Judges the genesis of a network that says it goes on from the one that is trusted.
 *
 * @param trusted - has followed the old network's seals as far as they lead
 * @param genesis - from anybody
 */
export function proveRefounding(
  trusted: Pick<LedgerFollower, 'networkTag' | 'electorateOf'>,
  genesis: Genesis
): Verdict<RefoundingProofFault, ProvedRefounding> {
  const judged = judgeRefoundedGenesis(genesis)
  if (!judged.ok) return judged
  const { plan, base, closed } = judged.value
  if (!equalBytes(closed.networkTag, trusted.networkTag))
    return reject('REFOUNDING_OF_OTHER_NETWORK')
  const electorate = trusted.electorateOf(closed.electorate.epoch)
  if (!electorate.ok) return electorate
  if (!equalBytes(electorate.value.hash, closed.electorate.hash))
    return reject('REFOUNDING_ELECTORATE_WRONG')
  return acceptAs({
    networkId: plan.networkId,
    signers: plan.signers,
    signedWeight: plan.signedWeight,
    totalWeight: plan.totalWeight,
    warnings: plan.warnings,
    baseHeight: base.height,
    follow: (keptMax) => trustGenesis(genesis, keptMax)
  })
}
