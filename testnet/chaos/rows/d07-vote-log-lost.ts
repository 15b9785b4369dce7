/**
 * D07: the vote log of one node is gone, and then an older one lies in its place.
 *
 * @module
 */

import { cpSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { dataPaths } from '../../../node/storage/data-directory.ts'
import type { ChaosNet } from '../chaos-net.ts'
import type { ChaosNode } from '../chaos-node.ts'
import { putAside } from '../damage.ts'
import { seconds } from '../figures.ts'
import { catchUp, expectRefusal, repair } from '../repairing.ts'
import type { Row } from '../row.ts'
import { expectNoMoreVotes } from '../stale-vote-log.ts'

const NODE = 1
const END_MAX_MS = 40_000
const MORE_FINAL = 20
/** A few views long. */
const AHEAD_MS = 3_000

/** The row. */
export const voteLogLost: Row = {
  id: 'D07',
  title: 'sign/ replaced by an older copy, and removed',
  needs: [],
  run: async ({ openNet, note }) => {
    const net = await openNet()
    const node = net.node(NODE)
    const ahead = await replaced(net, node, () => killWithVotesAhead(net, node))
    note(`older copy after a crash: stopped after ${seconds(ahead)}`)
    const inOrder = await replaced(net, node, async () => void (await node.terminate(END_MAX_MS)))
    note(`older copy after an end in order: stopped after ${seconds(inOrder)}`)
    const removedMs = await removed(net, node)
    return {
      'older, crashed: stopped after': seconds(ahead),
      'older, ended: stopped after': seconds(inOrder),
      'removed: stopped after': seconds(removedMs)
    }
  }
}

/** Puts an older copy in the place of the log, and the true log back when that was noticed. */
async function replaced(net: ChaosNet, node: ChaosNode, end: () => Promise<void>): Promise<number> {
  const { sign } = dataPaths(node.dataFolder)
  const older = join(net.home, 'older-sign')
  await node.terminate(END_MAX_MS)
  rmSync(older, { recursive: true, force: true })
  cpSync(sign, older, { recursive: true, preserveTimestamps: true })
  await node.start()
  await node.awaitReady()
  await net.moreFinal(MORE_FINAL)
  await end()
  const putBack = await lose(net, node)
  cpSync(older, sign, { recursive: true, preserveTimestamps: true })
  await node.start()
  const tookMs = await expectNoMoreVotes(net, node, 'VOTE_LOG_STALE')
  await putBackWhole(net, node, putBack)
  return tookMs
}

/** Without a quorum the node votes in views that do not become final; then it dies. */
async function killWithVotesAhead(net: ChaosNet, node: ChaosNode): Promise<void> {
  const silent = net.others(node.index).slice(0, 2)
  for (const other of silent) other.pause()
  await sleep(AHEAD_MS)
  await node.kill()
  for (const other of silent) await other.resume()
  await net.moreFinal(MORE_FINAL)
}

async function removed(net: ChaosNet, node: ChaosNode): Promise<number> {
  await node.terminate(END_MAX_MS)
  const putBack = await lose(net, node)
  await expectRefusal(node, ['vote log', 'thingmoot repair'])
  await repair(node)
  await node.start()
  const tookMs = await expectNoMoreVotes(net, node, 'VOTE_LOG_LOST')
  await putBackWhole(net, node, putBack)
  return tookMs
}

async function lose(net: ChaosNet, node: ChaosNode): Promise<() => void> {
  await net.copyVotes(NODE)
  return putAside(dataPaths(node.dataFolder).sign)
}

/** It signed nothing meanwhile, so its true log is still whole. */
async function putBackWhole(net: ChaosNet, node: ChaosNode, putBack: () => void): Promise<void> {
  await node.terminate(END_MAX_MS)
  putBack()
  await node.start()
  await catchUp(net, node)
}
