/**
 * The registry of rows, in the order of the acceptance list.
 *
 * @module
 */

import type { Row } from './row.ts'
import { killRandom } from './rows/c01-kill-random.ts'
import { endInOrder } from './rows/c12-end-in-order.ts'

/** Every row there is. */
export const ROWS: readonly Row[] = [killRandom, endInOrder]
