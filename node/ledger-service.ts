/**
 * The ledger as gateways and the API see it: submit, ask where something stands, read, prove.
 *
 * Every surface speaks to the ledger through these words and no others, so they
 * all give the same answers and the same codes.
 *
 * @module
 */

import type {
  DeviceRecord,
  Outcome,
  OutcomeName,
  OwnershipRecord,
  SealProof,
  Transaction
} from '../protocol/index.ts'
import type { ConfirmedNews } from './confirmed-news.ts'
import type { GovernanceService } from './governance-service.ts'
import type { HistoryAnswer, HistorySpan } from './history-span.ts'
import type { SyncProgress } from './sync/sync-progress.ts'

/** How far a transaction has come. */
export type TransactionStage = 'pooled' | 'accepted' | 'confirmed' | 'final' | 'dropped'

/** Where a transaction stands, as far as this node knows. */
export interface TransactionStatus {
  readonly transactionId: Uint8Array
  /**
   * `pooled`: waits for the one before it. `accepted`: durable in a batch. `confirmed`: in a
   * notarised block. `final`: in a final block. `dropped`: waited too long; may be sent again.
   */
  readonly stage: TransactionStage
  /** Once confirmed or final: the first counting outcome, or the last one if none counted. */
  readonly outcome: OutcomeName | null
  /**
   * Receipt code, null for applied and duplicate. Before there is an outcome: null, or
   * `ORDERING_PAUSED` where too few members are present to order it.
   */
  readonly code: string | null
  /** Height and header time of its block, once it is in one. */
  readonly height: number | null
  readonly timeMs: number | null
}

/** What became of bytes that someone handed in. */
export type Submission =
  | {
      readonly kind: 'taken'
      readonly status: TransactionStatus
      /** Encoded accepted receipt (SPEC.md, signed objects); null while pooled. */
      readonly acceptedReceipt: Uint8Array | null
    }
  /** The bytes are faulty, or the ledger would refuse them: the code of the rule. */
  | {
      readonly kind: 'refused'
      readonly code: string
      /** Whether the bytes alone are at fault, whatever the ledger holds. */
      readonly isStateless: boolean
      readonly transactionId: Uint8Array | null
    }
  /** The node has no room now. */
  | { readonly kind: 'busy'; readonly code: string; readonly retryAfterMs: number }

/** What is held against a message: two branches of the device spoke, or its owner disowns it. */
export type ReadingMark = 'contested' | 'disputed'

/** Which messages of a device are asked for. */
export interface HistoryPage {
  readonly limit: number
  /** Messages below this sequence; null for the newest. */
  readonly beforeSequence: number | null
  /** Of this incarnation alone; null for the present one and, from the newest on, those before it. */
  readonly incarnation: number | null
  /** The rival's instead of those that the ledger took for the device's. */
  readonly isRival: boolean
}

/** One message of a device, as it lies on the ledger. */
export interface StoredReading {
  readonly transactionId: Uint8Array
  readonly height: number
  readonly timeMs: number
  readonly incarnation: number
  readonly sequence: number
  readonly contentKind: number
  readonly dataKeyEpoch: number
  readonly content: Uint8Array
  /** The whole message: sealed content is bound to its header. */
  readonly wire: Uint8Array
  readonly outcome: OutcomeName
  readonly code: string | null
  readonly marks: readonly ReadingMark[]
}

/** A command that a device has still to receive, with what the device needs to check it. */
export interface WaitingCommand {
  readonly commandId: Uint8Array
  /** Where it stands on the ledger. */
  readonly height: number
  readonly index: number
  readonly notAfterMs: number
  /** The whole command. */
  readonly wire: Uint8Array
  /** Encoded receipt: that it counted, where, and when. */
  readonly receipt: Uint8Array
}

/** Which commands of a device are asked for. */
export interface CommandPage {
  /** Those behind this place; null for all. */
  readonly after: { readonly height: number; readonly index: number } | null
  readonly limit: number
}

/** A device with its owner's record. */
export interface DeviceView {
  readonly deviceId: Uint8Array
  readonly device: DeviceRecord
  readonly ownership: OwnershipRecord | null
}

/** A block as the API shows it. */
export interface BlockView {
  readonly height: number
  readonly blockId: Uint8Array
  readonly headerBytes: Uint8Array
  /** Encoded block: header and batch list. */
  readonly blockBytes: Uint8Array
  readonly epoch: number
  readonly view: number
  readonly timeMs: number
  readonly stateRoot: Uint8Array
  readonly transactionCount: number
  /** Whether this node has forgotten what stood in it; the list below is empty then. */
  readonly isPruned: boolean
  /** Ids and outcomes of its transactions, in order. */
  readonly transactions: readonly {
    readonly transactionId: Uint8Array
    readonly outcome: OutcomeName
    readonly code: string | null
  }[]
  /** Encoded finalisation; null when only a descendant was finalised directly. */
  readonly finalisation: Uint8Array | null
}

/** What a final block did: each of its transactions with what became of it. */
export interface BlockContents {
  readonly height: number
  readonly blockId: Uint8Array
  readonly timeMs: number
  readonly stateRoot: Uint8Array
  readonly entries: readonly { readonly transaction: Transaction; readonly outcome: Outcome }[]
}

/** A member as the API shows it. */
export interface MemberView {
  readonly memberId: Uint8Array
  readonly index: number
  readonly weight: number
  readonly operatorId: Uint8Array
  readonly region: string
  readonly endpoints: readonly string[]
  readonly isSelf: boolean
  readonly isConnected: boolean
  /** Round trip in milliseconds, if it was measured. */
  readonly roundTripMs: number | null
  /** When it was last heard, by the local clock; null for not since this node started. */
  readonly lastHeardAtMs: number | null
  /** Whether it gives its seat up at the next seal. */
  readonly isLeaving: boolean
  /** Awake time of the network after which it lapses unless it renews; 0 for one overdue. */
  readonly renewalDueInMs: number
}

/** A member out of this node's reach. */
export interface MissingMember {
  readonly memberId: Uint8Array
  readonly region: string
  readonly weight: number
  /** When this node last heard it, by the local clock; null for not since this node started. */
  readonly lastHeardAtMs: number | null
}

/** Why reads of a node may be older than the ledger. */
export type Staleness = 'quorum-lost' | 'no-member-reached' | 'behind'

/** How the node and its ledger are. */
export interface LedgerStatus {
  readonly networkId: string
  readonly genesisHash: Uint8Array
  readonly nodeId: Uint8Array
  readonly role: 'member' | 'observer'
  readonly epoch: number
  readonly view: number
  readonly height: number
  readonly blockId: Uint8Array
  readonly stateRoot: Uint8Array
  /** Header time of the last final block. */
  readonly finalAtMs: number
  readonly faultModel: 'byzantine' | 'crash'
  readonly totalWeight: number
  readonly quorumWeight: number
  /** Weight of the members within reach, this node's own included. */
  readonly reachableWeight: number
  readonly missingMembers: readonly Uint8Array[]
  /** The same with what this node knows of each. An observer links to as many as it needs. */
  readonly missing: readonly MissingMember[]
  /** Who would bring a paused ledger back, in one sentence; null while it is not paused. */
  readonly wayBack: string | null
  /** Why what is read here may be old; null where nothing says so. */
  readonly staleness: Staleness | null
  readonly peers: number
  readonly pendingTransactions: number
  /** Highest final height that a peer told of. */
  readonly highestKnownHeight: number
  /** The lowest heights whose block, and whose transactions, this node holds. */
  readonly blocksFrom: number
  readonly transactionsFrom: number
  /** How far a node that is behind has come; null when it is not. */
  readonly sync: SyncProgress | null
  /** One of: joining, catching-up, ready, paused (quorum lost), stopped (must not vote). */
  readonly state: 'joining' | 'catching-up' | 'ready' | 'paused' | 'stopped'
  /** One sentence for people. */
  readonly sentence: string
  readonly alarms: readonly string[]
  readonly storage: StorageCondition
  readonly software: SoftwareCondition
}

/** What runs here, and by which rules the network goes. */
export interface SoftwareCondition {
  readonly version: string
  /** The newest version of the rules that this program knows. */
  readonly protocolVersion: number
  /** The version that is in force. */
  readonly networkProtocolVersion: number
}

/** How the ledger's records on this node's disk are. */
export interface StorageCondition {
  /** When all of it was last read through, by the local clock; null for not yet. */
  readonly scrubbedAtMs: number | null
  /** Records found damaged and not mended yet: none of them is served. */
  readonly damagedRecords: number
  /** Records mended since the start. */
  readonly repairedRecords: number
}

/** The service. Ids and keys are bytes; all answers come from the committed state unless said. */
export interface LedgerService {
  /** Takes in the bytes of one transaction. `source` names the surface and remote, for limits. */
  readonly submit: (wire: Uint8Array, source: string) => Promise<Submission>
  readonly transactionStatus: (transactionId: Uint8Array) => Promise<TransactionStatus | null>
  /** Resolves when the stage is reached, the transaction ends otherwise, or time is up. */
  readonly awaitTransaction: (
    transactionId: Uint8Array,
    stage: 'confirmed' | 'final',
    timeoutMs: number
  ) => Promise<TransactionStatus | null>
  /** Encoded receipt proof of a final transaction (protocol/proofs); null while it is not final. */
  readonly receipt: (transactionId: Uint8Array) => Promise<Uint8Array | null>
  readonly device: (deviceId: Uint8Array) => DeviceView | null
  /** Newest first; `beforeSequence` pages on within the incarnation, `limit` ≤ 200. */
  readonly readings: (
    deviceId: Uint8Array,
    page: HistoryPage
  ) => Promise<readonly StoredReading[] | null>
  /**
   * The commands that a device has still to receive, in the order of the ledger, `limit` ≤ 16; none
   * while it is stopped, null where there is no such device.
   */
  readonly commands: (
    deviceId: Uint8Array,
    page: CommandPage
  ) => Promise<readonly WaitingCommand[] | null>
  /** The value under a key of a table (by number), with an encoded read proof if asked for. */
  readonly readState: (
    table: number,
    key: Uint8Array,
    withProof: boolean
  ) => Promise<{ readonly value: Uint8Array | null; readonly proof: Uint8Array | null }>
  /** Messages of a device within bounds of time, newest first; null where there is no such device. */
  readonly history: (deviceId: Uint8Array, span: HistorySpan) => Promise<HistoryAnswer | null>
  readonly block: (at: number | Uint8Array) => Promise<BlockView | null>
  /** What stands in a final block; null where this node has no such block or has forgotten it. */
  readonly contents: (height: number) => Promise<BlockContents | null>
  /** Encoded headers from a height upward, at most `limit`. */
  readonly headers: (from: number, limit: number) => Promise<readonly Uint8Array[]>
  /** Seals in order, the first being the one that ends an epoch; none where that is not here. */
  readonly seals: (from: number) => Promise<readonly SealProof[]>
  readonly members: () => readonly MemberView[]
  readonly governance: GovernanceService
  readonly status: () => LedgerStatus
  /** Resolves once the committed height is at least this, or with false when time is up. */
  readonly awaitHeight: (height: number, timeoutMs: number) => Promise<boolean>
  /**
   * Calls back for every final device message of this node's ledger, in order, while `isHeard` says
   * that anybody listens: under load nothing is made ready for nobody.
   */
  readonly onFinalReading: (
    listener: (deviceId: Uint8Array, reading: StoredReading) => void,
    isHeard: () => boolean
  ) => () => void
  /** Calls back when a device may have another command to receive. */
  readonly onCommand: (listener: (deviceId: Uint8Array) => void) => () => void
  /** Calls back whenever blocks have become final and durable here. */
  readonly onFinalBlock: (listener: () => void) => () => void
  /** Calls back for blocks that are confirmed and may still lose. Observers hear of no such block. */
  readonly onConfirmedBlock: (listener: (news: ConfirmedNews) => void) => () => void
  /** Calls back when a transaction that this node took in ends or becomes final. */
  readonly onTransactionEnd: (
    listener: (deviceId: Uint8Array | null, status: TransactionStatus) => void
  ) => () => void
}
