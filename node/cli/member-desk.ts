/**
 * The desk at which an operator acts for its node: the node's own key, the network, and a node to ask.
 *
 * Acts are signed here and handed to the node; the node's word is taken for what stands on the
 * ledger, because it is the operator's own.
 *
 * @module
 */

import { setTimeout as sleep } from 'node:timers/promises'
import type { Command } from 'commander'
import picocolors from 'picocolors'
import {
  createHttpClient,
  type SignedTransaction,
  type StatusReport,
  type Transport
} from '../../client/index.ts'
import type { Config, GenesisDocument } from '../../config/index.ts'
import { members, networkTagOfGenesis, toHex } from '../../protocol/index.ts'
import { NodeError } from '../errors.ts'
import type { ActSigner, MemberAct } from '../membership/own-acts.ts'
import { readIdentity, readProtection } from '../node-keys.ts'
import { explainRefusal } from '../service/governance-words.ts'
import { dataPaths } from '../storage/data-directory.ts'
import type { KeyProtection } from '../storage/key-file.ts'
import { type CommandPorts, type CommonOptions, parseDurationMs } from './command.ts'
import { trouble } from './files.ts'
import { createGovernanceReader, type GovernanceReader } from './governance-answers.ts'
import { signerOf, signNamed } from './member-acts.ts'
import { createValueReader } from './node-request.ts'
import { ownUrl } from './node-url.ts'
import { createOutput, isColoured, type Output, type Paint } from './output.ts'
import { addConfigOption, readGenesis, readSettings } from './settings.ts'

/** Options of whoever asks a node. */
export interface ReadOptions extends CommonOptions {
  readonly node?: string
}

/** Options of whoever signs. */
export interface ActOptions extends ReadOptions {
  readonly passphraseFile?: string
  readonly dryRun?: boolean
  readonly wait: string
}

/** A node to ask. */
export interface Reading {
  readonly url: string
  readonly governance: GovernanceReader
  readonly output: Output
  /** For lines that are put together before they are answered. */
  readonly paint: Paint
}

/** Everything that is needed to act, whoever signs. */
export interface Desk extends Reading {
  readonly config: Config
  readonly genesis: GenesisDocument
  readonly networkTag: Uint8Array
  readonly protection: KeyProtection
  readonly isDryRun: boolean
  readonly waitMs: number
  readonly transport: Transport
  readonly readValue: ReturnType<typeof createValueReader>
}

/** A desk with the node's identity key at hand. */
export interface MemberDesk extends Desk {
  readonly identity: ActSigner
  /** Lower-case hexadecimal. */
  readonly memberId: string
}

/** How an act ended, once it is known. */
export interface ActEnd {
  readonly transactionId: Uint8Array
  readonly stage: string
  readonly outcome: string | null
  readonly height: number | null
}

const ASK_AGAIN_MS = 250
/** What a node holds a request for, at most. */
const HELD_MAX_MS = 30_000

/** Adds what every command needs that asks a node. */
export function addReadOptions(command: Command): Command {
  return addConfigOption(command).option(
    '--node <url>',
    'node to ask (default: the one of the settings)'
  )
}

/** Adds what every command needs that signs. */
export function addActOptions(command: Command): Command {
  return addReadOptions(command)
    .option('--data-directory <dir>', 'folder of the ledger and the keys')
    .option('--genesis <file>', 'genesis of the network (default: as in the settings)')
    .option('--passphrase-file <file>', 'file with the passphrase of the keys')
    .option('--wait <span>', 'how long to wait until it is final', '30s')
    .option('--dry-run', 'show what would be sent and what it would do, and send nothing')
}

/**
 * Opens the way to a node.
 *
 * @throws NodeError USAGE_WRONG, ConfigError
 */
export async function openReading(options: ReadOptions, ports: CommandPorts): Promise<Reading> {
  const url = options.node ?? ownUrl((await readSettings(options, ports)).config, '--node')
  return {
    url,
    governance: createGovernanceReader(url),
    output: createOutput(options, ports),
    paint: picocolors.createColors(isColoured(ports.stdout, ports.environment))
  }
}

/**
 * Opens the desk. The node that is asked must be of the network that the genesis says.
 *
 * @throws NodeError GENESIS_WRONG, KEY_FILE_WRONG, NODE_NOT_REACHED or REQUEST_FAILED, ConfigError
 */
export async function openDesk(options: ActOptions, ports: CommandPorts): Promise<Desk> {
  const { config } = await readSettings(options, ports)
  const { genesis, genesisHash } = await readGenesis(config.genesis, config.networkId)
  const waitMs = parseDurationMs(options.wait)
  const reading = await openReading(options, ports)
  const status = await reading.governance.status()
  if (status.genesisHash !== genesisHash)
    throw new NodeError(
      'GENESIS_WRONG',
      `${reading.url}: is a node of another network than ${config.genesis} begins`
    )
  return {
    ...reading,
    config,
    genesis,
    networkTag: networkTagOfGenesis(genesis),
    protection: await readProtection(options.passphraseFile ?? config.keys.passphraseFile),
    isDryRun: options.dryRun === true,
    waitMs,
    transport: createHttpClient({
      baseUrls: [reading.url],
      waitMs: Math.min(waitMs, HELD_MAX_MS)
    }),
    readValue: createValueReader(reading.url)
  }
}

/**
 * Opens the desk with the identity key of the data directory.
 *
 * @throws NodeError as {@link openDesk}
 */
export async function openMemberDesk(
  options: ActOptions,
  ports: CommandPorts
): Promise<MemberDesk> {
  const desk = await openDesk(options, ports)
  const { keys } = dataPaths(desk.config.dataDirectory)
  const pair = await readIdentity(keys, desk.protection)
  return {
    ...desk,
    identity: signerOf(pair),
    memberId: toHex(pair.publicKey)
  }
}

/** A sequence above all that are on the ledger, and above those of acts that are under way. */
async function nextSequence({ memberId, readValue }: MemberDesk): Promise<number> {
  const value = await readValue(members.name, Buffer.from(memberId, 'hex'))
  if (value === null) return Date.now()
  try {
    return Math.max(Date.now(), members.decode(value).memberSequence + 1)
  } catch (error) {
    throw trouble('REQUEST_FAILED', `the node's answer is no record of ${members.name}`, error)
  }
}

/** An act of the own member with what all of them share, signed by its identity. */
export async function signOwn(
  desk: MemberDesk,
  complete: (prefix: {
    readonly memberId: Uint8Array
    readonly memberSequence: number
  }) => MemberAct
): Promise<SignedTransaction> {
  const prefix = { memberId: desk.identity.publicKey, memberSequence: await nextSequence(desk) }
  return signNamed(desk.networkTag, complete(prefix), { identity: desk.identity })
}

/**
 * Hands an act to the node and waits until it is final.
 *
 * @param name - what the act is, for errors: "motion"
 * @throws NodeError REQUEST_FAILED when it is refused, NODE_NOT_READY when it is not final in time
 */
export async function sendAct(
  desk: Desk,
  { wire, transactionId }: SignedTransaction,
  name: string
): Promise<ActEnd> {
  const { transport, waitMs } = desk
  const report = await transport.submit(wire, waitMs === 0 ? undefined : 'final')
  if (report.kind === 'refused') throw refusal(name, report.code)
  const endMs = performance.now() + waitMs - Math.min(waitMs, HELD_MAX_MS)
  let status: StatusReport = report.status
  while (!isEnded(status) && performance.now() < endMs) {
    await sleep(ASK_AGAIN_MS)
    status = (await transport.transactionStatus(transactionId)) ?? status
  }
  const { stage, outcome, code, height } = status
  if (stage === 'dropped') throw new NodeError('REQUEST_FAILED', `${name}: dropped, send it again`)
  if (stage !== 'final' && waitMs > 0)
    throw new NodeError(
      'NODE_NOT_READY',
      `${name}: taken as ${toHex(transactionId)}, but only ${stage} so far; it may still become final`
    )
  const isWell = stage !== 'final' || outcome === 'applied' || outcome === 'duplicate'
  if (!isWell) throw refusal(name, code ?? outcome ?? 'unknown')
  return { transactionId, stage, outcome, height }
}

/** Shows an act that is not sent. */
export function showDryRun(
  { output, url }: Desk,
  act: {
    readonly name: string
    readonly signed: SignedTransaction
    readonly fields: Readonly<Record<string, unknown>>
    readonly lines?: readonly string[]
  }
): void {
  const { name, signed, fields, lines = [] } = act
  output.answer({
    json: { isSent: false, act: name, node: url, ...signed, ...fields },
    lines: (paint) => [
      paint.bold(`Nothing was sent. This ${name} would go to ${url}:`),
      ...lines,
      `  id    ${toHex(signed.transactionId)}`,
      `  bytes ${toHex(signed.wire)}`
    ]
  })
}

function isEnded({ stage }: StatusReport): boolean {
  return stage === 'final' || stage === 'dropped'
}

function refusal(name: string, code: string): NodeError {
  return new NodeError('REQUEST_FAILED', `${name}: refused, ${explainRefusal(code)} (${code})`)
}
