/**
 * A node whose vote log is older than its votes: it must say so and never vote with that key.
 *
 * @module
 */

import type { ChaosNet } from './chaos-net.ts'
import type { ChaosNode } from './chaos-node.ts'
import { readStatus } from './repairing.ts'
import { expect } from './row.ts'

const NOTICE_MAX_MS = 30_000
const MORE_FINAL = 20

/** Expects that a node that has just been started stops voting, says why and what to do. */
export async function expectNoMoreVotes(
  net: ChaosNet,
  node: ChaosNode,
  alarm: string
): Promise<number> {
  node.expectError(/consensus raised an alarm|vote log/)
  const { tookMs } = await node.awaitView(
    'to be stopped',
    NOTICE_MAX_MS,
    ({ state }) => state === 'stopped'
  )
  const { alarms, sentence } = await readStatus(node)
  expect(alarms.includes(alarm), `${node.slug} raises ${alarms.join(', ')}, not ${alarm}`)
  await net.moreFinal(MORE_FINAL)
  const fresh = await net.copyVotes(node.index)
  expect(fresh === 0, `${node.slug} signed ${fresh} votes with a key that must not vote`)
  // What it does is right even if its words are not, so the row goes on.
  if (!(/never votes again/.test(sentence) && /thingmoot leave/.test(sentence)))
    net.checker.noteFault(`${node.slug} does not say what to do about its key: "${sentence}"`)
  return tookMs
}
