/**
 * D02: the disk answers EIO to a sync; what was written is unknown then.
 *
 * @module
 */

import { seconds } from '../figures.ts'
import { catchUp } from '../repairing.ts'
import { expect, type Row } from '../row.ts'
import { failSyncs } from '../strace-fault.ts'

const NODE = 3
const CYCLES = 3
const EXIT_DISK = 74
const END_MAX_MS = 60_000
/** Each cycle fails a later sync than the one before, so that another write is hit. */
const STEP = 4

/** The row. */
export const syncFails: Row = {
  id: 'D02',
  title: 'EIO on fdatasync',
  needs: ['root', 'strace'],
  run: async ({ cycles = CYCLES, openNet, undo, note }) => {
    const net = await openNet()
    const node = net.node(NODE)
    // Its last words.
    node.expectError(/DISK_WRITE_FAILED|cannot write|Input\/output error|node cannot go on/)
    for (let cycle = 0; cycle < cycles; cycle++) {
      const nth = 1 + cycle * STEP
      await failSyncs(node, nth, undo)
      const { answer, tookMs } = await node.awaitEnd(END_MAX_MS)
      expect(
        answer.code === EXIT_DISK,
        `ended with ${answer.signal ?? answer.code}, not with ${EXIT_DISK}`
      )
      note(`sync ${nth} of a thread failed, ended after ${seconds(tookMs)}`)
      await node.start()
      await catchUp(net, node)
      await net.moreFinal(net.nodes.length)
    }
    return { cycles: `${cycles}` }
  }
}
