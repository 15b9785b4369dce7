/**
 * A node whose storage is damaged: it refuses to start, is repaired, and catches up.
 *
 * @module
 */

import { requestNode } from '../../node/cli/node-request.ts'
import type { ChaosNet } from './chaos-net.ts'
import type { ChaosNode, Refusal } from './chaos-node.ts'
import { expect } from './row.ts'

/** The exit code of a program that found its data damaged. */
const EXIT_DAMAGED = 65
const CATCH_UP_MAX_MS = 120_000
const STATUS_MAX_MS = 5_000

/** Expects that a node refuses its storage and names everything that is wanted. */
export async function expectRefusal(
  node: ChaosNode,
  wanted: readonly (string | RegExp)[]
): Promise<Refusal> {
  // What it says at its end is what the row is about.
  node.expectError(/^thingmoot: /)
  const refusal = await node.startRefused()
  expect(refusal !== undefined, `${node.slug} starts on damaged storage`)
  const text = refusal.lines.join('\n')
  expect(
    refusal.code === EXIT_DAMAGED,
    `${node.slug} refused with exit code ${refusal.code}, not ${EXIT_DAMAGED}: ${text}`
  )
  for (const word of wanted)
    expect(
      typeof word === 'string' ? text.includes(word) : word.test(text),
      `${node.slug} refused without naming ${word}: ${text}`
    )
  return refusal
}

/** Repairs a node as its operator would, starts it, and waits until it is where the others are. */
export async function repairAndCatchUp(net: ChaosNet, node: ChaosNode): Promise<number> {
  await repair(node)
  net.checker.forgetHeight(node.index)
  const startMs = performance.now()
  await node.start()
  await catchUp(net, node)
  return performance.now() - startMs
}

/** Runs the repair. */
export async function repair(node: ChaosNode): Promise<void> {
  const { code, text } = await node.program('repair', '--apply')
  expect(code === 0, `thingmoot repair --apply ended with exit code ${code}: ${text.trim()}`)
}

/** Waits until a node is ready and as high as the others are now. */
export async function catchUp(net: ChaosNet, node: ChaosNode): Promise<void> {
  const views = await Promise.all(net.others(node.index).map((other) => other.view()))
  const tip = Math.max(...views.map((view) => view?.height ?? 0))
  await node.awaitView(
    `to be ready at height ${tip}`,
    CATCH_UP_MAX_MS,
    ({ state, height }) => state === 'ready' && height >= tip
  )
}

/** What a node's status holds beside what every table of nodes shows. */
export interface FullStatus {
  readonly state: string
  readonly sentence: string
  readonly alarms: readonly string[]
  readonly storage?: {
    readonly scrubbedAtMs: number | null
    readonly damagedRecords: number
    readonly repairedRecords: number
  }
}

/** All of a node's status. */
export async function readStatus({ url }: ChaosNode): Promise<FullStatus> {
  const answer = await requestNode(url, '/v1/status', { deadlineMs: STATUS_MAX_MS })
  return (answer.json() as { readonly status: FullStatus }).status
}
