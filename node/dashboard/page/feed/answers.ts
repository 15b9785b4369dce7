/**
 * What the node answers, as far as the pages show it.
 *
 * The page and the node come out of one build, so shapes are not judged again here. What matters is
 * checked by signatures, in `../verify/`.
 *
 * @module
 */

/** A member out of the node's reach. */
export interface MissingMember {
  readonly memberId: string
  readonly region: string
  readonly weight: number
  readonly lastHeardAtMs: number | null
}

/** `/v1/status`. */
export interface NodeStatus {
  readonly networkId: string
  readonly genesisHash: string
  readonly nodeId: string
  readonly role: 'member' | 'observer'
  readonly epoch: number
  readonly view: number
  readonly height: number
  readonly blockId: string
  readonly finalAtMs: number
  readonly faultModel: 'byzantine' | 'crash'
  readonly totalWeight: number
  readonly quorumWeight: number
  readonly reachableWeight: number
  readonly missing: readonly MissingMember[]
  readonly wayBack: string | null
  readonly peers: number
  readonly pendingTransactions: number
  readonly state: 'joining' | 'catching-up' | 'ready' | 'paused' | 'stopped'
  readonly sentence: string
  readonly alarms: readonly string[]
  readonly software: { readonly version: string }
}

/** One seat of `/v1/members`. */
export interface Member {
  readonly memberId: string
  readonly weight: number
  readonly region: string
  readonly isSelf: boolean
  readonly isConnected: boolean
  readonly roundTripMs: number | null
  readonly lastHeardAtMs: number | null
  readonly isLeaving: boolean
  readonly renewalDueInMs: number
}

/** One of `/v1/motions`. */
export interface Motion {
  readonly motionId: string
  readonly type: string
  readonly argument: unknown
  readonly question: string
  readonly status: string
  readonly lapsesAtMs: number | null
  readonly ballots: readonly { readonly memberId: string; readonly choice: 'yes' | 'no' }[]
  readonly yesWeight: number
  readonly noWeight: number
  readonly totalWeight: number
  readonly yesNeeded: number | null
  readonly sentence: string
}

/** `POST /v1/motions/what-if`. */
export interface WhatIf {
  readonly sentence: string
  readonly warnings: readonly string[]
}

/** A transaction in a block. */
export interface Placed {
  readonly transactionId: string
  readonly outcome: string
  readonly code: string | null
}

/** `/v1/blocks/{height|id}`. */
export interface BlockAnswer {
  readonly height: number
  readonly blockId: string
  readonly headerBytes: string
  readonly epoch: number
  readonly view: number
  readonly timeMs: number
  readonly stateRoot: string
  readonly transactionCount: number
  readonly isPruned: boolean
  readonly transactions: readonly Placed[]
  readonly finalisation: string | null
}

/** A SenML record as the node writes it in JSON. */
export interface ReadingRecord {
  readonly n?: string
  readonly u?: string
  readonly bn?: string
  readonly bu?: string
  readonly v?: number
  readonly vs?: string
  readonly vb?: boolean
}

/** One message of `/v1/devices/{id}/readings`, or of the event `reading`. */
export interface Reading {
  readonly transactionId: string
  readonly height: number
  readonly timeMs: number
  readonly sequence: number
  readonly contentKindName: string | null
  readonly dataKeyEpoch: number
  readonly outcome: string
  readonly code: string | null
  readonly marks?: readonly string[]
  readonly records?: readonly ReadingRecord[]
  /** The whole message in hex, where it was asked for. */
  readonly message?: string
}

/** `/v1/devices/{id}`, as far as it is shown. */
export interface DeviceAnswer {
  readonly deviceId: string
  readonly device: {
    readonly status: number
    readonly lost: number
    readonly incarnation: number
    readonly sequence: number
    readonly evidenceMask: number
    readonly suspectUntilMs: number
    readonly quarantine: { readonly reason: number; readonly untilMs: number } | null
    readonly rival: object | null
  }
  readonly ownership: { readonly ownerSequence: number } | null
}

/** `/v1/transactions/{id}`. */
export interface TransactionAnswer {
  readonly transactionId: string
  readonly stage: string
  readonly outcome: string | null
  readonly code: string | null
  readonly height: number | null
  readonly timeMs: number | null
}
