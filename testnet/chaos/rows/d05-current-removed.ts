/**
 * D05: the file CURRENT of the ledger is gone, without which LevelDB would begin anew.
 *
 * @module
 */

import { join } from 'node:path'
import { dataPaths } from '../../../node/storage/data-directory.ts'
import { removeFile } from '../damage.ts'
import { seconds } from '../figures.ts'
import { expectRefusal, repairAndCatchUp } from '../repairing.ts'
import type { Row } from '../row.ts'

const NODE = 3
const END_MAX_MS = 40_000

/** The row. */
export const currentRemoved: Row = {
  id: 'D05',
  title: 'CURRENT removed',
  needs: [],
  run: async ({ openNet }) => {
    const net = await openNet()
    const node = net.node(NODE)
    await node.terminate(END_MAX_MS)
    removeFile(join(dataPaths(node.dataFolder).ledger, 'CURRENT'))
    await expectRefusal(node, ['CURRENT', 'database missing'])
    return { repaired: seconds(await repairAndCatchUp(net, node)) }
  }
}
