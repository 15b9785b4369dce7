/**
 * Sealing: what a sealing block writes, so that the state agrees with the electorate it names.
 *
 * @see SPEC.md §7.3 Epochs
 * @module
 */

import { compareBytes, equalBytes, toHex } from '../../foundation/bytes.ts'
import type { LedgerReader, LedgerWriter } from '../ledger-view.ts'
import { NETWORK_KEY, networkTable } from '../records/chain-record.ts'
import {
  electorates,
  epochKey,
  type GovernanceRecord,
  governanceTable,
  SINGLE_KEY
} from '../records/governance-record.ts'
import { MEMBER_STATUS, members } from '../records/member-record.ts'
import { MOTION_STATUS, motions } from '../records/motion-record.ts'
import { lapsableWeightOf, type NextEpoch } from './next-epoch.ts'
import { readGovernance } from './trust.ts'

/** Writes the epoch that a sealing block begins. */
export function applySeal(
  state: LedgerWriter,
  next: NextEpoch,
  { timeMs, height }: { readonly timeMs: number; readonly height: number }
): void {
  const governance = readGovernance(state)
  const { electorate } = next
  for (const memberId of governance.seats)
    if (!electorate.indexOf.has(toHex(memberId))) unseat(state, memberId)
  seatAll(state, next)
  for (const motionId of next.executed) {
    const motion = state.read(motions, motionId)
    if (motion !== undefined)
      state.write(motions, motionId, {
        ...motion,
        status: MOTION_STATUS.executed,
        settledAtMs: timeMs
      })
  }
  state.write(networkTable, NETWORK_KEY, next.network)
  state.write(electorates, epochKey(electorate.epoch), {
    electorateBytes: electorate.encoded,
    sinceMs: timeMs,
    sinceHeight: height
  })
  state.write(
    governanceTable,
    SINGLE_KEY,
    nextGovernance(governance, next, isByBallot(state, next))
  )
}

/** A member without a seat keeps its record: its sequence and what it once signed still count. */
export function unseat(state: LedgerWriter, memberId: Uint8Array): void {
  const member = state.read(members, memberId)
  if (member === undefined) return
  state.write(members, memberId, {
    ...member,
    status: MEMBER_STATUS.former,
    weight: 0,
    ready: null,
    leaving: 0,
    trustRoot: null
  })
  releaseVouchers(state, memberId, member.vouchers)
}

/** Those who certified somebody no longer answer for it. */
export function releaseVouchers(
  state: LedgerWriter,
  memberId: Uint8Array,
  vouchers: readonly Uint8Array[]
): void {
  for (const voucherId of vouchers) {
    const voucher = state.read(members, voucherId)
    if (voucher === undefined) continue
    const vouchees = voucher.vouchees.filter((id) => !equalBytes(id, memberId))
    state.write(members, voucherId, { ...voucher, vouchees })
  }
}

function seatAll(state: LedgerWriter, { electorate }: NextEpoch): void {
  for (const { memberId, weight, voteKey } of electorate.seats) {
    const member = state.read(members, memberId)
    if (member === undefined) continue
    const isNew = member.status !== MEMBER_STATUS.seated
    const { ready } = member
    if (!isNew && ready === null && member.weight === weight) continue
    state.write(members, memberId, {
      ...member,
      status: MEMBER_STATUS.seated,
      weight,
      voteKey,
      nextVoteKeyHash: ready?.nextVoteKeyHash ?? member.nextVoteKeyHash,
      ready: null,
      seatedSinceEpoch: isNew ? electorate.epoch : member.seatedSinceEpoch
    })
  }
}

/**
 * Only ballots make an electorate from which on the weight that may lapse is counted anew: what
 * certificates admit without any could else be used to let the honest lapse beyond it.
 */
function isByBallot(state: LedgerReader, { executed }: NextEpoch): boolean {
  return executed.some((id) => state.read(motions, id)?.ballots.some(({ choice }) => choice === 1))
}

function nextGovernance(
  governance: GovernanceRecord,
  next: NextEpoch,
  isCountedAnew: boolean
): GovernanceRecord {
  const { electorate, executed, removed } = next
  const isExecuted = (id: Uint8Array): boolean => executed.some((one) => equalBytes(one, id))
  return {
    ...governance,
    epoch: electorate.epoch,
    seats: electorate.seats.map(({ memberId }) => memberId).sort(compareBytes),
    openApplications: governance.openApplications.filter((id) => !isExecuted(id)),
    carried: governance.carried.filter((id) => !isExecuted(id)),
    removals: governance.removals.filter((id) => !removed.some((one) => equalBytes(one, id))),
    lapsedWeight: isCountedAnew ? 0 : next.lapsedWeight,
    lapsableWeight: isCountedAnew ? lapsableWeightOf(electorate) : governance.lapsableWeight,
    // Zero is no moment: it stands for no change at all.
    renewByMs: next.renewByMs === null ? governance.renewByMs : Math.max(1, next.renewByMs)
  }
}
