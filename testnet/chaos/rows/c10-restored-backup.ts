/**
 * C10: an older copy of a voter's whole data folder is restored after more votes.
 *
 * @module
 */

import { cpSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { seconds } from '../figures.ts'
import type { Row } from '../row.ts'
import { expectNoMoreVotes } from '../stale-vote-log.ts'

const NODE = 2
const END_MAX_MS = 40_000
const MORE_FINAL = 20

/** The row. */
export const restoredBackup: Row = {
  id: 'C10',
  title: 'older copy of a voter’s data folder restored',
  needs: [],
  run: async ({ openNet }) => {
    const net = await openNet()
    const node = net.node(NODE)
    const backup = join(net.home, 'backup')
    await node.terminate(END_MAX_MS)
    cpSync(node.dataFolder, backup, { recursive: true, preserveTimestamps: true })
    await node.start()
    await node.awaitReady()
    await net.moreFinal(MORE_FINAL)
    await node.terminate(END_MAX_MS)
    await net.copyVotes(NODE)
    rmSync(node.dataFolder, { recursive: true })
    cpSync(backup, node.dataFolder, { recursive: true, preserveTimestamps: true })
    net.checker.forgetHeight(NODE)
    await node.start()
    const tookMs = await expectNoMoreVotes(net, node, 'VOTE_LOG_STALE')
    return { 'stopped after': seconds(tookMs) }
  }
}
