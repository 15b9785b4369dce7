import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  type FaultModel,
  type Motion,
  PARAMETERS,
  plainTrustPolicy,
  type TrustPolicy
} from '../../protocol/index.ts'
import { type CertificateAuthority, createCertificateAuthority } from './certificate-authority.ts'
import {
  allTakenIsFinal,
  applicationOf,
  type GovernedNet,
  governanceOf,
  loadLightly,
  memberOf,
  openGovernedNet,
  someMoreFinal,
  statusOf,
  untilOpenWith,
  untilRole,
  untilSeated
} from './governed-net.ts'
import type { LightLoad } from './light-load.ts'
import { rootsOf, waitFor } from './live-net.ts'
import { createApplicant, type Operator } from './operator.ts'

const test = suite('the members choose fault model and trust model')
const MESSAGES = 2_000
const FOUNDERS = [0, 1, 2]
/** Observers, each of whom another trust model admits. */
const [VOTED, VOUCHED, ANCHORED] = [3, 4, 5]
const STOCK = 1
const HOUR_MS = 3_600_000

let net: GovernedNet
let load: LightLoad
let root: CertificateAuthority
/** An application that an open vote does not carry. */
let refused: Uint8Array

test.before(async () => {
  net = await openGovernedNet(3, 3)
  root = createCertificateAuthority('the root of the live tests')
  load = await loadLightly(net, { messages: MESSAGES, urls: FOUNDERS.map(url) })
})
test.after(async () => {
  await load?.stop()
  await net?.close()
})

test('three members choose the crash model, which takes all of them, and then live with the loss of one', async () => {
  const model = await governanceOf(url(0))
  assert.equal([model.faultModel, model.quorumWeight], ['byzantine', 3])
  const motionId = await operator(0).open(toFaultModel('crash'))
  await sayYes(motionId, [0, 1])
  await untilOpenWith(url(0), motionId, '2 of 3 ballots, needs 3')
  await sayYes(motionId, [2])
  await untilModels({ faultModel: 'crash', quorumWeight: 2 })
  const { slug } = operator(2).node
  await net.cluster.kill([slug])
  await someMoreFinal(load)
  await net.cluster.heal([slug])
  await waitFor('the killed member to be back', async () =>
    (await statusOf(url(2)).catch(() => undefined))?.role === 'member' ? true : undefined
  )
})

test('an open vote admits with two thirds of the weight and not with less: three become four', async () => {
  refused = await applicant(0).apply()
  await sayYes(refused, [0])
  await untilOpenWith(url(0), refused, '1 of 3 ballots, needs 2')
  const accepted = await operator(VOTED).apply()
  await sayYes(accepted, [0, 1])
  await untilSeated(net.urls, operators([...FOUNDERS, VOTED]))
  // The electorate has grown since: the one ballot weighs less than before.
  await untilOpenWith(url(0), refused, '1 of 4 ballots, needs 3')
  assert.is((await applicationOf(url(0), refused)).stage, 'open')
})

test('four members go back to the byzantine model with two thirds', async () => {
  const motionId = await operator(VOTED).open(toFaultModel('byzantine'))
  await sayYes(motionId, [0, VOTED])
  await untilOpenWith(url(0), motionId, '2 of 4 ballots, needs 3')
  await sayYes(motionId, [1])
  await untilModels({ faultModel: 'byzantine', quorumWeight: 3 })
  await someMoreFinal(load)
})

test('three quarters choose vouching, where a member without stock can certify nobody', async () => {
  const stock = await operator(0).open({
    type: 'change-parameter',
    number: PARAMETERS.findIndex(({ name }) => name === 'vouchesMax'),
    value: STOCK
  })
  await sayYes(stock, FOUNDERS)
  await changeTrust(plainTrustPolicy('vouch'), { opposed: [VOTED], yes: FOUNDERS, needed: 3 })
  // Its one yes was a vote: it took nothing from anybody's stock, and certifies nothing.
  await untilOpenWith(url(0), refused, '0 of 3 certifications')
  const accepted = await operator(VOUCHED).apply()
  const before = await operator(1).tryVote(await applicant(1).apply())
  assert.equal([before.outcome, before.code], ['applied', null])
  const empty = await operator(1).tryVote(accepted)
  assert.equal([empty.outcome, empty.code], ['refused', 'VOUCH_STOCK_EMPTY'])
  await sayYes(accepted, [0, 2])
  await untilOpenWith(url(0), accepted, '2 of 3 certifications')
  await sayYes(accepted, [VOTED])
  await untilSeated(net.urls, operators([...FOUNDERS, VOTED, VOUCHED]))
  const { vouchers } = await memberOf(url(VOUCHED), operator(VOUCHED))
  assert.equal([...vouchers].sort(), names([0, 2, VOTED]))
})

test('three quarters choose an anchored trust, where a root admits whom it certifies and nobody votes', async () => {
  const voters = [0, 1, 2, VOTED]
  const policy = plainTrustPolicy('anchored', [{ key: root.key, quota: 1 }])
  await changeTrust(policy, { opposed: [VOUCHED], yes: voters, needed: 4 })
  const stranger = createCertificateAuthority('a root that no member knows')
  const other = applicant(2)
  await assertRefused(other, [], 'ANCHOR_MISSING')
  await assertRefused(other, [stranger.certify(other.memberId)], 'ANCHOR_ROOT_UNKNOWN')
  const { memberId } = operator(ANCHORED)
  await assertRefused(other, [root.certify(memberId)], 'ANCHOR_SUBJECT_WRONG')
  await operator(ANCHORED).apply([root.certify(memberId)])
  await untilSeated(net.urls, net.operators)
  assert.is((await memberOf(url(0), operator(ANCHORED))).vouchers.length, 0)
  await assertRefused(other, [root.certify(other.memberId)], 'ANCHOR_QUOTA_FULL')
})

test('all that was taken in is final at all six members, and their states are one', async () => {
  await untilRole(net.urls, 'member')
  await someMoreFinal(load)
  await allTakenIsFinal(load, net.urls)
  assert.is(new Set((await rootsOf(net.urls)).roots).size, 1)
  assert.equal(net.ends, [])
})

test.run()

/** Changes the trust model: with one no among the ballots, and not before as many say yes as it needs. */
async function changeTrust(
  policy: TrustPolicy,
  {
    opposed,
    yes,
    needed
  }: {
    readonly opposed: readonly number[]
    readonly yes: readonly number[]
    readonly needed: number
  }
): Promise<void> {
  const motionId = await operator(0).open({
    type: 'change-trust-model',
    subject: 'members',
    policy,
    renewByMs: Date.now() + HOUR_MS
  })
  for (const voter of opposed) await operator(voter).vote(motionId, 'no')
  await sayYes(motionId, yes.slice(1))
  const { members } = await governanceOf(url(0))
  await untilOpenWith(
    url(0),
    motionId,
    `${needed - 1} of ${members.length} ballots, needs ${needed}`
  )
  await sayYes(motionId, yes.slice(0, 1))
  await untilModels({ trust: policy.model })
}

/** Waits until the rules are so at all nodes. */
async function untilModels(wanted: {
  readonly faultModel?: FaultModel
  readonly quorumWeight?: number
  readonly trust?: string
}): Promise<void> {
  for (const each of net.urls)
    await waitFor(`${JSON.stringify(wanted)} at ${each}`, async () => {
      const { faultModel, quorumWeight, trust } = await governanceOf(each)
      const now = { faultModel, quorumWeight, trust: trust.model, ...wanted }
      const isSo = now.faultModel === faultModel && now.quorumWeight === quorumWeight
      return isSo && now.trust === trust.model ? true : undefined
    })
}

async function assertRefused(
  applicantOf: Operator,
  proofs: readonly Uint8Array[],
  code: string
): Promise<void> {
  const said = await applicantOf.tryApply(proofs)
  assert.equal([said.outcome, said.code], ['refused', code])
}

async function sayYes(motionId: Uint8Array, voters: readonly number[]): Promise<void> {
  for (const voter of voters) await operator(voter).vote(motionId)
}

function toFaultModel(faultModel: FaultModel): Motion {
  return { type: 'change-fault-model', faultModel }
}

/** Somebody with keys and no node yet, who hands its application in at one of the nodes. */
function applicant(at: number): Operator {
  return createApplicant(operator(at).node, net.network, net.genesis.regions[0] as string)
}

function names(indexes: readonly number[]): readonly string[] {
  return operators(indexes)
    .map(({ name }) => name)
    .sort()
}

function operators(indexes: readonly number[]): readonly Operator[] {
  return indexes.map(operator)
}

function operator(index: number): Operator {
  return net.operators[index] as Operator
}

function url(index: number): string {
  return operator(index).url
}
