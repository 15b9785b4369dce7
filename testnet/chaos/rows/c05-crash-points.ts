/**
 * C05: a crash at each point between two effects, which only the simulator can hit.
 *
 * @module
 */

import { type Row, RowSkip } from '../row.ts'

/** The row. */
export const crashPoints: Row = {
  id: 'C05',
  title: 'crash at each persist and send point',
  needs: [],
  run: () => Promise.reject(new RowSkip('simulator row: npm run sim -- --crash-points'))
}
