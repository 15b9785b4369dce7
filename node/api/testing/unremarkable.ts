/**
 * The parts of a status that say nothing is the matter.
 *
 * @module
 */

import type { LedgerStatus } from '../../ledger-service.ts'

/** No alarm, nothing pruned, nothing to catch up with, nothing damaged. */
export const UNREMARKABLE: Pick<
  LedgerStatus,
  'alarms' | 'blocksFrom' | 'transactionsFrom' | 'sync' | 'storage'
> = {
  alarms: [],
  blocksFrom: 0,
  transactionsFrom: 0,
  sync: null,
  storage: { scrubbedAtMs: null, damagedRecords: 0, repairedRecords: 0 }
}
