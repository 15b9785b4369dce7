import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  answer,
  ask,
  motionOf,
  parameterMotion,
  removeMotion,
  reweighMotion,
  upgradeMotion,
  VENDOR_MOTION
} from '../../testing/governance-motions.ts'
import { GovernanceWorld } from '../../testing/governance-world.ts'
import type { Motion } from '../../transactions/motion.ts'
import { plainTrustPolicy } from '../../transactions/trust-policy.ts'
import { MOTION_STATUS } from '../records/motion-record.ts'

const test = suite('thresholds of motions')

test('a ballot that was changed away no longer counts', () => {
  const question = ask(removeMotion(3))
  assert.is(answer(question, [0, 1], [1, 1], [0, 0], [2, 1]), MOTION_STATUS.open)
  assert.is(answer(question, [0, 1]), MOTION_STATUS.carried)
})

/** Weights for which each threshold is a different number: W = 12, 2/3 is 8, 3/4 and Q are 9. */
const DOZEN = { weights: [3, 3, 2, 2, 2] } as const
const THRESHOLDS: readonly (readonly [motion: Motion, needed: 8 | 9])[] = [
  [parameterMotion('membersMin', 2), 8],
  [reweighMotion([[2, 3]]), 8],
  [removeMotion(4), 9],
  [{ type: 'change-fault-model', faultModel: 'crash' }, 9],
  [
    {
      type: 'change-trust-model',
      subject: 'members',
      policy: plainTrustPolicy('vouch'),
      renewByMs: 0
    },
    9
  ],
  [upgradeMotion(2, 1000), 8],
  [VENDOR_MOTION, 8]
]

for (const [motion, needed] of THRESHOLDS)
  test(`${motion.type} is carried by ${needed} of 12 and not by less`, () => {
    const question = ask(motion, new GovernanceWorld(DOZEN))
    assert.is(answer(question, [0, 1], [2, 1], [3, 1]), MOTION_STATUS.open, 'by seven')
    const eight = answer(question, [2, 2], [3, 2], [1, 1], [2, 1])
    if (needed === 8) return assert.is.not(eight, MOTION_STATUS.open)
    assert.is(eight, MOTION_STATUS.open, 'by eight')
    return assert.is.not(answer(question, [1, 2], [3, 1], [4, 1]), MOTION_STATUS.open, 'by nine')
  })

test('going back from crash to byzantine takes two thirds', () => {
  const world = new GovernanceWorld({ ...DOZEN, faultModel: 'crash' })
  const question = ask({ type: 'change-fault-model', faultModel: 'byzantine' }, world)
  assert.is(answer(question, [0, 1], [2, 1], [3, 1]), MOTION_STATUS.open)
  assert.is(answer(question, [3, 2], [1, 1]), MOTION_STATUS.carried)
})

test('among those who only crash a removal takes their quorum, more than half', () => {
  const world = new GovernanceWorld({ ...DOZEN, faultModel: 'crash' })
  const question = ask(removeMotion(4), world)
  assert.is(answer(question, [2, 1], [3, 1], [4, 1]), MOTION_STATUS.open)
  assert.is(answer(question, [4, 2], [0, 1]), MOTION_STATUS.carried)
})

test('whoever is to be removed votes too, and without them a quorum is enough', () => {
  const question = ask(removeMotion(3))
  assert.is(answer(question, [3, 0], [0, 1], [1, 1]), MOTION_STATUS.open)
  assert.is(answer(question, [2, 1]), MOTION_STATUS.carried)
})

test('what is weighed is the present electorate: the ballots of those gone are gone', () => {
  const world = new GovernanceWorld({ weights: [1, 1, 1, 1, 1, 1] })
  const question = ask(parameterMotion('membersMin', 2), world)
  answer(question, [3, 1], [4, 1], [5, 1])
  world.carry(removeMotion(5))
  world.settle()
  assert.equal(world.seated, [0, 1, 2, 3, 4])
  // two of five are left; three are no two thirds, four are
  assert.is(answer(question, [0, 1]), MOTION_STATUS.open)
  assert.is(motionOf(world, question.id).ballots.length, 3)
  assert.is(answer(question, [1, 1]), MOTION_STATUS.carried)
})

test.run()
