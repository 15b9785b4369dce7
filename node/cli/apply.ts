/**
 * Asking for a seat: the application of this node, and how it stands until it is decided.
 *
 * @module
 */

import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { SignedTransaction } from '../../client/index.ts'
import { fromHex, invariant, keyHash, toHex, voteKeys } from '../../protocol/index.ts'
import { NodeError } from '../errors.ts'
import { type KeyPair, keyPairOf, RECOVERY_KEY_FILE, readNodeKeys } from '../node-keys.ts'
import { shortId } from '../service/governance-words.ts'
import { softwareHash } from '../software.ts'
import { dataPaths } from '../storage/data-directory.ts'
import { readKeyFile } from '../storage/key-file.ts'
import { VoteKeyring } from '../vote-keyring.ts'
import { type ApplicationFile, readApplicationFile } from './application-file.ts'
import type { CommandPorts } from './command.ts'
import { parseHex, usage } from './command.ts'
import type { ApplicationAnswer } from './governance-answers.ts'
import { signerOf, signNamed } from './member-acts.ts'
import {
  type ActOptions,
  type MemberDesk,
  openMemberDesk,
  sendAct,
  showDryRun
} from './member-desk.ts'
import { readProofs } from './motion-types.ts'

/** What may be said otherwise than in application.json, and what is to be done. */
export interface ApplyOptions extends ActOptions {
  readonly region?: string
  readonly endpoint: readonly string[]
  readonly operator?: string
  readonly proof: readonly string[]
  readonly follow?: boolean
}

/** The vote key that an application shows, and the hash of the one after it. */
interface FirstVoteKey {
  readonly pair: KeyPair
  readonly nextVoteKeyHash: Uint8Array
  /** Whether a key was made that the running node has not read. */
  readonly isFileNew: boolean
}

const ASK_AGAIN_MS = 1_000
const OPERATOR_ID_BYTES = 16

/**
 * Applies for a seat, if that is asked for, and follows the application, if that is.
 *
 * @throws NodeError, among them REQUEST_FAILED when it is refused or was not carried
 */
export async function applyForSeat(
  options: ApplyOptions & { readonly isApplying: boolean },
  ports: CommandPorts
): Promise<void> {
  const desk = await openMemberDesk(options, ports)
  const applicationId = options.isApplying ? await apply(options, desk) : await ownApplication(desk)
  if (applicationId === null) return
  if (options.follow === true) await follow(applicationId, desk)
}

/** @returns the id, or null when nothing was sent */
async function apply(options: ApplyOptions, desk: MemberDesk): Promise<string | null> {
  await requireRoom(desk)
  const file = await gatherApplication(options, desk)
  const first = await firstVoteKey(desk)
  const signed = signNamed(
    desk.networkTag,
    {
      kind: 'member-apply',
      memberId: desk.identity.publicKey,
      voteKey: first.pair.publicKey,
      nextVoteKeyHash: first.nextVoteKeyHash,
      recoveryKeyHash: bytesOf(file.recoveryKeyHash),
      operatorId: bytesOf(file.operatorId),
      region: file.region,
      endpoints: file.endpoints,
      softwareHash: softwareHash(),
      proofs: file.proofs.map(bytesOf)
    },
    { identity: desk.identity, voteKey: signerOf(first.pair) }
  )
  const { recoveryKeyHash: _, proofs, ...place } = file
  const fields = { memberId: desk.memberId, ...place, proofs: proofs.length }
  if (desk.isDryRun) {
    showDryRun(desk, { name: 'application', signed, fields })
    return null
  }
  await submit(desk, { signed, fields, isFollowed: options.follow === true, first })
  return toHex(signed.transactionId)
}

/** Known before a key is prepared, which would be one that the running node has not read. */
async function requireRoom({ governance, memberId }: MemberDesk): Promise<void> {
  const open = (await governance.applications()).find((one) => one.memberId === memberId)
  if (open !== undefined)
    throw new NodeError(
      'REQUEST_FAILED',
      `nothing was sent, application ${shortId(open.applicationId)} of this node is open: ${open.sentence}; thingmoot join --follow tells how it goes on`
    )
  const { members } = await governance.overview()
  if (members.some((one) => one.memberId === memberId))
    throw new NodeError('REQUEST_FAILED', 'nothing was sent, this node is a member already')
}

async function submit(
  desk: MemberDesk,
  {
    signed,
    fields,
    isFollowed,
    first
  }: {
    readonly signed: SignedTransaction
    readonly fields: Readonly<Record<string, unknown>>
    readonly isFollowed: boolean
    readonly first: FirstVoteKey
  }
): Promise<void> {
  const { output, governance } = desk
  const end = await sendAct(desk, signed, 'application')
  const applicationId = toHex(signed.transactionId)
  if (first.isFileNew)
    output.note('A new vote key was made: start the node anew, so that it knows the key.')
  const isFinal = end.stage === 'final'
  const application = isFinal ? await governance.application(applicationId) : null
  if (isFollowed && output.isJson) return
  output.answer({
    json: { isSent: true, applicationId, ...fields, ...end, application },
    lines: (paint) => [
      `${paint.green('✔')} application ${shortId(applicationId)} is ${application === null ? end.stage : `put: ${application.sentence}`}.`,
      `Members answer it: thingmoot motion vote ${shortId(applicationId)} yes|no`,
      'Keep the node running: once admitted it shows its vote key, and it is seated when it has.'
    ]
  })
}

/** What the file says, with what the command line says otherwise. */
async function gatherApplication(
  options: ApplyOptions,
  desk: MemberDesk
): Promise<ApplicationFile> {
  const { dataDirectory } = desk.config
  const file = await readApplicationFile(dataDirectory)
  const region = options.region ?? file?.region
  if (region === undefined) throw usage('say where the node stands: --region <name>')
  const operatorId =
    options.operator === undefined
      ? file?.operatorId
      : toHex(parseHex(options.operator, OPERATOR_ID_BYTES, '--operator'))
  if (operatorId === undefined) throw usage('say who operates the node: --operator <16 bytes>')
  const shown = await readProofs(options.proof)
  return {
    region,
    operatorId,
    endpoints: options.endpoint.length === 0 ? (file?.endpoints ?? []) : options.endpoint,
    recoveryKeyHash: file?.recoveryKeyHash ?? (await hashRecoveryKey(desk)),
    proofs: shown.length === 0 ? (file?.proofs ?? []) : shown.map(toHex)
  }
}

async function hashRecoveryKey({ config, protection }: MemberDesk): Promise<string> {
  const path = join(dataPaths(config.dataDirectory).keys, RECOVERY_KEY_FILE)
  return toHex(keyHash(keyPairOf(await readKeyFile({ path, protection })).publicKey))
}

/** The first vote key that was never shown on this ledger: used ones are refused for ever. */
async function firstVoteKey(desk: MemberDesk): Promise<FirstVoteKey> {
  const { config, protection, readValue } = desk
  const folder = dataPaths(config.dataDirectory).keys
  const keys = await readNodeKeys(folder, protection)
  const pairs = [...keys.voteKeys].toSorted(([a], [b]) => a - b)
  let unused: readonly [number, KeyPair] | undefined
  for (const entry of pairs) {
    if (unused !== undefined) break
    if ((await readValue(voteKeys.name, entry[1].publicKey)) === null) unused = entry
  }
  if (unused === undefined)
    throw new NodeError('KEY_FILE_WRONG', `${folder}: every vote key there was used already`)
  const [number, pair] = unused
  const isFileNew = !keys.voteKeys.has(number + 1)
  if (isFileNew && desk.isDryRun)
    throw usage('a new vote key would have to be made: that is done without --dry-run alone')
  const ring = new VoteKeyring({ folder, protection, keys })
  const { nextVoteKeyHash } = await ring.prepare(keyHash(pair.publicKey))
  return { pair, nextVoteKeyHash, isFileNew }
}

/** @returns the id, or null when there is nothing left to follow, which is told */
async function ownApplication({
  governance,
  memberId,
  output
}: MemberDesk): Promise<string | null> {
  const applications = await governance.applications()
  const own = applications.find((one) => one.memberId === memberId)
  if (own !== undefined) return own.applicationId
  const { members } = await governance.overview()
  if (!members.some((one) => one.memberId === memberId && one.status === 'seated'))
    throw new NodeError(
      'NOT_SEATED',
      'no application of this node is open: thingmoot join --apply makes one'
    )
  output.answer({
    json: { memberId, stage: 'seated' },
    lines: (paint) => [`${paint.green('✔')} this node is a member already.`]
  })
  return null
}

/** Tells each change until the node is seated, or the question is answered otherwise. */
async function follow(applicationId: string, { governance, output }: MemberDesk): Promise<void> {
  let last: ApplicationAnswer | undefined
  for (;;) {
    const now = await governance.application(applicationId)
    if (!output.isJson && now.sentence !== last?.sentence) output.line(`  ${now.sentence}`)
    last = now
    if (now.stage === 'seated' || now.stage === 'ended') break
    await sleep(ASK_AGAIN_MS)
  }
  if (last.stage === 'ended')
    throw new NodeError(
      'NOT_SEATED',
      `application ${shortId(applicationId)}: ${last.sentence}; it may be made again`
    )
  output.answer({
    json: last,
    lines: (paint) => [`${paint.green('✔')} this node is a member: its votes count from now on.`]
  })
}

function bytesOf(hex: string): Uint8Array {
  const bytes = fromHex(hex)
  invariant(bytes !== undefined, 'the file and the options were read as hexadecimal')
  return bytes
}
