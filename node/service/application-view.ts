/**
 * Applications as people see them, from the question to the seat.
 *
 * @module
 */

import {
  applications,
  equalBytes,
  MEMBER_STATUS,
  members,
  readGovernance
} from '../../protocol/index.ts'
import type { ApplicationStage, ApplicationView, MotionView } from '../governance-service.ts'
import type { GovernanceWorld } from './governance-world.ts'
import { viewMotion } from './motion-view.ts'

/** An application and how it stands; null when there never was one. */
export function viewApplication(
  applicationId: Uint8Array,
  world: GovernanceWorld
): ApplicationView | null {
  const { state } = world
  const record = state.read(applications, applicationId)
  const motion = viewMotion(applicationId, world)
  if (record === undefined || motion === null) return null
  const { memberId, operatorId, region, endpoints, softwareHash } = record.apply
  const stage = stageOf(memberId, { motion, world })
  return {
    applicationId,
    memberId,
    operatorId,
    region,
    endpoints,
    softwareHash,
    openedAtMs: record.openedAtMs,
    notAfterMs: record.notAfterMs,
    trustRoot: record.trustRoot,
    carrierId: record.carrierId,
    stage,
    isAdmitted: stage === 'admitted' || stage === 'ready' || stage === 'seated',
    isReady: stage === 'ready' || stage === 'seated',
    isSeated: stage === 'seated',
    sentence: describe(stage, motion)
  }
}

/** Applications that are not decided, and those of members not seated yet. */
export function viewApplications(world: GovernanceWorld): readonly ApplicationView[] {
  return readGovernance(world.state)
    .openApplications.map((id) => viewApplication(id, world))
    .filter((view) => view !== null)
}

/** An old application says nothing of a seat that a later one of the same member led to. */
function stageOf(
  memberId: Uint8Array,
  { motion, world }: { readonly motion: MotionView; readonly world: GovernanceWorld }
): ApplicationStage {
  const { state } = world
  if (motion.status === 'open') return 'open'
  const member = state.read(members, memberId)
  if (motion.status === 'carried' && member?.status === MEMBER_STATUS.incoming)
    return member.ready === null ? 'admitted' : 'ready'
  const isSeated = readGovernance(state).seats.some((id) => equalBytes(id, memberId))
  return motion.status === 'executed' && isSeated ? 'seated' : 'ended'
}

function describe(stage: ApplicationStage, motion: MotionView): string {
  switch (stage) {
    case 'open':
      return motion.sentence
    case 'admitted':
      return 'admitted; waits for its node to show its vote key'
    case 'ready':
      return 'admitted and ready; seated with the next epoch that the guards allow'
    case 'seated':
      return 'seated'
    case 'ended':
      return motion.status === 'executed' ? 'was seated, and is not any more' : motion.sentence
  }
}
