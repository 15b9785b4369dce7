/**
 * Motions for tests of governance, by the numbers of those they are about.
 *
 * @module
 */

import { invariant } from '../foundation/invariant.ts'
import { PARAMETERS, type ParameterName } from '../ledger/parameters.ts'
import { type MotionRecord, motions } from '../ledger/records/motion-record.ts'
import type { Motion } from '../transactions/motion.ts'
import { idOf } from './governance-keys.ts'
import { GovernanceWorld } from './governance-world.ts'

/** Thirty-two bytes that nobody looks into. */
export const ANY_HASH: Uint8Array = new Uint8Array(32).fill(0xaa)
/** A maker that no ledger knows before it is admitted. */
export const ANY_VENDOR: Uint8Array = new Uint8Array(32).fill(0xbb)

/** Sets a parameter. */
export function parameterMotion(name: ParameterName, value: number): Motion {
  const number = PARAMETERS.findIndex((one) => one.name === name)
  return { type: 'change-parameter', number, value }
}

/** Removes somebody. */
export function removeMotion(who: number): Motion {
  return { type: 'remove', memberId: idOf(who), reasonHash: ANY_HASH }
}

/** Weighs members anew. */
export function reweighMotion(
  weights: readonly (readonly [who: number, weight: number])[],
  isLargeMeant = false
): Motion {
  return {
    type: 'reweigh',
    weights: weights.map(([who, weight]) => ({ memberId: idOf(who), weight })),
    isLargeMeant
  }
}

/** Agrees on other rules from a height on. */
export function upgradeMotion(protocolVersion: number, activationHeight: number): Motion {
  return { type: 'upgrade', protocolVersion, activationHeight }
}

/** Grants a maker its share. */
export const VENDOR_MOTION: Extract<Motion, { type: 'vendor-admit' }> = {
  type: 'vendor-admit',
  vendorId: ANY_VENDOR,
  birthCap: 100,
  claimsPerDay: 10,
  rateUnitsPerHour: 1000,
  proofs: []
}

/** A motion that is open on a ledger. */
export interface Question {
  readonly world: GovernanceWorld
  readonly id: Uint8Array
}

/** Lets member 0 put a question. */
export function ask(motion: Motion, world: GovernanceWorld = new GovernanceWorld()): Question {
  const opened = world.acts.open(0, motion)
  const [verdict] = world.block([opened])
  invariant(verdict === 'applied', `the question is put: ${verdict}`)
  return { world, id: opened.id }
}

/** Lets members answer, each in a block of its own; the status of the motion after that. */
export function answer(
  { world, id }: Question,
  ...ballots: readonly (readonly [who: number, choice: number])[]
): number {
  for (const [who, choice] of ballots) {
    const [verdict] = world.block([world.acts.ballot(who, id, choice)])
    invariant(verdict === 'applied', `the answer is heard: ${verdict}`)
  }
  return motionOf(world, id).status
}

/** The record of a motion. */
export function motionOf({ state }: GovernanceWorld, motionId: Uint8Array): MotionRecord {
  const record = state.read(motions, motionId)
  invariant(record !== undefined, 'the motion was put')
  return record
}
