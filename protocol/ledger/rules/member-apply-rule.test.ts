import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { keyHash } from '../../crypto/hash.ts'
import { publicKeyOf } from '../../crypto/signing.ts'
import { idOf, voteKeyOf } from '../../testing/governance-keys.ts'
import { motionOf } from '../../testing/governance-motions.ts'
import { GovernanceWorld } from '../../testing/governance-world.ts'
import { certificateNamed, certifiedKey } from '../../testing/trust-certificates.ts'
import { plainTrustPolicy } from '../../transactions/trust-policy.ts'
import { voteKeys } from '../records/governance-record.ts'
import { MEMBER_STATUS, members } from '../records/member-record.ts'
import { applications, MOTION_STATUS } from '../records/motion-record.ts'

const test = suite('member-apply')

const WEEK_MS = 7 * 86_400_000
const ED = { key: certifiedKey('rootEd'), quota: 2 }
const P256 = { key: certifiedKey('rootP256'), quota: 1 }
/** The numbers of those that the certificates are about. */
const [MEMBER, SECOND, THIRD] = [9, 10, 11] as const
const proofsOf = (...names: readonly string[]): { readonly proofs: readonly Uint8Array[] } => ({
  proofs: names.map(certificateNamed)
})
const anchored = (roots = [ED, P256]): GovernanceWorld =>
  new GovernanceWorld({ trust: plainTrustPolicy('anchored', roots) })

test('an application stands in the book with a motion of its own, for its time', () => {
  const world = new GovernanceWorld()
  const apply = world.acts.apply(9)
  assert.equal(world.block([apply], { carrier: 2 }), ['applied'])
  const { timeMs } = world.version
  const times = { openedAtMs: timeMs, notAfterMs: timeMs + WEEK_MS }
  assert.equal(world.state.read(applications, apply.id), {
    apply: apply.body as never,
    ...times,
    trustRoot: null,
    carrierId: idOf(2)
  })
  assert.equal(motionOf(world, apply.id), {
    motion: { type: 'admit', applicationId: apply.id },
    openedBy: null,
    ...times,
    status: MOTION_STATUS.open,
    ballots: [],
    settledAtMs: 0
  })
  assert.equal(world.governance.openApplications, [apply.id])
  assert.equal(world.governance.openMotions, [apply.id])
  assert.is(world.state.read(members, idOf(9)), undefined)
  const known = world.state.read(voteKeys, publicKeyOf(voteKeyOf(9, 0)))
  assert.equal(known, { memberId: idOf(9) })
})

test('who is admitted is expected, without weight until it is seated', () => {
  const world = new GovernanceWorld()
  const apply = world.acts.apply(9)
  world.block([apply])
  world.agree(apply.id)
  const member = world.member(9)
  assert.is(member.status, MEMBER_STATUS.incoming)
  assert.is(member.weight, 0)
  assert.equal(member.voteKey, publicKeyOf(voteKeyOf(9, 0)))
  assert.equal(member.nextVoteKeyHash, keyHash(publicKeyOf(voteKeyOf(9, 1))))
  assert.equal(world.governance.openApplications, [apply.id])
  assert.equal(world.seated, [0, 1, 2, 3])
})

test('nobody applies who is seated, expected, or has applied', () => {
  const world = new GovernanceWorld()
  assert.equal(world.block([world.acts.apply(0)]), ['refused MEMBER_SEATED'])
  const apply = world.acts.apply(9)
  assert.equal(world.block([apply]), ['applied'])
  assert.equal(world.block([world.acts.apply(9)]), ['refused APPLICATION_OPEN'])
  world.agree(apply.id)
  assert.equal(world.block([world.acts.apply(9)]), ['refused MEMBER_SEATED'])
})

test('a vote key that was ever shown is nobody else’s, and nobody’s again', () => {
  const world = new GovernanceWorld()
  const apply = world.acts.apply(9)
  assert.equal(world.block([apply]), ['applied'])
  world.block([], { stepMs: WEEK_MS })
  assert.equal(world.block([apply]), ['refused VOTE_KEY_REUSED'])
  assert.equal(world.block([world.acts.apply(9, { turn: 0 })]), ['refused VOTE_KEY_REUSED'])
  assert.equal(world.block([world.acts.apply(9)]), ['applied'])
})

test('a region is one of the network’s', () => {
  const world = new GovernanceWorld()
  assert.equal(world.block([world.acts.apply(9, { region: 'moon' })]), ['refused REGION_UNKNOWN'])
})

test('an application lapses by header time, and then its applicant may ask again', () => {
  const world = new GovernanceWorld()
  const apply = world.acts.apply(9)
  world.block([apply])
  world.block([], { stepMs: WEEK_MS - 1 })
  assert.equal(world.governance.openApplications, [apply.id])
  world.block([], { stepMs: 1 })
  assert.is(motionOf(world, apply.id).status, MOTION_STATUS.lapsed)
  assert.equal(world.governance.openApplications, [])
  assert.equal(world.block([world.acts.apply(9)]), ['applied'])
})

test('who is admitted and never shows its key lapses too, and may ask again', () => {
  const world = new GovernanceWorld()
  const apply = world.acts.apply(9)
  world.block([apply])
  world.agree(apply.id)
  world.block([], { stepMs: WEEK_MS })
  assert.is(motionOf(world, apply.id).status, MOTION_STATUS.lapsed)
  assert.is(world.member(9).status, MEMBER_STATUS.former)
  assert.equal(world.governance.carried, [])
  assert.equal(world.governance.openApplications, [])
  assert.equal(world.block([world.acts.ready(9)]), ['refused MEMBER_UNKNOWN'])
  assert.equal(world.block([world.acts.apply(9)]), ['applied'])
})

test('one member’s batches bring four applications that are open, and sixty-four are open in all', () => {
  const world = new GovernanceWorld({ weights: Array.from({ length: 17 }, () => 1) })
  for (let carrier = 0; carrier < 16; carrier++)
    for (let place = 0; place < 4; place++) {
      const apply = world.acts.apply(20 + 4 * carrier + place)
      assert.equal(world.block([apply], { carrier }), ['applied'])
    }
  const last = world.acts.apply(19)
  assert.equal(world.block([last], { carrier: 16 }), ['refused APPLICATIONS_FULL'])
  world.block([], { stepMs: WEEK_MS })
  for (const who of [20, 21, 22, 23])
    assert.equal(world.block([world.acts.apply(who)], { carrier: 3 }), ['applied'])
  assert.equal(world.block([last], { carrier: 3 }), ['refused APPLICATIONS_FULL'])
  assert.equal(world.block([last], { carrier: 4 }), ['applied'])
})

test('strangers use up what their carrier may introduce, and then wait', () => {
  const world = new GovernanceWorld({
    parameters: { introductionsBurst: 4, introductionsPerHour: 1 }
  })
  const [first, second] = [world.acts.apply(9), world.acts.apply(10)]
  assert.equal(world.block([first, second]), ['applied', 'waits QUOTA_EMPTY'])
  assert.equal(world.block([second], { carrier: 1 }), ['applied'])
})

test('who left may ask again, with its sequence going on', () => {
  const world = new GovernanceWorld()
  world.block([world.acts.leave(3)])
  world.settle()
  const { memberSequence } = world.member(3)
  assert.ok(memberSequence > 0)
  world.admit(3)
  assert.equal(world.seated, [0, 1, 2, 3])
  assert.ok(world.member(3).memberSequence > memberSequence)
  const { voteKey, seatedSinceEpoch } = world.member(3)
  assert.equal(voteKey, publicKeyOf(voteKeyOf(3, 1)))
  assert.is(seatedSinceEpoch, 2)
})

test('where certificates are enough, they carry the application at once', () => {
  const world = anchored()
  const apply = world.acts.apply(MEMBER, proofsOf('memberByIntermediate', 'intermediateEd'))
  assert.equal(world.block([apply]), ['applied'])
  assert.is(motionOf(world, apply.id).status, MOTION_STATUS.carried)
  assert.equal(world.state.read(applications, apply.id)?.trustRoot, ED.key)
  world.block([world.acts.ready(MEMBER)])
  assert.is(world.settle(), 1)
  assert.equal(world.seated, [0, 1, 2, 3, MEMBER])
  assert.equal(world.member(MEMBER).trustRoot, ED.key)
})

const REFUSED: readonly (readonly [why: string, code: string, names: readonly string[]])[] = [
  ['without a certificate', 'ANCHOR_MISSING', []],
  ['with the certificate of somebody else', 'ANCHOR_SUBJECT_WRONG', ['secondByEd']],
  ['with one that has expired', 'ANCHOR_EXPIRED', ['memberExpired']],
  ['with one of a foreign root', 'ANCHOR_ROOT_UNKNOWN', ['memberByForeign']],
  ['with what is none', 'ANCHOR_MALFORMED', ['memberUnknownCritical']]
]
for (const [why, code, names] of REFUSED)
  test(`where certificates are asked for, nobody applies ${why}`, () => {
    const world = anchored()
    const apply = world.acts.apply(MEMBER, proofsOf(...names))
    assert.equal(world.block([apply]), [`refused ${code}`])
    assert.equal(world.governance.openApplications, [])
  })

test('a root admits as many as its quota says, seated and expected together', () => {
  const world = anchored()
  const apply = (who: number, name: string): readonly string[] =>
    world.block([world.acts.apply(who, proofsOf(name))])
  assert.equal(apply(MEMBER, 'memberByEd'), ['applied'])
  world.block([world.acts.ready(MEMBER)])
  world.settle()
  assert.equal(apply(SECOND, 'secondByEd'), ['applied'])
  assert.equal(apply(THIRD, 'thirdByEd'), ['refused ANCHOR_QUOTA_FULL'])
  world.block([world.acts.leave(MEMBER)])
  world.settle()
  assert.equal(apply(THIRD, 'thirdByEd'), ['applied'])
})

test('where certificates are not asked for, wrong ones are refused all the same', () => {
  const world = new GovernanceWorld()
  const apply = world.acts.apply(MEMBER, proofsOf('memberByEd'))
  assert.equal(world.block([apply]), ['refused ANCHOR_ROOT_UNKNOWN'])
})

test.run()
