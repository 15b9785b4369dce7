/**
 * D04: a bit flips in LevelDB's own log, of the ledger and of the votes.
 *
 * @module
 */

import { statSync } from 'node:fs'
import { basename } from 'node:path'
import { dataPaths } from '../../../node/storage/data-directory.ts'
import { flipBit, largestOf } from '../damage.ts'
import { seconds } from '../figures.ts'
import { catchUp, expectRefusal, repairAndCatchUp } from '../repairing.ts'
import type { Row } from '../row.ts'

const NODE = 2
const END_MAX_MS = 40_000
const SAID_BEFORE = 12

/** The row. */
export const bitFlipInLog: Row = {
  id: 'D04',
  title: 'bit flip in the log of ledger/ and of sign/',
  needs: [],
  run: async ({ openNet }) => {
    const net = await openNet()
    const node = net.node(NODE)
    const paths = dataPaths(node.dataFolder)
    await net.moreFinal(SAID_BEFORE)
    await node.terminate(END_MAX_MS)
    await net.copyVotes(NODE)
    const votes = flipInTheMiddle(largestOf(paths.sign, /\.log$/))
    await expectRefusal(node, [basename(votes.path), /at byte \d+/])
    votes.mend()
    // That start has made a table of the ledger's log, so there has to be another one.
    await node.start()
    await catchUp(net, node)
    await net.moreFinal(SAID_BEFORE)
    await node.terminate(END_MAX_MS)
    const ledger = flipInTheMiddle(largestOf(paths.ledger, /\.log$/))
    await expectRefusal(node, [basename(ledger.path), /at byte \d+/])
    await expectRefusal(node, ['thingmoot repair'])
    return { repaired: seconds(await repairAndCatchUp(net, node)) }
  }
}

function flipInTheMiddle(path: string): ReturnType<typeof flipBit> {
  return flipBit(path, Math.floor(statSync(path).size / 2))
}
