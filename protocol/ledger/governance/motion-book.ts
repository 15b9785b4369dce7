/**
 * The book of motions: opening, carrying, closing and lapsing, with the lists that governance keeps.
 *
 * @see SPEC.md §5.4 Motions
 * @module
 */

import { equalBytes } from '../../foundation/bytes.ts'
import { fullBucket } from '../bucket.ts'
import type { LedgerWriter } from '../ledger-view.ts'
import type { Parameters } from '../parameters.ts'
import { NETWORK_KEY, networkTable } from '../records/chain-record.ts'
import { type GovernanceRecord, governanceTable, SINGLE_KEY } from '../records/governance-record.ts'
import { MEMBER_STATUS, members } from '../records/member-record.ts'
import {
  applications,
  MOTION_STATUS,
  type MotionRecord,
  motions
} from '../records/motion-record.ts'
import { releaseVouchers } from './apply-seal.ts'
import { awakeMsAt } from './awake-time.ts'
import { certifiersOf, readGovernance } from './trust.ts'
import { removeVendor, revokeBirths, writeVendorGrant } from './vendor-motions.ts'

/** When and by which rules a motion is settled. */
export interface MotionMoment {
  readonly timeMs: number
  readonly height: number
  readonly parameters: Parameters
}

/** Puts a motion into the book. */
export function openMotion(state: LedgerWriter, motionId: Uint8Array, motion: MotionRecord): void {
  state.write(motions, motionId, motion)
  changeGovernance(state, ({ openMotions }) => ({ openMotions: [...openMotions, motionId] }))
}

/** Carries a motion: what needs no new epoch happens at once, the rest waits for the next seal. */
export function carryMotion(
  state: LedgerWriter,
  motionId: Uint8Array,
  { timeMs, height, parameters }: MotionMoment
): void {
  const record = state.read(motions, motionId)
  if (record === undefined) return
  const { motion } = record
  if (motion.type === 'upgrade' && motion.activationHeight <= height) {
    // Its height has passed meanwhile: nobody would have been warned.
    closeMotion(state, motionId, { status: MOTION_STATUS.lapsed, timeMs })
    return
  }
  const isAtOnce = applyAtOnce(state, record, { timeMs, parameters })
  const status = isAtOnce ? MOTION_STATUS.executed : MOTION_STATUS.carried
  state.write(motions, motionId, { ...record, status, settledAtMs: timeMs })
  changeGovernance(state, ({ openMotions, carried }) => ({
    openMotions: withoutId(openMotions, motionId),
    carried: isAtOnce ? carried : [...carried, motionId]
  }))
  if (motion.type === 'admit') expectMember(state, record, { timeMs, height, parameters })
}

/** Takes a motion from the lists, for one that is withdrawn, has lapsed or lost its question. */
export function closeMotion(
  state: LedgerWriter,
  motionId: Uint8Array,
  { status, timeMs }: { readonly status: number; readonly timeMs: number }
): void {
  const record = state.read(motions, motionId)
  if (record === undefined) return
  state.write(motions, motionId, { ...record, status, settledAtMs: timeMs })
  changeGovernance(state, ({ openMotions, carried, openApplications }) => ({
    openMotions: withoutId(openMotions, motionId),
    carried: withoutId(carried, motionId),
    openApplications: withoutId(openApplications, motionId)
  }))
  const { motion } = record
  if (motion.type === 'admit') dismissApplicant(state, motion.applicationId, record)
}

/** Closes what has lapsed by a block's time. */
export function sweepMotions(
  state: LedgerWriter,
  { timeMs, parameters }: Omit<MotionMoment, 'height'>
): void {
  const { openMotions, carried } = readGovernance(state)
  for (const motionId of [...openMotions, ...carried]) {
    const record = state.read(motions, motionId)
    if (record !== undefined && lapseTimeMs(record, parameters) <= timeMs)
      closeMotion(state, motionId, { status: MOTION_STATUS.lapsed, timeMs })
  }
}

/** When a motion that stays as it is lapses: uncarried by its own time, carried some while after. */
export function lapseTimeMs(record: MotionRecord, parameters: Parameters): number {
  if (record.status === MOTION_STATUS.open) return record.notAfterMs
  const { applicationLapseMs, motionLapseMs } = parameters
  return record.settledAtMs + (record.motion.type === 'admit' ? applicationLapseMs : motionLapseMs)
}

/** Changes the one record of governance. */
export function changeGovernance(
  state: LedgerWriter,
  change: (governance: GovernanceRecord) => Partial<GovernanceRecord>
): void {
  const governance = readGovernance(state)
  state.write(governanceTable, SINGLE_KEY, { ...governance, ...change(governance) })
}

/** Carries out what needs no new epoch; false when it waits for one. */
function applyAtOnce(
  state: LedgerWriter,
  { motion }: MotionRecord,
  { timeMs, parameters }: Omit<MotionMoment, 'height'>
): boolean {
  if (motion.type === 'upgrade') {
    const network = state.read(networkTable, NETWORK_KEY)
    const { protocolVersion, activationHeight } = motion
    // Another upgrade may have overtaken it since it was opened: no rules go back.
    if (network !== undefined && protocolVersion > network.protocolVersion)
      state.write(networkTable, NETWORK_KEY, {
        ...network,
        upgrade: { protocolVersion, activationHeight }
      })
    return true
  }
  if (motion.type === 'vendor-admit') {
    writeVendorGrant(state, motion, fullBucket(parameters.vendorBurst, timeMs))
    return true
  }
  if (motion.type === 'vendor-remove') {
    removeVendor(state, motion.vendorId)
    return true
  }
  if (motion.type === 'birth-revoke') {
    revokeBirths(state, motion.birthBatchId)
    return true
  }
  return false
}

/** Who is admitted may show its vote key from now on, and is seated once it has. */
function expectMember(
  state: LedgerWriter,
  { motion, ballots }: MotionRecord,
  { timeMs, height, parameters }: MotionMoment
): void {
  if (motion.type !== 'admit') return
  const application = state.read(applications, motion.applicationId)
  if (application === undefined) return
  const { apply, trustRoot } = application
  const before = state.read(members, apply.memberId)
  const vouchers = certifiersOf({ ballots, applicantId: apply.memberId }, state)
  const isVouching = state
    .read(networkTable, NETWORK_KEY)
    ?.trust.ways.some((way) => way.includes('vouch'))
  state.write(members, apply.memberId, {
    voteKey: apply.voteKey,
    nextVoteKeyHash: apply.nextVoteKeyHash,
    recoveryKeyHash: apply.recoveryKeyHash,
    operatorId: apply.operatorId,
    region: apply.region,
    endpoints: apply.endpoints,
    softwareHash: apply.softwareHash,
    weight: 0,
    memberSequence: before?.memberSequence ?? 0,
    bucket: before?.bucket ?? fullBucket(parameters.memberBurst, timeMs),
    introductions: before?.introductions ?? fullBucket(parameters.introductionsBurst, timeMs),
    status: MEMBER_STATUS.incoming,
    ready: null,
    renewedAtAwakeMs: awakeMsAt(state, { height, timeMs }),
    seatedSinceEpoch: 0,
    leaving: 0,
    vouchers: isVouching === true ? vouchers : [],
    vouchees: [],
    vouchFrozenUntilEpoch: before?.vouchFrozenUntilEpoch ?? 0,
    trustRoot
  })
}

/** Who did not become a member is free to apply again, and those who certified it answer no more. */
function dismissApplicant(
  state: LedgerWriter,
  applicationId: Uint8Array,
  { ballots }: MotionRecord
): void {
  const application = state.read(applications, applicationId)
  if (application === undefined) return
  const { memberId } = application.apply
  const member = state.read(members, memberId)
  if (member?.status === MEMBER_STATUS.incoming)
    state.write(members, memberId, { ...member, status: MEMBER_STATUS.former, ready: null })
  const vouchers = ballots.map((ballot) => ballot.memberId)
  releaseVouchers(state, memberId, vouchers)
  changeGovernance(state, ({ openApplications }) => ({
    openApplications: withoutId(openApplications, applicationId)
  }))
}

function withoutId(ids: readonly Uint8Array[], id: Uint8Array): readonly Uint8Array[] {
  return ids.filter((one) => !equalBytes(one, id))
}
