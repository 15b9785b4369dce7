import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { encodeCertificateMessage, encodeVoteMessage } from '../../consensus/message.ts'
import type { SignedVote } from '../../consensus/vote.ts'
import { leaderOf, leaderOrder } from '../../membership/leaders.ts'
import { accuse, convict, voteOf, type WorldVote } from '../../testing/governance-evidence.ts'
import { idOf, numberOf } from '../../testing/governance-keys.ts'
import { motionOf, parameterMotion } from '../../testing/governance-motions.ts'
import { GovernanceWorld } from '../../testing/governance-world.ts'
import { MEMBER_OFFENCES } from '../../transactions/member-evidence.ts'
import type { View } from '../../types.ts'
import { tombstones } from '../records/governance-record.ts'
import { MEMBER_STATUS } from '../records/member-record.ts'
import { MOTION_STATUS } from '../records/motion-record.ts'

const test = suite('member-evidence')

const { twoProposals, twoNotarise, twoFinalise, nullifyAndFinalise } = MEMBER_OFFENCES
const TWO_DAYS_MS = 2 * 86_400_000
const LIAR = 2

/** Whose turn a view is, and a view whose turn is not theirs. */
function turnsOf(
  world: GovernanceWorld,
  who: number
): { readonly own: number; readonly other: number } {
  const { electorate } = world.version
  const order = leaderOrder(electorate)
  const leads = (view: number): boolean => {
    const seat = electorate.seats[leaderOf(order, view as View)]
    return seat !== undefined && numberOf(seat.memberId) === who
  }
  const views = Array.from({ length: 12 }, (_, index) => index + 1)
  return {
    own: views.find(leads) as number,
    other: views.find((view) => !leads(view)) as number
  }
}

const world0 = new GovernanceWorld()
const { own: OWN_VIEW, other: OTHER_VIEW } = turnsOf(world0, LIAR)
const notarise = (block: number, view = 5): WorldVote => ({ kind: 'notarise', view, block })
const finalise = (block: number, view = 5): WorldVote => ({ kind: 'finalise', view, block })
const nullify = (view = 5): WorldVote => ({ kind: 'nullify', view })

const OFFENCES: readonly (readonly [
  why: string,
  offence: number,
  first: WorldVote,
  second: WorldVote
])[] = [
  ['proposes twice in a view', twoProposals, notarise(1, OWN_VIEW), notarise(2, OWN_VIEW)],
  ['notarises two blocks in a view', twoNotarise, notarise(1), notarise(2)],
  [
    'notarises one block on two parents',
    twoNotarise,
    { ...notarise(1), parentView: 3 },
    { ...notarise(1), parentView: 4 }
  ],
  ['finalises two blocks in a view', twoFinalise, finalise(1), finalise(2)],
  ['nullifies and finalises one view', nullifyAndFinalise, nullify(), finalise(1)]
]

for (const [why, offence, first, second] of OFFENCES)
  test(`whoever ${why} is convicted, and removed at the next seal`, () => {
    const world = new GovernanceWorld()
    const votes = [voteOf(world, LIAR, first), voteOf(world, LIAR, second)] as const
    const act = accuse(world, { who: LIAR, offence, votes })
    assert.equal(world.block([act]), ['applied'])
    assert.equal(world.state.read(tombstones, idOf(LIAR)), {
      offence,
      atHeight: world.version.height
    })
    assert.equal(world.governance.removals, [idOf(LIAR)])
    assert.equal(world.seated, [0, 1, 2, 3])
    assert.is(world.settle(), 1)
    assert.equal(world.seated, [0, 1, 3])
    assert.equal(world.governance.removals, [])
    assert.is(world.member(LIAR).status, MEMBER_STATUS.former)
  })

const HONEST: readonly (readonly [
  why: string,
  offence: number,
  first: WorldVote,
  second: WorldVote
])[] = [
  ['the same vote twice', twoNotarise, notarise(1), notarise(1)],
  ['the same finalisation twice', twoFinalise, finalise(1), finalise(1)],
  ['votes of two views', twoNotarise, notarise(1, 5), notarise(2, 6)],
  ['finalisations of two views', twoFinalise, finalise(1, 5), finalise(2, 6)],
  [
    'a nullification of one view and a finalisation of another',
    nullifyAndFinalise,
    nullify(5),
    finalise(1, 6)
  ],
  ['a notarisation and a finalisation', twoFinalise, notarise(1), finalise(1)],
  ['a notarisation and a finalisation of another block', twoNotarise, notarise(1), finalise(2)],
  ['a notarisation and a nullification', nullifyAndFinalise, nullify(), notarise(1)],
  ['a notarisation and a nullification in that order', twoNotarise, notarise(1), nullify()],
  ['a nullification twice', nullifyAndFinalise, nullify(), nullify()],
  [
    'two notarisations as if it had been its turn',
    twoProposals,
    notarise(1, OTHER_VIEW),
    notarise(2, OTHER_VIEW)
  ],
  ['two notarisations as if they were finalisations', twoFinalise, notarise(1), notarise(2)],
  [
    'votes about the block that an epoch stands on',
    twoNotarise,
    { ...notarise(1, 0), parentView: 0 },
    { ...notarise(2, 0), parentView: 0 }
  ]
]

for (const [why, offence, first, second] of HONEST)
  test(`nobody is convicted of ${why}`, () => {
    const world = new GovernanceWorld()
    const votes = [voteOf(world, LIAR, first), voteOf(world, LIAR, second)] as const
    const act = accuse(world, { who: LIAR, offence, votes })
    assert.equal(world.block([act]), ['refused EVIDENCE_WRONG'])
    assert.is(world.state.read(tombstones, idOf(LIAR)), undefined)
    assert.is(world.version.nextEpoch, null)
  })

test('a forged vote convicts nobody, nor that of another member', () => {
  const world = new GovernanceWorld()
  const [first, second] = [voteOf(world, LIAR, notarise(1)), voteOf(world, LIAR, notarise(2))]
  const spoilt = (vote: SignedVote): SignedVote => {
    const signature = Uint8Array.from(vote.signature)
    signature[0] = (signature[0] as number) ^ 1
    return { ...vote, signature }
  }
  const pairs: readonly (readonly [SignedVote, SignedVote])[] = [
    [spoilt(first), second],
    [first, spoilt(second)],
    [first, voteOf(world, 1, notarise(2))],
    [voteOf(world, 1, notarise(1)), voteOf(world, 1, notarise(2))]
  ]
  const acts = pairs.map((votes) => accuse(world, { who: LIAR, offence: twoNotarise, votes }))
  assert.equal(
    world.block(acts),
    acts.map(() => 'refused EVIDENCE_WRONG')
  )
})

test('votes of two epochs contradict nobody, and a vote counts in its own epoch only', () => {
  const world = new GovernanceWorld()
  const before = voteOf(world, LIAR, notarise(1))
  world.block([world.acts.ready(LIAR)])
  world.carry(parameterMotion('membersMin', 2))
  world.settle()
  const after = voteOf(world, LIAR, notarise(2))
  for (const epoch of [0, 1]) {
    const act = accuse(world, { who: LIAR, offence: twoNotarise, votes: [before, after], epoch })
    assert.equal(world.block([act]), ['refused EVIDENCE_WRONG'])
  }
  const votes = [before, voteOf(world, LIAR, { ...notarise(2), epoch: 0 })] as const
  const wrong = accuse(world, { who: LIAR, offence: twoNotarise, votes, epoch: 1 })
  assert.equal(world.block([wrong]), ['refused EVIDENCE_WRONG'])
  const right = accuse(world, { who: LIAR, offence: twoNotarise, votes, epoch: 0 })
  assert.equal(world.block([right]), ['applied'])
})

test('what is no vote, or lacks its counterpart, is no evidence', () => {
  const world = new GovernanceWorld()
  const vote = encodeVoteMessage(voteOf(world, LIAR, notarise(1)))
  const other = encodeVoteMessage(voteOf(world, LIAR, notarise(2)))
  world.block()
  const [block] = world.blocks
  assert.ok(block)
  const certificate = encodeCertificateMessage(world.certify('notarise', block))
  const place = { offence: twoNotarise, accusedMemberId: idOf(LIAR), epoch: 0 }
  const items: readonly (readonly [Uint8Array, Uint8Array | null, Uint8Array | null])[] = [
    [vote, null, null],
    [vote, Uint8Array.of(0xff), null],
    [certificate, vote, null],
    [vote, other, Uint8Array.of(1)]
  ]
  const acts = items.map(([itemA, itemB, proof]) =>
    world.acts.evidence({ ...place, itemA, itemB, proof })
  )
  assert.equal(
    world.block(acts),
    acts.map(() => 'refused EVIDENCE_WRONG')
  )
})

test('evidence about an epoch is taken for so long after its end, and not longer', () => {
  const world = new GovernanceWorld()
  const epoch0 = convict(world, LIAR, 0)
  world.carry(parameterMotion('membersMin', 2))
  world.settle()
  assert.is(world.version.electorate.epoch, 1)
  world.block([], { stepMs: TWO_DAYS_MS })
  assert.equal(world.block([epoch0], { stepMs: 1 }), ['refused EVIDENCE_TOO_OLD'])
  const later = new GovernanceWorld()
  later.carry(parameterMotion('membersMin', 2))
  later.settle()
  assert.equal(later.block([convict(later, LIAR, 0)], { stepMs: TWO_DAYS_MS }), ['applied'])
})

test('the epoch in force is never too old, and one to come is unknown', () => {
  const world = new GovernanceWorld()
  world.block([], { stepMs: 100 * TWO_DAYS_MS })
  const votes = [voteOf(world, LIAR, notarise(1)), voteOf(world, LIAR, notarise(2))] as const
  const future = accuse(world, { who: LIAR, offence: twoNotarise, votes, epoch: 7 })
  assert.equal(world.block([future]), ['refused EVIDENCE_TOO_OLD'])
  assert.equal(world.block([convict(world, LIAR)]), ['applied'])
})

test('who was convicted once is not convicted again, and never comes back', () => {
  const world = new GovernanceWorld()
  const again = convict(world, LIAR)
  assert.equal(world.block([convict(world, LIAR)]), ['applied'])
  world.settle()
  assert.equal(world.block([again]), ['refused MEMBER_TOMBSTONED'])
  assert.equal(world.block([world.acts.apply(LIAR)]), ['refused MEMBER_TOMBSTONED'])
  world.block([], { stepMs: 1000 * TWO_DAYS_MS })
  assert.equal(world.block([world.acts.apply(LIAR)]), ['refused MEMBER_TOMBSTONED'])
})

test('who left is convicted of what it did before, and its new application falls', () => {
  const world = new GovernanceWorld()
  world.block([world.acts.leave(LIAR)])
  world.settle()
  const apply = world.acts.apply(LIAR)
  world.block([apply])
  assert.equal(world.block([convict(world, LIAR, 0)]), ['applied'])
  assert.is(motionOf(world, apply.id).status, MOTION_STATUS.lapsed)
  assert.equal(world.governance.openApplications, [])
  assert.equal(world.block([world.acts.ballot(0, apply.id, 1)]), ['refused MOTION_CLOSED'])
})

test('who left and is about to be seated again is convicted too', () => {
  const world = new GovernanceWorld()
  world.block([world.acts.leave(LIAR)])
  world.settle()
  const apply = world.acts.apply(LIAR)
  world.block([apply])
  world.agree(apply.id)
  assert.equal(world.block([convict(world, LIAR, 0)]), ['applied'])
  assert.is(world.member(LIAR).status, MEMBER_STATUS.former)
  assert.equal(world.governance.carried, [])
  assert.equal(world.block([world.acts.ready(LIAR)]), ['refused MEMBER_UNKNOWN'])
  assert.is(world.settle(), 0)
  assert.equal(world.seated, [0, 1, 3])
})

test('evidence draws on what its carrier may introduce', () => {
  const world = new GovernanceWorld({
    parameters: { introductionsBurst: 1, introductionsPerHour: 1 }
  })
  const acts = [convict(world, LIAR), convict(world, 3)]
  assert.equal(world.block(acts), ['applied', 'waits QUOTA_EMPTY'])
  assert.is(world.state.read(tombstones, idOf(3)), undefined)
})

test.run()
