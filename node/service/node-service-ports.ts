/**
 * What the node's service answers from.
 *
 * @module
 */

import type { Electorate } from '../../protocol/index.ts'
import type { Clock } from '../clock.ts'
import type { TransactionBook } from '../intake/transaction-book.ts'
import type { LedgerKeeper } from '../ledger/ledger-keeper.ts'
import type { StorageCondition, Submission } from '../ledger-service.ts'
import type { PeerStatus } from '../network/peer-status.ts'
import type { SyncProgress } from '../sync/sync-progress.ts'
import type { Archive } from './archive.ts'
import type { LedgerCondition } from './condition.ts'

/** What the service answers from. */
export interface NodeServicePorts {
  readonly networkId: string
  readonly genesisHash: Uint8Array
  readonly nodeId: Uint8Array
  readonly electorate: () => Electorate
  readonly keeper: LedgerKeeper
  readonly archive: Archive
  readonly book: TransactionBook
  readonly submit: (wire: Uint8Array) => Promise<Submission>
  readonly peers: () => readonly PeerStatus[]
  readonly view: () => number
  readonly highestKnownHeight: () => number
  readonly lastHeardAtMs: (memberId: Uint8Array) => number | null
  /** Whether what a member takes in can be ordered now; of an observer nobody knows. */
  readonly isOrdering: () => boolean
  readonly condition: () => LedgerCondition
  readonly sync: () => SyncProgress | null
  readonly pendingTransactions: () => number
  readonly alarms: () => readonly string[]
  readonly storage: () => StorageCondition
  readonly clock: Clock
}
