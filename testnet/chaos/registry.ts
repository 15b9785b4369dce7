/**
 * The registry of rows, in the order of the acceptance list.
 *
 * @module
 */

import type { Row } from './row.ts'
import { killRandom } from './rows/c01-kill-random.ts'
import { killAll } from './rows/c02-kill-all.ts'
import { powerCut } from './rows/c03-power-cut.ts'
import { powerCutAll } from './rows/c04-power-cut-all.ts'
import { crashPoints } from './rows/c05-crash-points.ts'
import { freeze } from './rows/c06-freeze.ts'
import { restoredBackup } from './rows/c10-restored-backup.ts'
import { endInOrder } from './rows/c12-end-in-order.ts'
import { diskFull } from './rows/d01-disk-full.ts'
import { syncFails } from './rows/d02-sync-fails.ts'
import { bitRotInTable } from './rows/d03-bit-rot-in-table.ts'
import { bitFlipInLog } from './rows/d04-bit-flip-in-log.ts'
import { currentRemoved } from './rows/d05-current-removed.ts'
import { filesRemoved } from './rows/d06-files-removed.ts'
import { voteLogLost } from './rows/d07-vote-log-lost.ts'
import { partitionEven } from './rows/n01-partition-even.ts'
import { partitionOne } from './rows/n02-partition-one.ts'
import { oneWay } from './rows/n03-one-way.ts'
import { slowLink } from './rows/n08-slow-link.ts'
import { stalledReader } from './rows/n12-stalled-reader.ts'

/** Every row there is. */
export const ROWS: readonly Row[] = [
  killRandom,
  killAll,
  powerCut,
  powerCutAll,
  crashPoints,
  freeze,
  restoredBackup,
  endInOrder,
  diskFull,
  syncFails,
  bitRotInTable,
  bitFlipInLog,
  currentRemoved,
  filesRemoved,
  voteLogLost,
  partitionEven,
  partitionOne,
  oneWay,
  slowLink,
  stalledReader
]
