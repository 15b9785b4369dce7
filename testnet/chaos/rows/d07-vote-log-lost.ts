/**
 * D07: the vote log of one node is gone, and then an older one lies in its place.
 *
 * @module
 */

import { cpSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { dataPaths } from '../../../node/storage/data-directory.ts'
import type { ChaosNet } from '../chaos-net.ts'
import type { ChaosNode } from '../chaos-node.ts'
import { putAside } from '../damage.ts'
import { seconds } from '../figures.ts'
import { catchUp, expectRefusal, repair } from '../repairing.ts'
import type { Figures, Row } from '../row.ts'
import { expectNoMoreVotes } from '../stale-vote-log.ts'

const NODE = 1
const END_MAX_MS = 40_000
const MORE_FINAL = 20

/** The row. */
export const voteLogLost: Row = {
  id: 'D07',
  title: 'sign/ replaced by an older copy, and removed',
  needs: [],
  run: async ({ openNet }) => {
    const net = await openNet()
    const node = net.node(NODE)
    return { ...(await replaced(net, node)), ...(await removed(net, node)) }
  }
}

async function replaced(net: ChaosNet, node: ChaosNode): Promise<Figures> {
  const { sign } = dataPaths(node.dataFolder)
  const older = join(net.home, 'older-sign')
  await node.terminate(END_MAX_MS)
  cpSync(sign, older, { recursive: true, preserveTimestamps: true })
  await node.start()
  await node.awaitReady()
  await net.moreFinal(MORE_FINAL)
  await node.terminate(END_MAX_MS)
  await net.copyVotes(NODE)
  const putBack = putAside(sign)
  cpSync(older, sign, { recursive: true, preserveTimestamps: true })
  await node.start()
  const tookMs = await expectNoMoreVotes(net, node, 'VOTE_LOG_STALE')
  await node.terminate(END_MAX_MS)
  // It signed nothing meanwhile, so its true log is still whole.
  putBack()
  await node.start()
  await catchUp(net, node)
  return { 'older: stopped after': seconds(tookMs) }
}

async function removed(net: ChaosNet, node: ChaosNode): Promise<Figures> {
  const { sign } = dataPaths(node.dataFolder)
  await node.terminate(END_MAX_MS)
  await net.copyVotes(NODE)
  rmSync(sign, { recursive: true })
  await expectRefusal(node, ['vote log', 'thingmoot repair'])
  await repair(node)
  await node.start()
  const tookMs = await expectNoMoreVotes(net, node, 'VOTE_LOG_LOST')
  return { 'removed: stopped after': seconds(tookMs) }
}
