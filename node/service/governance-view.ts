/**
 * Governance as this node sees it: the answers to all questions about who governs and what is asked.
 *
 * @module
 */

import {
  applications,
  awakeMsAt,
  type ElectorateRecord,
  electorates,
  epochKey,
  equalBytes,
  type GovernanceRecord,
  type LedgerReader,
  MEMBER_STATUS,
  type MemberRecord,
  members,
  readGovernance,
  toHex
} from '../../protocol/index.ts'
import type {
  GovernanceOverview,
  GovernanceService,
  MemberStanding
} from '../governance-service.ts'
import { viewApplication, viewApplications } from './application-view.ts'
import { type GovernanceWorld, networkOf } from './governance-world.ts'
import { viewMotion } from './motion-view.ts'
import { askWhatIf } from './what-if.ts'

const STATUSES: Readonly<Record<number, MemberStanding['status']>> = {
  [MEMBER_STATUS.incoming]: 'incoming',
  [MEMBER_STATUS.seated]: 'seated',
  [MEMBER_STATUS.former]: 'former'
}

/** Answers from the world as it is at each question. */
export function createGovernanceService(world: () => GovernanceWorld): GovernanceService {
  return {
    overview: () => viewOverview(world()),
    motions: () => {
      const now = world()
      const { openMotions, carried } = readGovernance(now.state)
      return [...carried, ...openMotions]
        .map((id) => viewMotion(id, now))
        .filter((view) => view !== null)
    },
    motion: (motionId) => viewMotion(motionId, world()),
    applications: () => viewApplications(world()),
    application: (applicationId) => viewApplication(applicationId, world()),
    whatIf: (motion) => askWhatIf(motion, world())
  }
}

/** How long a member may go on without another renewal, in awake time of the network. */
export function renewalDueInMs(
  { renewedAtAwakeMs }: Pick<MemberRecord, 'renewedAtAwakeMs'>,
  { state, height, timeMs }: Pick<GovernanceWorld, 'state' | 'height' | 'timeMs'>
): number {
  const { membershipMs } = networkOf(state).parameters
  const awakeMs = awakeMsAt(state, { height, timeMs })
  return Math.max(0, renewedAtAwakeMs + membershipMs - awakeMs)
}

function viewOverview(world: GovernanceWorld): GovernanceOverview {
  const { state, electorate } = world
  const governance = readGovernance(state)
  const network = networkOf(state)
  const since = state.read(electorates, epochKey(governance.epoch)) as ElectorateRecord
  const ids = [...governance.seats, ...incomingMembers(governance, state)]
  return {
    epoch: governance.epoch,
    electorateHash: electorate.hash,
    sinceMs: since.sinceMs,
    sinceHeight: since.sinceHeight,
    faultModel: electorate.faultModel,
    totalWeight: electorate.totalWeight,
    quorumWeight: electorate.quorumWeight,
    trust: network.trust,
    vendorTrust: network.vendorTrust,
    parameters: network.parameters,
    regions: network.regions,
    protocolVersion: network.protocolVersion,
    upgrade: network.upgrade,
    awakeMs: awakeMsAt(state, world),
    lapsedWeight: governance.lapsedWeight,
    lapsableWeight: governance.lapsableWeight,
    renewByMs: governance.renewByMs,
    openMotions: governance.openMotions.length,
    carriedMotions: governance.carried.length,
    openApplications: governance.openApplications.length,
    isSealDue: world.isSealDue,
    members: ids
      .map((id) => viewStanding(id, governance, world))
      .filter((standing) => standing !== undefined)
  }
}

/** Who is admitted and waits for its seat. */
function incomingMembers(
  { openApplications }: GovernanceRecord,
  state: LedgerReader
): readonly Uint8Array[] {
  return openApplications
    .map((id) => state.read(applications, id)?.apply.memberId)
    .filter((id) => id !== undefined)
    .filter((id) => state.read(members, id)?.status === MEMBER_STATUS.incoming)
}

function viewStanding(
  memberId: Uint8Array,
  { removals }: GovernanceRecord,
  world: GovernanceWorld
): MemberStanding | undefined {
  const { state } = world
  const member = state.read(members, memberId)
  if (member === undefined) return undefined
  const presence = world.presenceOf(toHex(memberId))
  const { membershipMs } = networkOf(state).parameters
  return {
    memberId,
    operatorId: member.operatorId,
    region: member.region,
    status: STATUSES[member.status] ?? 'former',
    weight: member.weight,
    seatedSinceEpoch: member.seatedSinceEpoch,
    isLeaving: member.leaving === 1,
    isBeingRemoved: removals.some((id) => equalBytes(id, memberId)),
    readyForEpoch: member.ready?.epoch ?? null,
    softwareHash: member.softwareHash,
    renewedAtAwakeMs: member.renewedAtAwakeMs,
    lapsesAtAwakeMs: member.renewedAtAwakeMs + membershipMs,
    renewalDueInMs: renewalDueInMs(member, world),
    vouchers: member.vouchers,
    vouchees: member.vouchees,
    vouchFrozenUntilEpoch: member.vouchFrozenUntilEpoch,
    trustRoot: member.trustRoot,
    isConnected: presence?.isConnected ?? false,
    lastHeardAtMs: presence?.lastHeardAtMs ?? null
  }
}
