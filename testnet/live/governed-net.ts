/**
 * A live network that is governed: its operators, and what is asked of nodes about who sits where.
 *
 * @module
 */

import * as assert from 'uvu/assert'
import { checkFollowing, checkReceipt, type LedgerFollower } from '../../client/index.ts'
import {
  type Certificate,
  decodeCbor,
  decodeCertificate,
  decodeSealProofs,
  fromHex,
  type SealProof,
  toHex
} from '../../protocol/index.ts'
import { type LightLoad, notAppliedAt, signBefore, startLightLoad } from './light-load.ts'
import { type LiveNet, type LiveNetChange, openLiveNet, waitFor } from './live-net.ts'
import { ask, askBytes } from './node-questions.ts'
import { type Operator, openOperator } from './operator.ts'
import { registerFleet } from './spoken.ts'

/** A network with an operator for each of its nodes, in the order of the nodes. */
export interface GovernedNet extends LiveNet {
  readonly operators: readonly Operator[]
  readonly urls: readonly string[]
}

/** What is read of a member's standing. */
export interface MemberJson {
  readonly memberId: string
  readonly weight: number
}

/** What is read of a motion or an application: how far it has come, and why. */
export interface StageJson {
  /** Of an application. */
  readonly stage?: string
  /** Of a motion. */
  readonly status?: string
  readonly sentence: string
}

/** What is read of the rules in force. */
export interface GovernanceJson {
  readonly epoch: number
  readonly faultModel: string
  readonly quorumWeight: number
  readonly totalWeight: number
  readonly trust: { readonly model: string }
  readonly openMotions: number
  readonly members: readonly StandingJson[]
}

/** What is read of a member's standing on the ledger. */
export interface StandingJson extends MemberJson {
  readonly vouchers: readonly string[]
}

interface StatusJson {
  readonly role: string
  readonly epoch: number
  readonly height: number
}

const LOAD_LANES = 4
const LOAD_MORE = 8

/** Founds a network, starts it and reads the keys of all its nodes. */
export async function openGovernedNet(
  members: number,
  observers: number,
  change: LiveNetChange = {}
): Promise<GovernedNet> {
  const net = await openLiveNet(members, observers, change)
  const region = net.genesis.regions[0] as string
  const operators = await Promise.all(
    net.nodes.map((node) => openOperator(node, net.network, region))
  )
  return { ...net, operators, urls: net.nodes.map(({ url }) => url) }
}

/** Lets some devices speak, through all nodes or those that are named. */
export async function loadLightly(
  net: LiveNet,
  { messages, urls }: { readonly messages: number; readonly urls: readonly string[] }
): Promise<LightLoad> {
  const fleet = await registerFleet(net, LOAD_LANES)
  const chains = await Promise.all(fleet.map((one) => signBefore(net.network, one, messages)))
  return startLightLoad(urls, chains)
}

/** Waits until the load has seen more messages become final. */
export async function someMoreFinal(load: LightLoad): Promise<void> {
  const before = load.report().final.length
  await waitFor('more readings to become final', async () =>
    load.report().final.length >= before + LOAD_MORE ? true : undefined
  )
}

/** Ends the load and waits until each of these nodes holds as final whatever was taken in. */
export async function allTakenIsFinal(load: LightLoad, urls: readonly string[]): Promise<void> {
  await load.stop()
  const { taken } = load.report()
  assert.ok(taken.length > 0)
  for (const url of urls)
    await waitFor(`${url} to hold all that was taken in`, async () =>
      (await notAppliedAt(url, taken)).length === 0 ? true : undefined
    )
}

/** Checks a reading as a phone would that knows no epoch later than its own: by the seals of a node. */
export async function followToReading(
  client: LedgerFollower,
  readingId: string,
  { receiptFrom, sealsFrom }: { readonly receiptFrom: string; readonly sealsFrom: string }
): Promise<void> {
  const receipt = await askBytes(receiptFrom, `/v1/receipts/${readingId}`)
  assert.ok(receipt)
  const seals = async (from: number): Promise<readonly SealProof[]> =>
    decodeSealProofs((await askBytes(sealsFrom, `/v1/seals?from=${from}`)) as Uint8Array) ?? []
  const checked = await checkFollowing(client, { seals }, (trusted) =>
    checkReceipt(trusted, fromHex(readingId) as Uint8Array, receipt)
  )
  assert.ok(checked.ok)
}

/** How a node stands. */
export async function statusOf(url: string): Promise<StatusJson> {
  const { body } = await ask(url, '/v1/status')
  return (body as unknown as { readonly status: StatusJson }).status
}

/** The rules in force, as a node tells them. */
export async function governanceOf(url: string): Promise<GovernanceJson> {
  const { body } = await ask(url, '/v1/governance')
  return (body as unknown as { readonly governance: GovernanceJson }).governance
}

/** How a member stands on the ledger. */
export async function memberOf(url: string, { name }: Operator): Promise<StandingJson> {
  const found = (await governanceOf(url)).members.find(({ memberId }) => memberId === name)
  assert.ok(found, `${name} is a member`)
  return found
}

/** Who is seated, in the order of the seats. */
export async function membersOf(url: string): Promise<readonly MemberJson[]> {
  const { body } = await ask(url, '/v1/members')
  return (body as unknown as { readonly members: readonly MemberJson[] }).members
}

/** The seat of a node; -1 when it has none. */
export async function seatOf(url: string, { name }: Operator): Promise<number> {
  return (await membersOf(url)).findIndex(({ memberId }) => memberId === name)
}

/** How far a motion has come. */
async function motionOf(url: string, motionId: Uint8Array): Promise<StageJson> {
  const { body } = await ask(url, `/v1/motions/${toHex(motionId)}`)
  return (body as unknown as { readonly motion: StageJson }).motion
}

/** Waits until a node says so of a motion; it must be open still. */
export async function untilOpenWith(
  url: string,
  motionId: Uint8Array,
  sentence: string
): Promise<void> {
  // Node by node a ballot becomes final: where it was said it is seen first.
  const motion = await waitFor(`"${sentence}" at ${url}`, async () => {
    const now = await motionOf(url, motionId)
    return now.sentence === sentence || now.status !== 'open' ? now : undefined
  })
  assert.equal([motion.status, motion.sentence], ['open', sentence])
}

/** How far an application has come. */
export async function applicationOf(url: string, applicationId: Uint8Array): Promise<StageJson> {
  const { body } = await ask(url, `/v1/applications/${toHex(applicationId)}`)
  return (body as unknown as { readonly application: StageJson }).application
}

/** Waits until an epoch has begun at nodes. */
export async function untilEpoch(urls: readonly string[], epoch: number): Promise<void> {
  for (const url of urls)
    await waitFor(`epoch ${epoch} at ${url}`, async () =>
      (await statusOf(url)).epoch >= epoch ? true : undefined
    )
}

/** Waits until nodes take part in this way. */
export async function untilRole(urls: readonly string[], role: string): Promise<void> {
  for (const url of urls)
    await waitFor(`${url} to be ${role}`, async () =>
      (await statusOf(url)).role === role ? true : undefined
    )
}

/** Waits until exactly these sit at the table, as each of the nodes sees it. */
export async function untilSeated(
  urls: readonly string[],
  seated: readonly Operator[]
): Promise<void> {
  const wanted = namesOf(seated)
  for (const url of urls)
    await waitFor(`${seated.length} seats at ${url}`, async () =>
      namesIn(await membersOf(url)) === wanted ? true : undefined
    )
}

/** What finalised the last block of a node; undefined where a later block did. */
export async function lastCertificate(url: string): Promise<Certificate | undefined> {
  const { height } = await statusOf(url)
  const answer = decodeCbor((await askBytes(url, `/v1/blocks/${height}`)) as Uint8Array)
  const [, bytes] = answer as readonly [Uint8Array, Uint8Array | null]
  return bytes === null ? undefined : decodeCertificate(bytes)
}

/** The seats whose votes finalised the last block of a node. */
async function lastSigners(url: string): Promise<readonly number[]> {
  const { signatures = [] } = (await lastCertificate(url)) ?? {}
  return signatures.map(({ signer }) => signer)
}

/** Waits until a member's vote stands under a final block. */
export async function untilItVotes(url: string, member: Operator): Promise<void> {
  await waitFor(`a certificate with a vote of ${member.node.slug}`, async () =>
    (await lastSigners(url)).includes(await seatOf(url, member)) ? true : undefined
  )
}

function namesOf(operators: readonly Operator[]): string {
  return operators
    .map(({ name }) => name)
    .sort()
    .join()
}

function namesIn(members: readonly MemberJson[]): string {
  return members
    .map(({ memberId }) => memberId)
    .sort()
    .join()
}
