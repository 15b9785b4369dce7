/**
 * The parts of a status that say nothing is the matter.
 *
 * @module
 */

import type { LedgerStatus, MemberView } from '../../ledger-service.ts'

/** No alarm, nobody missing, nothing pruned, nothing to catch up with, nothing damaged. */
export const UNREMARKABLE: Pick<
  LedgerStatus,
  | 'alarms'
  | 'blocksFrom'
  | 'transactionsFrom'
  | 'sync'
  | 'storage'
  | 'missing'
  | 'wayBack'
  | 'staleness'
  | 'software'
> = {
  alarms: [],
  blocksFrom: 0,
  transactionsFrom: 0,
  sync: null,
  missing: [],
  wayBack: null,
  staleness: null,
  software: { version: '0.0.0', protocolVersion: 1, networkProtocolVersion: 1 },
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
