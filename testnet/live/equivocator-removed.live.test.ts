import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { evidenceOfVotes } from '../../node/membership/own-acts.ts'
import {
  type BlockId,
  type Certificate,
  decodeSealProofs,
  genesisElectorate,
  judgeSeal,
  MEMBER_OFFENCES,
  type SignedVote,
  toHex
} from '../../protocol/index.ts'
import {
  allTakenIsFinal,
  type GovernedNet,
  governanceOf,
  lastCertificate,
  loadLightly,
  membersOf,
  openGovernedNet,
  seatOf,
  someMoreFinal,
  statusOf,
  untilEpoch,
  untilItVotes,
  untilRole,
  untilSeated
} from './governed-net.ts'
import type { LightLoad } from './light-load.ts'
import { rootsOf, waitFor } from './live-net.ts'
import { ask, askBytes } from './node-questions.ts'
import { type Operator, sayFinal } from './operator.ts'

const test = suite('a member that votes twice is removed by rule')
const MESSAGES = 3_000
const HONEST = [0, 1, 2]
const LIAR = 3
const PROGRAM = fileURLToPath(new URL('../adversaries/double-voter-node.js', import.meta.url))

interface TombstoneJson {
  readonly offence: number
  readonly atHeight: number
}

let net: GovernedNet
let load: LightLoad

test.before(async () => {
  net = await openGovernedNet(4, 0, { programs: new Map([[LIAR, PROGRAM]]) })
  load = await loadLightly(net, { messages: MESSAGES, urls: HONEST.map(url) })
})
test.after(async () => {
  await load?.stop()
  await net?.close()
})

test('votes that do not contradict each other accuse nobody, however genuine', async () => {
  const first = await certificateOver(0)
  const second = await certificateOver(first.vote.view)
  const both = first.signatures.find(({ signer }) => voteOf(second, signer) !== undefined)
  assert.ok(both, 'two quorums of four share a member')
  const pair = [voteOf(first, both.signer), voteOf(second, both.signer)] as const
  await assertRefused(pair as readonly [SignedVote, SignedVote])
  const [genuine] = pair as readonly [SignedVote, SignedVote]
  await assertRefused([genuine, genuine])
})

test('a vote that somebody invents accuses nobody: nobody else signs with a member’s key', async () => {
  const certificate = await certificateOver(0)
  const [one, other] = certificate.signatures
  assert.ok(one && other)
  const genuine = { vote: certificate.vote, ...one }
  const { vote } = genuine
  const blockId = toHex(new Uint8Array(32).fill(7)) as BlockId
  const contrary = { ...vote, subject: vote.subject && { ...vote.subject, blockId } }
  for (const signature of [one.signature, other.signature, new Uint8Array(64)])
    await assertRefused([genuine, { vote: contrary, signer: one.signer, signature }])
})

test('after all accusations that prove nothing everybody still sits where it sat', async () => {
  assert.is((await statusOf(url(0))).epoch, 0)
  assert.is((await membersOf(url(0))).length, 4)
  for (const index of [...HONEST, LIAR]) assert.is(await tombstoneOf(index), null)
  await untilItVotes(url(0), operator(LIAR))
})

test('who signs two votes of one view has no seat in the very next epoch, and nobody put a motion', async () => {
  process.kill(net.cluster.nodes[LIAR]?.pid() as number, 'SIGUSR2')
  await untilEpoch(HONEST.map(url), 1)
  const [seal] = decodeSealProofs((await askBytes(url(0), '/v1/seals?from=0')) as Uint8Array) ?? []
  const electorate = genesisElectorate(net.genesis)
  const judged = seal && judgeSeal(seal, { networkTag: net.network.networkTag, electorate })
  assert.ok(judged?.ok)
  assert.ok(electorate.indexOf.has(operator(LIAR).name))
  assert.equal(
    [...judged.value.indexOf.keys()].sort(),
    HONEST.map((index) => operator(index).name).sort()
  )
  const { body } = await ask(url(0), '/v1/motions')
  assert.equal((body as { readonly motions?: unknown }).motions, [])
  assert.is((await governanceOf(url(0))).openMotions, 0)
})

test('its name has a tombstone at all members, and it is never seated again', async () => {
  for (const index of HONEST) {
    const tombstone = await waitFor(
      'a tombstone',
      async () => (await tombstoneOf(LIAR, index)) ?? undefined
    )
    assert.is(tombstone.offence, MEMBER_OFFENCES.twoNotarise)
  }
  await untilSeated(HONEST.map(url), HONEST.map(operator))
  await untilRole([url(LIAR)], 'observer')
  const said = await operator(LIAR).tryApply()
  assert.equal([said.outcome, said.code], ['refused', 'MEMBER_TOMBSTONED'])
  assert.is(await seatOf(url(0), operator(LIAR)), -1)
})

test('the three that are left lose nothing of what was taken in, and have one state', async () => {
  await someMoreFinal(load)
  await allTakenIsFinal(load, HONEST.map(url))
  assert.is(new Set((await rootsOf(net.urls)).roots).size, 1)
  for (const index of HONEST) assert.is(await tombstoneOf(index), null)
  assert.equal(net.ends, [])
})

test.run()

/** Whoever is accused by two votes stays what it was. */
async function assertRefused(pair: readonly [SignedVote, SignedVote]): Promise<void> {
  const seat = genesisElectorate(net.genesis).seats[pair[0].signer]
  assert.ok(seat)
  const said = await sayFinal(url(0), evidenceOfVotes(seat.memberId, pair))
  assert.equal([said.outcome, said.code], ['refused', 'EVIDENCE_WRONG'])
}

/** A certificate of a later view than the given one. */
function certificateOver(view: number): Promise<Certificate> {
  return waitFor(`a certificate of a view over ${view}`, async () => {
    const certificate = await lastCertificate(url(0))
    return certificate !== undefined && certificate.vote.view > view ? certificate : undefined
  })
}

function voteOf({ vote, signatures }: Certificate, member: number): SignedVote | undefined {
  const found = signatures.find(({ signer }) => signer === member)
  return found && { vote, ...found }
}

/** What the ledger holds against a member for ever; null for nothing. */
async function tombstoneOf(index: number, at = 0): Promise<TombstoneJson | null> {
  const { body } = await ask(url(at), `/v1/state/tombstones/${operator(index).name}`)
  const { state } = body as unknown as {
    readonly state?: { readonly record: TombstoneJson | null }
  }
  assert.ok(state)
  return state.record
}

function operator(index: number): Operator {
  return net.operators[index] as Operator
}

function url(index: number): string {
  return operator(index).url
}
