import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { convict } from '../../testing/governance-evidence.ts'
import { idOf, numberOf } from '../../testing/governance-keys.ts'
import { motionOf } from '../../testing/governance-motions.ts'
import { type GovernanceOptions, GovernanceWorld } from '../../testing/governance-world.ts'
import { certificateNamed, certifiedKey } from '../../testing/trust-certificates.ts'
import type { Motion } from '../../transactions/motion.ts'
import { plainTrustPolicy, type TrustPolicy } from '../../transactions/trust-policy.ts'
import { vendorIdOf } from '../../transactions/vendor-set.ts'
import { MOTION_STATUS } from '../records/motion-record.ts'
import { type VendorRecord, vendors } from '../records/vendor-record.ts'

const test = suite('trust models')

const ED = { key: certifiedKey('rootEd'), quota: 1 }
const P256 = { key: certifiedKey('rootP256'), quota: 1 }
const [MEMBER, SECOND] = [9, 10] as const

/** Lets somebody apply and members say yes one by one; how many it took until it was carried. */
function yesTaken(
  world: GovernanceWorld,
  {
    who,
    voters,
    proof
  }: { readonly who: number; readonly voters: readonly number[]; readonly proof?: string }
): number | 'never' {
  const proofs = proof === undefined ? [] : [certificateNamed(proof)]
  const apply = world.acts.apply(who, { proofs })
  assert.equal(world.block([apply]), ['applied'])
  const isCarried = (): boolean => motionOf(world, apply.id).status !== MOTION_STATUS.open
  if (isCarried()) return 0
  for (const [index, voter] of voters.entries()) {
    assert.equal(world.block([world.acts.ballot(voter, apply.id, 1)]), ['applied'])
    if (isCarried()) return index + 1
  }
  return 'never'
}

test('an open vote takes exactly two thirds of the weight', () => {
  const taken = (weights: readonly number[], voters: readonly number[]): number | 'never' =>
    yesTaken(new GovernanceWorld({ weights }), { who: MEMBER, voters })
  assert.is(taken([1, 1, 1], [0, 1, 2]), 2)
  assert.is(taken([1, 1, 1, 1], [0, 1, 2, 3]), 3)
  assert.is(taken([1, 1, 1, 1, 1, 1], [0, 1, 2, 3, 4, 5]), 4)
  assert.is(taken([3, 2, 2, 2], [1, 2, 3]), 3)
  assert.is(taken([3, 2, 2, 2], [0, 1]), 'never')
})

const vouched = (options: GovernanceOptions = {}): GovernanceWorld =>
  new GovernanceWorld({
    weights: [1, 1, 1, 1, 1, 1],
    trust: plainTrustPolicy('vouch'),
    ...options,
    parameters: { vouchesMin: 3, vouchesMax: 2, vouchStepsMax: 2, ...options.parameters }
  })

test('enough certifications admit, by number and not by weight', () => {
  const voters = [0, 1, 2, 3]
  assert.is(yesTaken(vouched(), { who: MEMBER, voters }), 3)
  const heavy = vouched({ weights: [9, 1, 1, 1, 1, 1] })
  assert.is(yesTaken(heavy, { who: MEMBER, voters: [1, 2, 3] }), 3)
})

test('where fewer are seated than certifications are asked for, all of them are enough', () => {
  const world = vouched({ weights: [1, 1] })
  assert.is(yesTaken(world, { who: MEMBER, voters: [0, 1] }), 2)
})

test('who certified is written down on both sides', () => {
  const world = vouched()
  yesTaken(world, { who: MEMBER, voters: [2, 0, 1] })
  assert.equal(world.member(MEMBER).vouchers.map(numberOf), [2, 0, 1])
  assert.equal(world.member(0).vouchees.map(numberOf), [MEMBER])
  assert.equal(world.member(3).vouchees, [])
})

test('the stock of certifications runs out, and a taken back one is free again', () => {
  const world = vouched()
  const applies = [20, 21, 22].map((who) => world.acts.apply(who))
  assert.equal(world.block(applies), ['applied', 'applied', 'applied'])
  const [first, second, third] = applies.map(({ id }) => id)
  assert.ok(first && second && third)
  const say = (id: Uint8Array, choice: number): readonly string[] =>
    world.block([world.acts.ballot(0, id, choice)])
  assert.equal(say(first, 1), ['applied'])
  assert.equal(say(first, 1), ['applied'], 'twice the same is one')
  assert.equal(say(second, 1), ['applied'])
  assert.equal(say(third, 1), ['refused VOUCH_STOCK_EMPTY'])
  assert.equal(say(third, 0), ['applied'], 'a no costs nothing')
  assert.equal(say(first, 2), ['applied'])
  assert.equal(say(third, 1), ['applied'])
  assert.equal(world.member(0).vouchees.map(numberOf), [21, 22])
})

test('a yes from before a vote for vouching certifies nobody until it is said again', () => {
  const world = vouched({ trust: plainTrustPolicy('open-vote') })
  const apply = world.acts.apply(20)
  world.block([apply])
  const yes = (who: number): readonly string[] => world.block([world.acts.ballot(who, apply.id, 1)])
  for (const who of [0, 1, 2]) assert.equal(yes(who), ['applied'])
  const policy = plainTrustPolicy('vouch')
  world.carry({ type: 'change-trust-model', subject: 'members', policy, renewByMs: 1 })
  world.settle()
  assert.equal(yes(3), ['applied'])
  assert.is(motionOf(world, apply.id).status, MOTION_STATUS.open, 'one has certified, not four')
  for (const who of [0, 1]) assert.equal(yes(who), ['applied'])
  assert.is(motionOf(world, apply.id).status, MOTION_STATUS.carried)
  assert.equal([...world.member(20).vouchers.map(numberOf)].sort(), [0, 1, 3])
  for (const who of [0, 1, 3]) assert.equal(world.member(who).vouchees.map(numberOf), [20])
  assert.equal(world.member(2).vouchees, [])
})

test('a certification is free again when the application lapses or the member leaves', () => {
  const world = vouched()
  world.admit(20)
  assert.equal(world.member(0).vouchees.map(numberOf), [20])
  const apply = world.acts.apply(21)
  world.block([apply])
  world.block([world.acts.ballot(0, apply.id, 1)])
  assert.equal(world.member(0).vouchees.map(numberOf), [20, 21])
  world.block([], { stepMs: 7 * 86_400_000 })
  assert.equal(world.member(0).vouchees.map(numberOf), [20])
  world.block([world.acts.leave(20)])
  world.settle()
  assert.equal(world.member(0).vouchees, [])
})

test('who certified a member that is convicted certifies nobody for some epochs', () => {
  const world = vouched({ parameters: { vouchFreezeEpochs: 2 } })
  world.admit(20)
  const apply = world.acts.apply(21)
  world.block([apply])
  assert.equal(world.block([convict(world, 20)]), ['applied'])
  const say = (who: number, choice = 1): readonly string[] =>
    world.block([world.acts.ballot(who, apply.id, choice)])
  world.settle()
  assert.equal(world.seated, [0, 1, 2, 3, 4, 5])
  assert.equal(say(0), ['refused VOUCH_FROZEN'])
  assert.equal(say(0, 0), ['applied'])
  assert.equal(say(5), ['applied'], 'who did not certify it may')
  world.block([world.acts.leave(5)])
  assert.is(world.settle(), 1)
  assert.equal(say(0), ['applied'], 'two epochs later')
})

test('certifications lead to two thirds of all in few steps, or they are not enough', () => {
  // Three founders, and a circle that grows out of one certification chain.
  const world = vouched({
    weights: [1, 1, 1, 1],
    parameters: { vouchesMin: 1, vouchesMax: 8, vouchStepsMax: 1 }
  })
  assert.is(yesTaken(world, { who: 20, voters: [0, 1, 2] }), 3)
  const wider = vouched({
    weights: [1, 1, 1, 1],
    parameters: { vouchesMin: 1, vouchesMax: 8, vouchStepsMax: 2 }
  })
  // A founder stands for all others who came without certification.
  assert.is(yesTaken(wider, { who: 20, voters: [0] }), 1)
})

test('a circle that only certifies itself brings nobody in', () => {
  const world = vouched({
    weights: [1, 1, 1, 1, 1, 1],
    parameters: { vouchesMin: 2, vouchesMax: 8, vouchStepsMax: 2 }
  })
  // 20 and 21 come by founders, 22 and 23 by these, and then only by each other.
  const bring = (who: number, voters: readonly number[]): number | 'never' => {
    const taken = yesTaken(world, { who, voters })
    if (taken === 'never') return taken
    world.block([world.acts.ready(who)])
    world.settle()
    assert.ok(world.seated.includes(who))
    return taken
  }
  assert.is(bring(20, [0, 1]), 2)
  assert.is(bring(21, [0, 1]), 2)
  // Who 20 and 21 certify is reached by 20, 21, 0 and 1: four of eight.
  assert.is(bring(22, [20, 21]), 'never')
})

const anchoredBoth = (ways: TrustPolicy['ways']): GovernanceWorld =>
  new GovernanceWorld({ trust: { model: 'hybrid', ways, roots: [ED, P256] } })

test('a hybrid is satisfied by any one of its ways', () => {
  const either: TrustPolicy['ways'] = [['anchored'], ['open-vote']]
  assert.is(yesTaken(anchoredBoth(either), { who: MEMBER, voters: [], proof: 'memberByEd' }), 0)
  assert.is(yesTaken(anchoredBoth(either), { who: MEMBER, voters: [0, 1, 2] }), 3)
})

test('a hybrid is satisfied by all models of a way together', () => {
  const both: TrustPolicy['ways'] = [['anchored', 'open-vote']]
  const voters = [0, 1, 2]
  assert.is(yesTaken(anchoredBoth(both), { who: MEMBER, voters, proof: 'memberByEd' }), 3)
  const world = anchoredBoth(both)
  assert.equal(world.block([world.acts.apply(MEMBER)]), ['refused ANCHOR_MISSING'])
})

test('two who apply under the last place of a root are not both admitted by ballots', () => {
  const world = anchoredBoth([['anchored', 'open-vote']])
  const applies = [
    world.acts.apply(MEMBER, { proofs: [certificateNamed('memberByEd')] }),
    world.acts.apply(SECOND, { proofs: [certificateNamed('secondByEd')] })
  ]
  assert.equal(world.block(applies), ['applied', 'applied'])
  const statuses = applies.map(({ id }) => {
    world.agree(id)
    return motionOf(world, id).status
  })
  assert.equal(statuses, [MOTION_STATUS.carried, MOTION_STATUS.open])
})

const MAKER_ID = vendorIdOf([certifiedKey('maker')], 1)
const makerMotion = (proofs: readonly Uint8Array[]): Motion => ({
  type: 'vendor-admit',
  vendorId: MAKER_ID,
  birthCap: 1,
  claimsPerDay: 1,
  rateUnitsPerHour: 1,
  proofs
})

test('makers are admitted by a policy of their own', () => {
  const vendorTrust = plainTrustPolicy('anchored', [ED])
  const world = new GovernanceWorld({ vendorTrust })
  const maker = (): VendorRecord | undefined => world.state.read(vendors, MAKER_ID)
  const without = world.acts.open(0, makerMotion([]))
  assert.equal(world.block([without]), ['refused MOTION_FORBIDDEN'])
  const foreign = world.acts.open(0, makerMotion([certificateNamed('memberByEd')]))
  assert.equal(world.block([foreign]), ['refused MOTION_FORBIDDEN'])
  const certified = world.acts.open(0, makerMotion([certificateNamed('makerByEd')]))
  assert.equal(world.block([certified]), ['applied'])
  assert.is(motionOf(world, certified.id).status, MOTION_STATUS.executed)
  assert.is(maker()?.grantBirthCap, 1)
})

test('a no never speaks for anybody', () => {
  const world = vouched({ parameters: { vouchesMin: 1 } })
  const apply = world.acts.apply(MEMBER)
  world.block([apply])
  for (const who of [0, 1, 2, 3, 4, 5]) world.block([world.acts.ballot(who, apply.id, 0)])
  assert.is(motionOf(world, apply.id).status, MOTION_STATUS.open)
  assert.equal(motionOf(world, apply.id).ballots[0], { memberId: idOf(0), choice: 0 })
})

test.run()
