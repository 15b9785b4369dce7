/**
 * What refounding changes in the state: who is seated, and that nothing is being decided any more.
 *
 * Devices, owners and makers are left exactly as they were.
 *
 * @see SPEC.md §7.6 Refounding
 * @module
 */

import { toHex } from '../foundation/bytes.ts'
import { invariant } from '../foundation/invariant.ts'
import type { Electorate } from '../membership/electorate.ts'
import type { RefoundedPlace } from '../refounding/refounded.ts'
import { unseat } from './governance/apply-seal.ts'
import { awakeMsAt } from './governance/awake-time.ts'
import { lapsableWeightOf } from './governance/next-epoch.ts'
import { readGovernance } from './governance/trust.ts'
import type { LedgerWriter } from './ledger-view.ts'
import { NETWORK_KEY, networkTable, recentBlockKey, recentBlocks } from './records/chain-record.ts'
import {
  electorates,
  epochKey,
  governanceTable,
  SINGLE_KEY,
  voteKeys
} from './records/governance-record.ts'
import { MEMBER_STATUS, members } from './records/member-record.ts'
import { MOTION_STATUS, motions } from './records/motion-record.ts'

/** A survivor with its fresh keys. */
interface Refounder {
  readonly memberId: Uint8Array
  readonly voteKey: Uint8Array
  readonly nextVoteKeyHash: Uint8Array
  readonly weight: number
}

/** Writes the state of a refounded network's first block over that of the block it stands on. */
export function writeRefoundedState(
  state: LedgerWriter,
  refounding: {
    readonly members: readonly Refounder[]
    readonly electorate: Electorate
    readonly place: RefoundedPlace
    readonly timeMs: number
  }
): void {
  const { electorate, place, timeMs } = refounding
  const awakeMs = writeBase(state, place, electorate)
  const governance = readGovernance(state)
  for (const memberId of governance.seats)
    if (!electorate.indexOf.has(toHex(memberId))) unseat(state, memberId)
  for (const refounder of refounding.members) seat(state, refounder, awakeMs)
  for (const motionId of [
    ...governance.openMotions,
    ...governance.openApplications,
    ...governance.carried
  ])
    lapse(state, motionId, timeMs)
  state.write(electorates, epochKey(electorate.epoch), {
    electorateBytes: electorate.encoded,
    sinceMs: timeMs,
    sinceHeight: place.base.height + 1
  })
  state.write(governanceTable, SINGLE_KEY, {
    // Whoever was proved to lie is removed in the new network all the same.
    ...governance,
    epoch: electorate.epoch,
    seats: electorate.seats.map(({ memberId }) => memberId),
    openMotions: [],
    openApplications: [],
    carried: [],
    lapsedWeight: 0,
    lapsableWeight: lapsableWeightOf(electorate)
  })
}

/**
 * The block that is stood on becomes an anchor like any other: no device has to take a new one. Where
 * it sealed a change of parameters or of the fault model, that is undone: the survivors' epoch is the
 * one before.
 */
function writeBase(
  state: LedgerWriter,
  { base, baseId }: RefoundedPlace,
  { faultModel, parameters }: Electorate
): number {
  const network = state.read(networkTable, NETWORK_KEY)
  invariant(network !== undefined, 'genesis wrote the record of the network')
  const { height, timeMs } = base
  const awakeMs = awakeMsAt(state, { height, timeMs })
  const key = recentBlockKey(height, network.parameters.anchorWindowBlocks)
  state.write(recentBlocks, key, { height, blockId: baseId, timeMs, awakeMs })
  state.write(networkTable, NETWORK_KEY, {
    ...network,
    faultModel: faultModel === 'byzantine' ? 0 : 1,
    parameters: { ...network.parameters, ...parameters }
  })
  return awakeMs
}

function seat(
  state: LedgerWriter,
  { memberId, voteKey, nextVoteKeyHash, weight }: Refounder,
  awakeMs: number
): void {
  const member = state.read(members, memberId)
  invariant(member !== undefined, 'who closed was seated')
  state.write(voteKeys, voteKey, { memberId })
  state.write(members, memberId, {
    ...member,
    voteKey,
    nextVoteKeyHash,
    weight,
    status: MEMBER_STATUS.seated,
    ready: null,
    leaving: 0,
    renewedAtAwakeMs: awakeMs
  })
}

function lapse(state: LedgerWriter, motionId: Uint8Array, timeMs: number): void {
  const motion = state.read(motions, motionId)
  if (motion === undefined) return
  state.write(motions, motionId, { ...motion, status: MOTION_STATUS.lapsed, settledAtMs: timeMs })
}
