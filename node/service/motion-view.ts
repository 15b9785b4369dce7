/**
 * Motions as people see them: the ballots with their weights, and what is still missing.
 *
 * @module
 */

import {
  applications,
  type BallotRecord,
  certifiersOf,
  forecastMotion,
  isTrusted,
  judgeTrustChain,
  lapseTimeMs,
  MEMBER_STATUS,
  MOTION_STATUS,
  type Motion,
  type MotionRecord,
  members,
  motions,
  type PlainTrustModel,
  plainTrustPolicy,
  readGovernance,
  seatedWeight,
  yesNeeded,
  yesWeight
} from '../../protocol/index.ts'
import type { BallotView, MotionStage, MotionView, TrustNeed } from '../governance-service.ts'
import { explainFault } from './governance-words.ts'
import { type GovernanceWorld, networkOf } from './governance-world.ts'
import { describeMotion } from './motion-words.ts'

const STAGES: Readonly<Record<number, MotionStage>> = {
  [MOTION_STATUS.open]: 'open',
  [MOTION_STATUS.carried]: 'carried',
  [MOTION_STATUS.executed]: 'executed',
  [MOTION_STATUS.lapsed]: 'lapsed',
  [MOTION_STATUS.withdrawn]: 'withdrawn'
}

/** What a motion would have to win by; its record, or one that was not put yet. */
export interface Tally {
  readonly yesNeeded: number | null
  readonly ways: readonly (readonly TrustNeed[])[] | null
  /** "2 of 4 ballots, needs 3". */
  readonly sentence: string
}

/** A motion and how it stands; null when there never was one. */
export function viewMotion(motionId: Uint8Array, world: GovernanceWorld): MotionView | null {
  const { state } = world
  const record = state.read(motions, motionId)
  if (record === undefined) return null
  const tally = tallyOf(record, world)
  const ballots = record.ballots.map((ballot) => viewBallot(ballot, world))
  const status = STAGES[record.status] ?? 'open'
  const isUnderWay = status === 'open' || status === 'carried'
  return {
    motionId,
    motion: record.motion,
    question: describeMotion(record.motion, state),
    openedBy: record.openedBy,
    openedAtMs: record.openedAtMs,
    notAfterMs: record.notAfterMs,
    lapsesAtMs: isUnderWay ? lapseTimeMs(record, networkOf(state).parameters) : null,
    status,
    settledAtMs: record.settledAtMs === 0 ? null : record.settledAtMs,
    ballots,
    yesWeight: weightOf(ballots, 'yes'),
    noWeight: weightOf(ballots, 'no'),
    totalWeight: seatedWeight(state),
    yesNeeded: tally.yesNeeded,
    ways: tally.ways,
    sentence: status === 'open' ? tally.sentence : describeStage(record, status, world)
  }
}

/** What carries a motion, and how much of it is there. */
export function tallyOf(record: MotionRecord, world: GovernanceWorld): Tally {
  const { state, timeMs } = world
  const { parameters } = networkOf(state)
  const needed = yesNeeded(record, { state, parameters, timeMs })
  if (needed !== null) {
    const sentence = weightSentence(yesWeight(record.ballots, state), needed, world)
    return { yesNeeded: needed, ways: null, sentence }
  }
  const ways = waysOf(record, world)
  const sentence = ways.map((way) => way.map((need) => need.sentence).join(' and ')).join(', or ')
  return { yesNeeded: null, ways, sentence }
}

function waysOf(record: MotionRecord, world: GovernanceWorld): readonly (readonly TrustNeed[])[] {
  const { trust, vendorTrust } = networkOf(world.state)
  const { ways } = record.motion.type === 'vendor-admit' ? vendorTrust : trust
  const trustRoot = rootOf(record, world)
  return ways.map((way) => way.map((model) => needOf(model, { record, trustRoot, world })))
}

/** The root that the certificates of whoever would be admitted lead to. */
function rootOf({ motion }: MotionRecord, { state, timeMs }: GovernanceWorld): Uint8Array | null {
  if (motion.type === 'admit')
    return state.read(applications, motion.applicationId)?.trustRoot ?? null
  if (motion.type !== 'vendor-admit') return null
  const { vendorId, proofs } = motion
  const { roots } = networkOf(state).vendorTrust
  const chain = judgeTrustChain(proofs, { vendorId, roots, timeMs })
  return chain.ok ? chain.value.key : null
}

function needOf(
  model: PlainTrustModel,
  {
    record: { motion, ballots },
    trustRoot,
    world
  }: {
    readonly record: MotionRecord
    readonly trustRoot: Uint8Array | null
    readonly world: GovernanceWorld
  }
): TrustNeed {
  const { state } = world
  const { parameters } = networkOf(state)
  const support = { ballots, trustRoot, applicantId: applicantOf(motion, world) }
  const isMet = isTrusted(plainTrustPolicy(model), support, { state, parameters })
  switch (model) {
    case 'open-vote': {
      const [have, needed] = [yesWeight(ballots, state), Math.ceil((2 * seatedWeight(state)) / 3)]
      return { model, have, needed, isMet, sentence: weightSentence(have, needed, world) }
    }
    case 'vouch': {
      const have = certifiersOf(support, state).length
      const needed = Math.min(parameters.vouchesMin, readGovernance(state).seats.length)
      const tooFar =
        !isMet && have >= needed
          ? ', but chains of certification lead there from too few members'
          : ''
      return {
        model,
        have,
        needed,
        isMet,
        sentence: `${have} of ${needed} certifications${tooFar}`
      }
    }
    case 'anchored': {
      const sentence = isMet
        ? 'certificates of a root are shown'
        : 'certificates of a root are missing'
      return { model, have: isMet ? 1 : 0, needed: 1, isMet, sentence }
    }
  }
}

/** Where every member weighs one, people count ballots. */
function weightSentence(have: number, needed: number, { electorate }: GovernanceWorld): string {
  const { totalWeight, seats } = electorate
  return totalWeight === seats.length
    ? `${have} of ${totalWeight} ballots, needs ${needed}`
    : `yes weighs ${have} of ${totalWeight}, needs ${needed}`
}

function describeStage(
  record: MotionRecord,
  status: Exclude<MotionStage, 'open'>,
  world: GovernanceWorld
): string {
  const at = new Date(record.settledAtMs).toISOString()
  if (status !== 'carried') {
    const words = { executed: 'in force since', lapsed: 'lapsed at', withdrawn: 'withdrawn at' }
    return `${words[status]} ${at}`
  }
  const { state } = world
  const { motion } = record
  if (motion.type === 'admit') {
    const apply = state.read(applications, motion.applicationId)?.apply
    const isReady = apply !== undefined && state.read(members, apply.memberId)?.ready !== null
    if (!isReady) return 'carried; waits for the newcomer to show its vote key'
  }
  const { fault } = forecastMotion(state, motion, world)
  return fault === null
    ? 'carried; in force with the next epoch'
    : `carried; waits, because ${explainFault(fault)}`
}

function viewBallot({ memberId, choice }: BallotRecord, world: GovernanceWorld): BallotView {
  const member = world.state.read(members, memberId)
  const weight = member?.status === MEMBER_STATUS.seated ? member.weight : 0
  return { memberId, choice: choice === 1 ? 'yes' : 'no', weight }
}

/** Who would become a member; null for a maker. */
function applicantOf(motion: Motion, { state }: GovernanceWorld): Uint8Array | null {
  if (motion.type !== 'admit') return null
  return state.read(applications, motion.applicationId)?.apply.memberId ?? null
}

function weightOf(ballots: readonly BallotView[], choice: BallotView['choice']): number {
  return ballots.reduce((sum, ballot) => sum + (ballot.choice === choice ? ballot.weight : 0), 0)
}
