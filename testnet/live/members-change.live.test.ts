import { randomBytes } from 'node:crypto'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createEd25519Signer } from '#crypto'
import {
  checkFollowing,
  checkReceipt,
  type LedgerFollower,
  trustGenesis
} from '../../client/index.ts'
import { type ActSigner, type MemberAct, signAct } from '../../node/membership/own-acts.ts'
import { type KeyPair, type NodeKeys, readNodeKeys } from '../../node/node-keys.ts'
import { dataPaths } from '../../node/storage/data-directory.ts'
import {
  decodeCbor,
  decodeCertificate,
  decodeSealProofs,
  fromHex,
  keyHash,
  type SealProof
} from '../../protocol/index.ts'
import { type LightLoad, notAppliedAt, signBefore, startLightLoad } from './light-load.ts'
import { type LiveNet, type LiveNode, openLiveNet, rootsOf, waitFor } from './live-net.ts'
import { ask, askBytes, submitFinal } from './node-questions.ts'
import { registerFleet } from './spoken.ts'

const test = suite('members change under load')
const LANES = 4
const MESSAGES = 600
const MORE = 8
const NEWCOMER = 4
const LAPSE_MS = 600_000

let net: LiveNet
let urls: readonly string[]
let keys: readonly NodeKeys[]
let load: LightLoad
let client: LedgerFollower
let lastSequence = 0

test.before(async () => {
  net = await openLiveNet(4, 1)
  urls = net.nodes.map((node) => node.url)
  // A light client that knows the founders alone, from before all that follows.
  client = trustGenesis(net.genesis)
  keys = await Promise.all(
    net.nodes.map(({ dataFolder }) => readNodeKeys(dataPaths(dataFolder).keys, { kind: 'plain' }))
  )
  const fleet = await registerFleet(net, LANES)
  const chains = await Promise.all(fleet.map((one) => signBefore(net.network, one, MESSAGES)))
  load = startLightLoad(urls, chains)
})
test.after(async () => {
  await load?.stop()
  await net?.close()
})

test('an observer applies, three ballots admit it, and it votes from the next epoch on', async () => {
  await someMoreFinal()
  const { identity, voteKeys } = keysOf(NEWCOMER)
  const [first, second] = [voteKeys.get(0) as KeyPair, voteKeys.get(1) as KeyPair]
  const applicationId = await act(
    NEWCOMER,
    {
      kind: 'member-apply',
      memberId: identity.publicKey,
      voteKey: first.publicKey,
      nextVoteKeyHash: keyHash(second.publicKey),
      recoveryKeyHash: keyHash(new Uint8Array(randomBytes(32))),
      operatorId: new Uint8Array(16).fill(7),
      region: net.genesis.regions[0] as string,
      endpoints: [],
      softwareHash: new Uint8Array(32),
      proofs: []
    },
    first
  )
  for (const voter of [0, 1]) await vote(voter, applicationId)
  assert.is((await statusOf(NEWCOMER)).role, 'observer')
  await vote(2, applicationId)
  await untilEpoch(1, [0, 1, 2, 3, NEWCOMER])
  assert.is((await statusOf(NEWCOMER)).role, 'member')
  await someMoreFinal()
  await waitFor('a certificate with the newcomer’s vote', async () => {
    const signers = await lastSigners(0)
    return signers.includes(await seatOf(NEWCOMER)) ? true : undefined
  })
})

test('one of five is voted out: it takes no more part, and everything goes on', async () => {
  const before = await seatOf(3)
  assert.ok(before >= 0)
  const motionId = await act(0, {
    kind: 'motion-open',
    memberId: idOf(0),
    memberSequence: nextSequence(),
    motion: { type: 'remove', memberId: idOf(3), reasonHash: new Uint8Array(32) },
    notAfterMs: Date.now() + LAPSE_MS
  })
  for (const voter of [0, 1, 2, NEWCOMER]) await vote(voter, motionId)
  await untilEpoch(2, [0, 1, 2, 3, NEWCOMER])
  assert.is((await statusOf(3)).role, 'observer')
  assert.is(await seatOf(3), -1)
  await someMoreFinal()
  await someMoreFinal()
})

test('all that was taken in is final at all five, and their states are one', async () => {
  await load.stop()
  const { taken } = load.report()
  assert.ok(taken.length > 0)
  for (const each of urls)
    await waitFor(`${each} to hold all that was taken in`, async () =>
      (await notAppliedAt(each, taken)).length === 0 ? true : undefined
    )
  assert.is(new Set((await rootsOf(urls)).roots).size, 1)
})

test('a light client from before it all follows the seals and checks a reading from after', async () => {
  const { final } = load.report()
  const last = final[final.length - 1] as string
  const receipt = await askBytes(url(3), `/v1/receipts/${last}`)
  assert.ok(receipt)
  assert.is(client.newest.epoch, 0)
  const seals = async (from: number): Promise<readonly SealProof[]> =>
    decodeSealProofs((await askBytes(url(NEWCOMER), `/v1/seals?from=${from}`)) as Uint8Array) ?? []
  const checked = await checkFollowing(client, { seals }, (trusted) =>
    checkReceipt(trusted, fromHex(last) as Uint8Array, receipt)
  )
  assert.ok(checked.ok)
  assert.is(client.newest.epoch, 2)
})

test('keys of the epochs that are over are gone from the disks', async () => {
  for (const index of [0, 1, 2]) {
    const held = await readNodeKeys(dataPaths(nodeOf(index).dataFolder).keys, { kind: 'plain' })
    assert.not(held.voteKeys.has(0))
  }
})

test.run()

function nodeOf(index: number): LiveNode {
  return net.nodes[index] as LiveNode
}

function url(index: number): string {
  return urls[index] as string
}

function keysOf(index: number): NodeKeys {
  return keys[index] as NodeKeys
}

function idOf(index: number): Uint8Array {
  return keysOf(index).identity.publicKey
}

/** Hands an act of a node's operator in at that node; resolves with its id when it has been applied. */
async function act(index: number, said: MemberAct, voteKey?: KeyPair): Promise<Uint8Array> {
  const identity = signerOf(keysOf(index).identity)
  const signers = voteKey === undefined ? { identity } : { identity, voteKey: signerOf(voteKey) }
  const wire = signAct(net.network.networkTag, said, signers)
  const { body } = await submitFinal(url(index), wire)
  assert.equal([body.transaction?.outcome, body.transaction?.code], ['applied', null])
  return fromHex(body.transaction?.transactionId as string) as Uint8Array
}

async function vote(index: number, motionId: Uint8Array): Promise<void> {
  const memberId = idOf(index)
  await act(index, {
    kind: 'ballot',
    memberId,
    memberSequence: nextSequence(),
    motionId,
    choice: 1
  })
}

/** Operators take the time for their sequences. */
function nextSequence(): number {
  lastSequence = Math.max(lastSequence + 1, Date.now())
  return lastSequence
}

function signerOf({ seed }: KeyPair): ActSigner {
  return createEd25519Signer(seed)
}

interface StatusJson {
  readonly role: string
  readonly epoch: number
}

async function statusOf(index: number): Promise<StatusJson> {
  const { body } = await ask(url(index), '/v1/status')
  return (body as unknown as { readonly status: StatusJson }).status
}

async function untilEpoch(epoch: number, nodes: readonly number[]): Promise<void> {
  for (const index of nodes)
    await waitFor(`epoch ${epoch} at node ${index}`, async () =>
      (await statusOf(index)).epoch >= epoch ? true : undefined
    )
}

/** The seat of a node as the first one sees it; -1 when it has none. */
async function seatOf(index: number): Promise<number> {
  const { body } = await ask(url(0), '/v1/members')
  const { members } = body as unknown as { readonly members: readonly { memberId: string }[] }
  return members.findIndex(({ memberId }) => memberId === Buffer.from(idOf(index)).toString('hex'))
}

/** The seats whose votes finalised the last block. */
async function lastSigners(index: number): Promise<readonly number[]> {
  const { body } = await ask(url(index), '/v1/status')
  const { height } = (body as unknown as { readonly status: { readonly height: number } }).status
  const answer = decodeCbor((await askBytes(url(index), `/v1/blocks/${height}`)) as Uint8Array)
  const [, bytes] = answer as readonly [Uint8Array, Uint8Array | null]
  const certificate = bytes === null ? undefined : decodeCertificate(bytes)
  return certificate?.signatures.map(({ signer }) => signer) ?? []
}

/** Waits until the load has seen more messages become final. */
async function someMoreFinal(): Promise<void> {
  const before = load.report().final.length
  await waitFor('more readings to become final', async () =>
    load.report().final.length >= before + MORE ? true : undefined
  )
}
