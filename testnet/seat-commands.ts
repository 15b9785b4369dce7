/**
 * `testnet join` and `testnet vote`: one more node asks for a seat, and the members answer.
 *
 * Everything that is signed is signed by the product's own commands, as an operator would run them
 * for each node: `thingmoot join --apply` and `thingmoot motion vote`.
 *
 * @module
 */

import { setTimeout as sleep } from 'node:timers/promises'
import type { Command } from 'commander'
import { z } from 'zod'
import { addCommand, gather, usage } from '../node/cli/command.ts'
import { createOutput, type OutputPorts } from '../node/cli/output.ts'
import { NodeError } from '../node/errors.ts'
import { findApplication, readView } from './cluster/node-api.ts'
import { isNodeNamed } from './cluster/node-names.ts'
import { type RegisteredNode, readRegistry } from './cluster/registry.ts'
import { sendControl } from './control.ts'
import { settingsPath, testnetHome } from './home.ts'
import { type HomeOptions, withHome } from './home-option.ts'
import { runForNode } from './node-command.ts'
import { REGION_NAMES } from './regions/latencies.ts'
import { parseRegionName } from './regions/region-set.ts'

interface JoinFlags extends HomeOptions {
  readonly name: string
  readonly region?: string
}

interface VoteFlags extends HomeOptions {
  readonly by: readonly string[]
}

const READY_WAIT_MS = 60_000
const READY_POLL_MS = 200

const newcomerShape = z.looseObject({ name: z.string(), slug: z.string(), url: z.string() })
const applicationShape = z.looseObject({
  applicationId: z.string(),
  application: z.looseObject({ sentence: z.string() }).nullable()
})
const voteShape = z.looseObject({
  motion: z.looseObject({ motionId: z.string(), status: z.string(), sentence: z.string() })
})

/** Adds `join` and `vote`. */
export function addSeatCommands(program: Command, ports: OutputPorts): void {
  withHome(
    addCommand(program, 'join', 'one more node: it follows as an observer and asks for a seat')
  )
    .requiredOption('--name <name>', 'what it is called: Lima')
    .option('--region <name>', `where it stands: ${REGION_NAMES.join(', ')}`)
    .action((flags: JoinFlags) => join(flags, ports))
  withHome(addCommand(program, 'vote', 'let members answer a motion, or the application of a node'))
    .argument('<motion>', 'its id or the beginning of it, or the name of the node that applied')
    .argument('<answer>', 'yes, no or none')
    .option(
      '--by <node>',
      'who answers; repeat (default: all members, until it is decided)',
      gather,
      []
    )
    .action((motion: string, answer: string, flags: VoteFlags) =>
      vote({ motion, answer }, flags, ports)
    )
}

async function join(flags: JoinFlags, ports: OutputPorts): Promise<void> {
  const home = testnetHome(flags.home, process.cwd())
  const region = flags.region === undefined ? null : parseRegionName(flags.region)
  if (region === undefined)
    throw usage(`--region: "${flags.region}" is unknown, there are ${REGION_NAMES.join(', ')}`)
  const answer = await sendControl(home, { command: 'join', name: flags.name, region })
  const { name, slug, url } = newcomerShape.parse(answer)
  await untilReady(name, url)
  const applied = await runForNode(settingsPath(home, slug), ['join', '--apply'], name)
  const { applicationId, application } = applicationShape.parse(applied)
  const sentence = application?.sentence ?? 'not final yet'
  createOutput(flags, ports).answer({
    json: { node: slug, url, applicationId, application },
    lines: (paint) => [
      `${paint.green('✔')} ${name} follows the ledger at ${url} and has asked for a seat: ${sentence}.`,
      `Members answer it: thingmoot testnet vote ${slug} yes`
    ]
  })
}

async function untilReady(name: string, url: string): Promise<void> {
  const endMs = performance.now() + READY_WAIT_MS
  for (;;) {
    const view = await readView(url)
    if (view?.state === 'ready') return
    if (performance.now() > endMs)
      throw new NodeError(
        'NODE_NOT_READY',
        `${name} runs at ${url} and has not caught up: ${view?.sentence ?? 'it does not answer'}`
      )
    await sleep(READY_POLL_MS)
  }
}

async function vote(
  asked: { readonly motion: string; readonly answer: string },
  flags: VoteFlags,
  ports: OutputPorts
): Promise<void> {
  const home = testnetHome(flags.home, process.cwd())
  const { nodes } = readRegistry(home) ?? { nodes: [] }
  const voters = await votersOf(nodes, flags.by)
  const motion = await motionIdOf(asked.motion, nodes, voters)
  const ballots: { readonly node: string; readonly status: string; readonly sentence: string }[] =
    []
  for (const { name, slug } of voters) {
    const act = ['motion', 'vote', motion, asked.answer]
    const answer = await runForNode(settingsPath(home, slug), act, name)
    const { status, sentence } = voteShape.parse(answer).motion
    ballots.push({ node: name, status, sentence })
    // Whoever says something to what is decided is refused.
    if (status !== 'open') break
  }
  createOutput(flags, ports).answer({
    json: { motion, ballots },
    lines: (paint) =>
      ballots.map(({ node, sentence }) => `${paint.green('✔')} ${node}: ${sentence}`)
  })
}

/** Whoever is named, or all that have a seat. */
async function votersOf(
  nodes: readonly RegisteredNode[],
  names: readonly string[]
): Promise<readonly RegisteredNode[]> {
  const unknown = names.find((name) => !nodes.some((node) => isNodeNamed(node, name)))
  if (unknown !== undefined) throw usage(`--by: no node is called ${unknown}`)
  const named = nodes.filter((node) => names.some((name) => isNodeNamed(node, name)))
  if (named.length > 0) return named
  const views = await Promise.all(nodes.map((node) => readView(urlOf(node))))
  const seated = nodes.filter((_, place) => views[place]?.role === 'member')
  if (seated.length === 0)
    throw new NodeError('TESTNET_NOT_RUNNING', 'no member answers: start them with testnet up')
  return seated
}

/** A node's name stands for its application. */
async function motionIdOf(
  text: string,
  nodes: readonly RegisteredNode[],
  [asked]: readonly RegisteredNode[]
): Promise<string> {
  const applicant = nodes.find((node) => isNodeNamed(node, text))
  if (applicant === undefined || asked === undefined) return text
  const view = await readView(urlOf(applicant))
  if (view === undefined)
    throw new NodeError('NODE_NOT_REACHED', `${applicant.name} does not answer: name the motion`)
  const id = await findApplication(urlOf(asked), view.nodeId)
  if (id === undefined) throw usage(`no application of ${applicant.name} is open`)
  return id
}

function urlOf({ ports }: RegisteredNode): string {
  return `http://127.0.0.1:${ports.http}`
}
