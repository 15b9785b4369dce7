/**
 * D06: the manifest of the ledger, and then a table of it, is gone.
 *
 * @module
 */

import { dataPaths } from '../../../node/storage/data-directory.ts'
import type { ChaosNet } from '../chaos-net.ts'
import type { ChaosNode } from '../chaos-node.ts'
import { largestOf, removeFile } from '../damage.ts'
import { seconds } from '../figures.ts'
import { catchUp, expectRefusal, repairAndCatchUp } from '../repairing.ts'
import type { Row } from '../row.ts'

const NODE = 0
const END_MAX_MS = 40_000

/** The row. */
export const filesRemoved: Row = {
  id: 'D06',
  title: 'MANIFEST removed, a table removed',
  needs: [],
  run: async ({ openNet }) => {
    const net = await openNet()
    const node = net.node(NODE)
    const manifestMs = await withoutFile(net, node, /^MANIFEST-/)
    // At a start LevelDB makes a table of what is in its log.
    await node.terminate(END_MAX_MS)
    await node.start()
    await catchUp(net, node)
    const tableMs = await withoutFile(net, node, /\.ldb$/)
    return {
      'repaired without manifest': seconds(manifestMs),
      'repaired without table': seconds(tableMs)
    }
  }
}

async function withoutFile(net: ChaosNet, node: ChaosNode, pattern: RegExp): Promise<number> {
  await node.terminate(END_MAX_MS)
  removeFile(largestOf(dataPaths(node.dataFolder).ledger, pattern))
  await expectRefusal(node, ['thingmoot repair'])
  return await repairAndCatchUp(net, node)
}
