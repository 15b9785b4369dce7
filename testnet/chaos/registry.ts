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
import { endInOrder } from './rows/c12-end-in-order.ts'

/** Every row there is. */
export const ROWS: readonly Row[] = [
  killRandom,
  killAll,
  powerCut,
  powerCutAll,
  crashPoints,
  freeze,
  endInOrder
]
