/**
 * `thingmoot status`: how a running node and its ledger are, in one sentence and a table.
 *
 * @module
 */

import { setTimeout as sleep } from 'node:timers/promises'
import type { Command } from 'commander'
import * as z from 'zod'
import { NodeError } from '../errors.ts'
import type { SoftwareCondition, StorageCondition } from '../ledger-service.ts'
import { type AbsentMember, describeSince, nameOf } from '../service/absence.ts'
import { explainAlarm } from '../service/alarms.ts'
import {
  addCommand,
  type CommandPorts,
  type CommonOptions,
  parseDurationMs,
  usage
} from './command.ts'
import { requestNode } from './node-request.ts'
import { type AccessOptions, addAccessOptions, type NodeAccess, readAccess } from './node-url.ts'
import { count, createOutput, type Paint, table } from './output.ts'
import { addConfigOption } from './settings.ts'

interface StatusOptions extends CommonOptions, AccessOptions {
  readonly wait?: string
  readonly timeout: string
}

/** What a node says of itself; bytes are hexadecimal text. There may be more fields. */
export interface NodeStatus {
  readonly networkId: string
  readonly nodeId: string
  readonly role: string
  readonly epoch: number
  readonly view: number
  readonly height: number
  readonly stateRoot: string
  readonly finalAtMs: number
  readonly totalWeight: number
  readonly quorumWeight: number
  readonly reachableWeight: number
  readonly missing: readonly AbsentMember[]
  readonly wayBack: string | null
  readonly peers: number
  readonly pendingTransactions: number
  readonly highestKnownHeight: number
  readonly state: string
  readonly sentence: string
  readonly alarms: readonly string[]
  readonly storage: StorageCondition
  readonly software: SoftwareCondition
}

const REQUEST_DEADLINE_MS = 5000
const ASK_AGAIN_MS = 250

const statusShape: z.ZodType<NodeStatus> = z.looseObject({
  networkId: z.string(),
  nodeId: z.string(),
  role: z.string(),
  epoch: z.number(),
  view: z.number(),
  height: z.number(),
  stateRoot: z.string(),
  finalAtMs: z.number(),
  totalWeight: z.number(),
  quorumWeight: z.number(),
  reachableWeight: z.number(),
  missing: z.array(
    z.object({
      memberId: z.string(),
      region: z.string(),
      weight: z.number(),
      lastHeardAtMs: z.number().nullable()
    })
  ),
  wayBack: z.string().nullable(),
  peers: z.number(),
  pendingTransactions: z.number(),
  highestKnownHeight: z.number(),
  state: z.string(),
  sentence: z.string(),
  alarms: z.array(z.string()),
  storage: z.object({
    scrubbedAtMs: z.number().nullable(),
    damagedRecords: z.number(),
    repairedRecords: z.number()
  }),
  software: z.object({
    version: z.string(),
    protocolVersion: z.number(),
    networkProtocolVersion: z.number()
  })
})

const answerShape = z.looseObject({ status: statusShape })

/** Adds `status`. */
export function addStatusCommand(program: Command, ports: CommandPorts): void {
  addAccessOptions(
    addConfigOption(addCommand(program, 'status', 'how a running node and its ledger are')),
    'where the node answers (default: as in the settings)'
  )
    .option('--wait <state>', 'wait until the node is in this state: ready')
    .option('--timeout <span>', 'how long to wait', '60s')
    .action((options: StatusOptions) => showStatus(options, ports))
}

/**
 * Asks a node for its status.
 *
 * @throws NodeError NODE_NOT_REACHED or REQUEST_FAILED
 */
export async function fetchStatus({ url, ...access }: NodeAccess): Promise<NodeStatus> {
  const request = { ...access, deadlineMs: REQUEST_DEADLINE_MS }
  const answer = await requestNode(url, '/v1/status', request)
  const read = answerShape.safeParse(answer.json())
  if (read.success) return read.data.status
  const field = read.error.issues[0]?.path.join('.') ?? ''
  throw new NodeError('REQUEST_FAILED', `${url}: its status is not understood (${field})`)
}

async function showStatus(options: StatusOptions, ports: CommandPorts): Promise<void> {
  if (options.wait !== undefined && options.wait !== 'ready')
    throw usage(`--wait: "${options.wait}" is unknown, there is only ready`)
  const access = await readAccess(options, ports)
  const status =
    options.wait === undefined
      ? await fetchStatus(access)
      : await awaitReady(access, parseDurationMs(options.timeout))
  createOutput(options, ports).answer({
    json: status,
    lines: (paint) => [paint.bold(status.sentence), ...table(rowsOf(status, paint), paint)]
  })
}

async function awaitReady(access: NodeAccess, timeoutMs: number): Promise<NodeStatus> {
  const endMs = performance.now() + timeoutMs
  for (;;) {
    const outcome = await fetchStatus(access).catch((error: unknown) => {
      if (error instanceof NodeError) return error
      throw error
    })
    if (!(outcome instanceof NodeError) && outcome.state === 'ready') return outcome
    if (performance.now() + ASK_AGAIN_MS >= endMs) {
      const why = outcome instanceof NodeError ? outcome.message : outcome.sentence
      throw new NodeError('NODE_NOT_READY', `not ready within ${timeoutMs} ms: ${why}`)
    }
    await sleep(ASK_AGAIN_MS)
  }
}

function storageRows(
  { scrubbedAtMs, damagedRecords, repairedRecords }: NodeStatus['storage'],
  paint: Paint
): [string, string][] {
  const scrubbed = scrubbedAtMs === null ? 'not yet' : new Date(scrubbedAtMs).toISOString()
  if (damagedRecords === 0 && repairedRecords === 0) return [['scrubbed', scrubbed]]
  const damage = `${count(damagedRecords, 'damaged record')} left, ${repairedRecords} repaired`
  return [
    ['scrubbed', scrubbed],
    ['storage', damagedRecords > 0 ? paint.red(damage) : damage]
  ]
}

function absenceOf(member: AbsentMember, paint: Paint): string {
  const since = describeSince(member.lastHeardAtMs, Date.now())
  return `${paint.red(nameOf(member))} ${since}, weight ${member.weight}, ${member.memberId}`
}

function rowsOf(status: NodeStatus, paint: Paint): [string, string][] {
  const behind = status.highestKnownHeight - status.height
  // An observer links to as many members as it needs: the others are not missing.
  const absent = status.role === 'observer' ? [] : status.missing
  const weights = `${status.reachableWeight} of ${status.totalWeight}, ${status.quorumWeight} needed`
  return [
    ['state', status.state === 'ready' ? paint.green(status.state) : paint.yellow(status.state)],
    ['network', `${status.networkId}, as ${status.role}`],
    ['height', behind > 0 ? `${status.height}, ${behind} behind` : String(status.height)],
    ['final at', new Date(status.finalAtMs).toISOString()],
    ['epoch, view', `${status.epoch}, ${status.view}`],
    ['weight in reach', weights],
    ['peers', String(status.peers)],
    ['pending', String(status.pendingTransactions)],
    ['node id', status.nodeId],
    ['state root', status.stateRoot],
    ...absent.map((one): [string, string] => ['missing', absenceOf(one, paint)]),
    ...(status.wayBack === null ? [] : [['way back', status.wayBack] as [string, string]]),
    ...storageRows(status.storage, paint),
    ...status.alarms.flatMap((alarm): [string, string][] => [
      ['alarm', paint.red(alarm)],
      ['', explainAlarm(alarm) ?? 'see the log of the node']
    ])
  ]
}
