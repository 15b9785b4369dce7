import * as fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { toHex } from '../../foundation/bytes.ts'
import { convict } from '../../testing/governance-evidence.ts'
import { idOf, numberOf } from '../../testing/governance-keys.ts'
import { parameterMotion, removeMotion, reweighMotion } from '../../testing/governance-motions.ts'
import { GovernanceWorld } from '../../testing/governance-world.ts'
import type { Motion } from '../../transactions/motion.ts'
import type { Transaction } from '../../transactions/transaction.ts'
import { plainTrustPolicy } from '../../transactions/trust-policy.ts'
import { tombstones } from '../records/governance-record.ts'
import { MEMBER_STATUS, members } from '../records/member-record.ts'
import { MOTION_STATUS, motions } from '../records/motion-record.ts'
import { TABLES } from '../tables.ts'

const test = suite('walks through governance')

const PEOPLE = 10

/** One thing that happens: what, by whom, about whom or what, and how much time it takes. */
type Step = readonly [what: number, who: number, about: number, stepMs: number]

const anyStep: fc.Arbitrary<Step> = fc.tuple(
  fc.nat({ max: 11 }),
  fc.nat({ max: PEOPLE - 1 }),
  fc.nat({ max: PEOPLE - 1 }),
  fc.oneof(
    { weight: 8, arbitrary: fc.constant(1000) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 3 * 86_400_000 }) }
  )
)

function motionOf(world: GovernanceWorld, choice: number): Motion {
  const policies = ['open-vote', 'vouch'] as const
  const renewByMs = world.version.timeMs + 1000
  const choices: readonly Motion[] = [
    removeMotion(choice),
    reweighMotion([[choice, 1 + (choice % 3)]]),
    reweighMotion([[choice, 3]], true),
    parameterMotion('membersMin', 1 + (choice % 4)),
    { type: 'change-fault-model', faultModel: choice % 2 === 0 ? 'crash' : 'byzantine' },
    {
      type: 'change-trust-model',
      subject: 'members',
      policy: plainTrustPolicy(policies[choice % 2] ?? 'vouch'),
      renewByMs
    }
  ]
  return choices[choice % choices.length] as Motion
}

/** The transactions of a step; what the ledger refuses is refused. */
function actsOf(world: GovernanceWorld, [what, who, about]: Step): readonly Transaction[] {
  const { acts, governance } = world
  const { openMotions } = governance
  const asked = openMotions[about % Math.max(1, openMotions.length)]
  switch (what) {
    case 0:
      return [acts.apply(who)]
    case 1:
      return world.state.read(members, idOf(who)) === undefined ? [] : [acts.ready(who)]
    case 2:
      return [acts.renew(who)]
    case 3:
      return about < 2 ? [acts.leave(who)] : []
    case 4:
    case 5:
      return [acts.open(who, motionOf(world, about))]
    case 6:
      return asked === undefined ? [] : [acts.ballot(who, asked, about % 3)]
    case 7:
      return about < 2 && world.seated.includes(who) ? [convict(world, who)] : []
    default:
      // Mostly the members agree.
      return asked === undefined ? [] : world.seated.map((one) => acts.ballot(one, asked, 1))
  }
}

/** What holds after every block. */
function judgeWorld(world: GovernanceWorld): void {
  const { governance, state, version, executed } = world
  const { electorate } = version
  assert.equal(
    governance.seats.map(toHex),
    electorate.seats.map(({ memberId }) => toHex(memberId))
  )
  for (const { memberId, weight, voteKey } of electorate.seats) {
    const member = state.read(members, memberId)
    assert.is(member?.status, MEMBER_STATUS.seated)
    assert.is(member?.weight, weight)
    assert.equal(member?.voteKey, voteKey)
    const isLiar = state.read(tombstones, memberId) !== undefined
    assert.is(
      governance.removals.some((id) => toHex(id) === toHex(memberId)),
      isLiar
    )
  }
  for (let who = 0; who < PEOPLE; who++) {
    const member = state.read(members, idOf(who))
    assert.is(member?.status === MEMBER_STATUS.seated, world.seated.includes(who))
    // Whoever answers for somebody can be named by them.
    for (const vouchee of member?.vouchees ?? []) assert.ok(numberOf(vouchee) < PEOPLE)
  }
  const statusOf = (id: Uint8Array): number | undefined => state.read(motions, id)?.status
  for (const id of governance.openMotions) assert.is(statusOf(id), MOTION_STATUS.open)
  for (const id of governance.carried) assert.is(statusOf(id), MOTION_STATUS.carried)
  const openOrCarried: readonly unknown[] = [MOTION_STATUS.open, MOTION_STATUS.carried]
  for (const id of governance.openApplications) assert.ok(openOrCarried.includes(statusOf(id)))
  assert.ok(governance.lapsedWeight <= governance.lapsableWeight)
  for (const { table, value } of executed?.changedValues ?? []) {
    const found = [...TABLES.values()].find((one) => one.number === table)
    assert.ok(found)
    assert.equal(found.encode(found.decode(value)), value)
  }
}

for (const model of ['open-vote', 'vouch'] as const)
  test(`whatever members of a network of ${model} do, its records agree, and it goes on`, () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 6 }),
        fc.array(anyStep, { minLength: 40, maxLength: 60 }),
        (founders, steps) => {
          const world = new GovernanceWorld({
            weights: Array.from({ length: founders }, () => 1),
            trust: plainTrustPolicy(model),
            parameters: { membershipMs: 600_000, vouchesMin: 2 }
          })
          for (const step of steps) {
            for (let seals = 0; world.version.nextEpoch !== null; seals++) {
              assert.ok(seals < 20, 'seals come to an end')
              world.block()
              judgeWorld(world)
            }
            world.block(actsOf(world, step), { stepMs: step[3], carrier: world.seated[0] ?? 0 })
            judgeWorld(world)
          }
        }
      ),
      { numRuns: 15 }
    )
  })

test.run()
