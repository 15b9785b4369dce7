/**
 * Motions in words: what one asks for, in half a sentence.
 *
 * @module
 */

import {
  applications,
  type LedgerReader,
  type Motion,
  members,
  PARAMETERS,
  type TrustPolicy,
  toHex
} from '../../protocol/index.ts'
import { shortId } from './governance-words.ts'
import { networkOf } from './governance-world.ts'

/** What a motion asks for, such as "remove 1a2b3c4d in oslo". */
export function describeMotion(motion: Motion, state: LedgerReader): string {
  switch (motion.type) {
    case 'admit': {
      const apply = state.read(applications, motion.applicationId)?.apply
      return apply === undefined
        ? `admit whoever made application ${shortId(toHex(motion.applicationId))}`
        : `admit ${shortId(toHex(apply.memberId))} in ${apply.region}`
    }
    case 'remove':
      return `remove ${nameMember(motion.memberId, state)}`
    case 'reweigh': {
      const weights = motion.weights.map(
        ({ memberId, weight }) => `${nameMember(memberId, state)} to ${weight}`
      )
      return `change the weight of ${weights.join(', ')}${motion.isLargeMeant ? ' (large steps are meant)' : ''}`
    }
    case 'change-parameter': {
      const definition = PARAMETERS[motion.number]
      if (definition === undefined) return `change parameter ${motion.number} to ${motion.value}`
      const { name, unit } = definition
      return `change ${name} from ${networkOf(state).parameters[name]} to ${motion.value} ${unit}`
    }
    case 'change-fault-model':
      return `change the fault model to ${motion.faultModel}`
    case 'change-trust-model':
      return `admit ${motion.subject === 'members' ? 'members' : 'makers'} by ${describePolicy(motion.policy)}`
    case 'upgrade':
      return `follow version ${motion.protocolVersion} of the rules from height ${motion.activationHeight} on`
    case 'vendor-admit':
      return `admit maker ${shortId(toHex(motion.vendorId))} with ${motion.birthCap} births, ${motion.claimsPerDay} claims a day, ${motion.rateUnitsPerHour} units an hour`
    case 'vendor-remove':
      return `remove maker ${shortId(toHex(motion.vendorId))}`
    case 'birth-revoke':
      return `end every device of birth batch ${shortId(toHex(motion.birthBatchId))}`
  }
}

/** A policy of trust: "open-vote", or "vouch and anchored, or open-vote". */
function describePolicy({ ways }: TrustPolicy): string {
  return ways.map((way) => way.join(' and ')).join(', or ')
}

function nameMember(memberId: Uint8Array, state: LedgerReader): string {
  const region = state.read(members, memberId)?.region
  return `${shortId(toHex(memberId))}${region === undefined ? '' : ` in ${region}`}`
}
