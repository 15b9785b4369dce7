/**
 * The node's own metrics: values that are read when a monitor asks.
 *
 * @module
 */

import type { Driver } from './consensus/driver.ts'
import type { Intake } from './intake/intake.ts'
import type { TransactionBook } from './intake/transaction-book.ts'
import type { LedgerKeeper } from './ledger/ledger-keeper.ts'
import type { LedgerStatus } from './ledger-service.ts'
import type { Metrics } from './metrics.ts'
import type { Network } from './network/network.ts'

/** Shows what consensus, network and intake are at. */
export function showMetrics(
  metrics: Metrics,
  parts: {
    readonly keeper: LedgerKeeper
    readonly driver: Driver
    readonly network: Network
    readonly book: TransactionBook
    readonly intake: Intake | null
    readonly status: () => LedgerStatus
  }
): void {
  const { keeper, driver, network, book, intake, status } = parts
  metrics.show(
    'thingmoot_storage_damaged_pending',
    'records found damaged and not mended yet',
    () => status().storage.damagedRecords
  )
  metrics.show(
    'thingmoot_storage_scrubbed_seconds',
    'when the ledger was last read through, in seconds since 1970; 0 for not yet',
    () => (status().storage.scrubbedAtMs ?? 0) / 1000
  )
  metrics.show('thingmoot_service_ready_number', '1 while the node is ready, else 0', () =>
    status().state === 'ready' ? 1 : 0
  )
  metrics.show(
    'thingmoot_service_alarms_open',
    'alarms that a person must see to',
    () => status().alarms.length
  )
  metrics.show(
    'thingmoot_service_behind_blocks',
    'blocks that a peer told of and this node has not',
    () => Math.max(0, status().highestKnownHeight - status().height)
  )
  metrics.show(
    'thingmoot_service_missing_number',
    'members out of reach; an observer links to as many as it needs',
    () => status().missing.length
  )
  metrics.show('thingmoot_consensus_height_blocks', 'last final height', () => keeper.tip.height)
  metrics.show('thingmoot_consensus_view_number', 'present view', () => driver.core.view)
  metrics.show('thingmoot_consensus_events_waiting', 'events that wait', () => driver.queueLength)
  metrics.show(
    'thingmoot_consensus_batches_pending',
    'batches that wait for a final block',
    () => driver.core.pendingBatches.size
  )
  metrics.show(
    'thingmoot_network_peers_connected',
    'peers connected',
    () => network.peers().filter(({ state }) => state === 'connected').length
  )
  metrics.show('thingmoot_intake_transactions_open', 'transactions under way', () => book.openCount)
  metrics.show(
    'thingmoot_intake_transactions_waiting',
    'transactions that wait for their turn',
    () => intake?.waitingCount ?? 0
  )
}
