/**
 * The parts of a status that say nothing is the matter.
 *
 * @module
 */

import type { LedgerStatus, MemberView } from '../../ledger-service.ts'

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

/** How a member is reached when nothing is the matter. */
export const NEAR_MEMBER: Omit<
  MemberView,
  'memberId' | 'index' | 'weight' | 'operatorId' | 'region' | 'endpoints'
> = {
  isSelf: true,
  isConnected: true,
  roundTripMs: 1.5,
  lastHeardAtMs: null,
  isLeaving: false,
  renewalDueInMs: 0
}
