import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  applications,
  type Genesis,
  governanceTable,
  type LedgerView,
  MEMBER_STATUS,
  MOTION_STATUS,
  type Motion,
  type MotionRecord,
  members,
  motions,
  PARAMETERS,
  type PlainTrustModel,
  plainTrustPolicy,
  readGovernance,
  SINGLE_KEY
} from '../../protocol/index.ts'
import { foundingState, foundingWorld } from '../api/testing/founding-world.ts'
import { GENESIS } from '../testing/small-network.ts'
import { createGovernanceService } from './governance-view.ts'

const test = suite('governance as people see it')

const id = (byte: number): Uint8Array => new Uint8Array(32).fill(byte)

/** A genesis of so many members of weight one, by a model of trust. */
function genesisOf(count: number, model: PlainTrustModel = 'open-vote'): Genesis {
  const [first] = GENESIS.members
  return {
    ...GENESIS,
    trust: plainTrustPolicy(model),
    members: Array.from({ length: count }, (_, index) => ({
      ...(first as Genesis['members'][number]),
      memberId: id(index + 1),
      voteKey: id(index + 101)
    }))
  }
}

function putMotion(
  state: LedgerView,
  motionId: Uint8Array,
  { motion, yes, change = {} }: { motion: Motion; yes: number[]; change?: Partial<MotionRecord> }
): void {
  state.write(motions, motionId, {
    motion,
    openedBy: id(1),
    openedAtMs: GENESIS.timeMs,
    notAfterMs: GENESIS.timeMs + 1000,
    status: MOTION_STATUS.open,
    ballots: yes.map((member) => ({ memberId: id(member), choice: 1 })),
    settledAtMs: 0,
    ...change
  })
  const governance = readGovernance(state)
  state.write(governanceTable, SINGLE_KEY, {
    ...governance,
    openMotions: [...governance.openMotions, motionId]
  })
}

function putApplication(state: LedgerView, applicationId: Uint8Array): void {
  state.write(applications, applicationId, {
    apply: {
      kind: 'member-apply',
      memberId: id(9),
      voteKey: id(109),
      nextVoteKeyHash: id(0),
      recoveryKeyHash: id(0),
      operatorId: new Uint8Array(16),
      region: 'eu',
      endpoints: [],
      softwareHash: id(0),
      proofs: []
    },
    openedAtMs: GENESIS.timeMs,
    notAfterMs: GENESIS.timeMs + 1000,
    trustRoot: null,
    carrierId: id(1)
  })
  const governance = readGovernance(state)
  state.write(governanceTable, SINGLE_KEY, { ...governance, openApplications: [applicationId] })
}

const heartbeat: Motion = {
  type: 'change-parameter',
  number: PARAMETERS.findIndex(({ name }) => name === 'heartbeatMs'),
  value: 30_000
}

function serviceOf(
  genesis: Genesis,
  prepare: (state: LedgerView) => void = () => undefined
): ReturnType<typeof createGovernanceService> {
  const state = foundingState(genesis)
  prepare(state)
  return createGovernanceService(() => foundingWorld(genesis, state))
}

test('an open motion tells its ballots, and what it needs', () => {
  const service = serviceOf(genesisOf(4), (state) =>
    putMotion(state, id(50), { motion: heartbeat, yes: [1, 2] })
  )
  const [motion] = service.motions()
  assert.is(motion?.sentence, '2 of 4 ballots, needs 3')
  assert.is(motion?.question, 'change heartbeatMs from 60000 to 30000 ms')
  assert.equal([motion?.yesWeight, motion?.noWeight, motion?.yesNeeded], [2, 0, 3])
  assert.equal(motion?.ballots[0], { memberId: id(1), choice: 'yes', weight: 1 })
  assert.is(service.motion(id(51)), null)
})

test('where the trust model decides, what is missing is told for each of its ways', () => {
  const admit: Motion = { type: 'admit', applicationId: id(50) }
  const service = serviceOf(genesisOf(4, 'vouch'), (state) => {
    putApplication(state, id(50))
    // The third said yes while another trust model was in force, and certifies nobody with it.
    putMotion(state, id(50), { motion: admit, yes: [1, 2, 3], change: { openedBy: null } })
    for (const who of [1, 2]) {
      const member = state.read(members, id(who))
      assert.ok(member)
      state.write(members, id(who), { ...member, vouchees: [id(9)] })
    }
  })
  const motion = service.motion(id(50))
  assert.is(motion?.yesNeeded, null)
  assert.is(motion?.ways?.[0]?.[0]?.have, 2)
  assert.match(motion?.sentence ?? '', /^2 of \d certifications/)
  const [application] = service.applications()
  assert.is(application?.stage, 'open')
  assert.is(application?.sentence, motion?.sentence)
})

test('an admitted applicant is told apart from one that is ready', () => {
  const admit: Motion = { type: 'admit', applicationId: id(50) }
  const state = foundingState(genesisOf(4))
  putApplication(state, id(50))
  putMotion(state, id(50), {
    motion: admit,
    yes: [1, 2, 3],
    change: { status: MOTION_STATUS.carried, settledAtMs: GENESIS.timeMs }
  })
  const incoming = { ...state.read(members, id(1)), status: MEMBER_STATUS.incoming, ready: null }
  state.write(
    members,
    id(9),
    incoming as Parameters<typeof state.write<typeof incoming>>[2] as never
  )
  const service = createGovernanceService(() => foundingWorld(genesisOf(4), state))
  assert.is(service.application(id(50))?.stage, 'admitted')
  assert.is(service.overview().members.at(-1)?.status, 'incoming')
  const ready = { epoch: 1, voteKey: id(109), nextVoteKeyHash: id(0) }
  state.write(members, id(9), { ...incoming, ready } as never)
  assert.is(service.application(id(50))?.stage, 'ready')
})

test('what a motion would do is told with those who are missing now', () => {
  const remove: Motion = { type: 'remove', memberId: id(2), reasonHash: id(0) }
  const { whatIf } = serviceOf(genesisOf(5))
  const answer = whatIf(remove)
  assert.is(answer.fault, null)
  assert.equal(
    [answer.after.members, answer.after.quorumWeight, answer.after.faultWeight],
    [4, 3, 1]
  )
  assert.is(answer.sentence, 'after this: n=4, Q=3, f=1; with those missing now the ledger stands')
  assert.is(answer.missing?.length, 4)
  assert.is(answer.needed, '0 of 5 ballots, needs 4')
})

test('a seat that an application asks for is counted, and that f would be 0 is said', () => {
  const admit: Motion = { type: 'admit', applicationId: id(50) }
  const all = serviceOf(genesisOf(2), (state) => putApplication(state, id(50)))
  const answer = all.whatIf(admit)
  assert.is(answer.after.members, 3)
  assert.ok(answer.warnings.some((warning) => warning.startsWith('f is 0 then')))
  assert.ok(answer.warnings.some((warning) => warning.includes('shown its vote key')))
})

test('a motion that the rules forbid says why', () => {
  const answer = serviceOf(genesisOf(4)).whatIf({ ...heartbeat, value: 60_000 })
  assert.is(answer.fault, 'NOTHING_CHANGES')
  assert.is(answer.sentence, 'not as things stand: it would change nothing')
})

test('the overview names every member with the time that its membership has left', () => {
  const overview = serviceOf(genesisOf(4)).overview()
  assert.is(overview.members.length, 4)
  assert.is(overview.members[0]?.renewalDueInMs, GENESIS.parameters.membershipMs)
  assert.equal([overview.epoch, overview.quorumWeight, overview.isSealDue], [0, 3, false])
})

test.run()
