/**
 * Governance as people see it: motions, applications, members' standing, and what a motion would do.
 *
 * Everything here is read from the committed state of this node, and bounded as that is: what is
 * open or waits is listed, what is over is found by its id.
 *
 * @module
 */

import type {
  FaultModel,
  ForecastFault,
  GuardFault,
  Motion,
  NetworkRecord,
  PlainTrustModel
} from '../protocol/index.ts'

/** How far a motion has come. */
export type MotionStage = 'open' | 'carried' | 'executed' | 'lapsed' | 'withdrawn'

/** One ballot with the weight that it has at present. */
export interface BallotView {
  readonly memberId: Uint8Array
  readonly choice: 'yes' | 'no'
  /** 0 for one that is no longer seated. */
  readonly weight: number
}

/** What one model of trust asks for, and what is there. */
export interface TrustNeed {
  readonly model: PlainTrustModel
  readonly have: number
  readonly needed: number
  readonly isMet: boolean
  /** Such as "2 of 3 certifications". */
  readonly sentence: string
}

/** A motion and how it stands. */
export interface MotionView {
  readonly motionId: Uint8Array
  readonly motion: Motion
  /** What it asks, in words. */
  readonly question: string
  /** Null for the admission that an application brings along. */
  readonly openedBy: Uint8Array | null
  readonly openedAtMs: number
  readonly notAfterMs: number
  /** When it lapses if nothing happens; null once it is over. */
  readonly lapsesAtMs: number | null
  readonly status: MotionStage
  /** When it was carried, executed, withdrawn or seen to have lapsed. */
  readonly settledAtMs: number | null
  readonly ballots: readonly BallotView[]
  readonly yesWeight: number
  readonly noWeight: number
  readonly totalWeight: number
  /** The weight of yes that carries it; null where it is a matter of the trust model. */
  readonly yesNeeded: number | null
  /** Ways to be trusted, each a list of what it asks for; null where weight decides. */
  readonly ways: readonly (readonly TrustNeed[])[] | null
  /** How it stands, in one sentence: "2 of 4 ballots, needs 3". */
  readonly sentence: string
}

/** How far an applicant has come. */
export type ApplicationStage = 'open' | 'admitted' | 'ready' | 'seated' | 'ended'

/** An application and how it stands. */
export interface ApplicationView {
  readonly applicationId: Uint8Array
  readonly memberId: Uint8Array
  readonly operatorId: Uint8Array
  readonly region: string
  readonly endpoints: readonly string[]
  readonly softwareHash: Uint8Array
  readonly openedAtMs: number
  readonly notAfterMs: number
  /** The root that its certificates lead to. */
  readonly trustRoot: Uint8Array | null
  /** The member whose batch carried it. */
  readonly carrierId: Uint8Array
  /** `admitted`: the motion is carried; `ready`: and its vote key is shown. */
  readonly stage: ApplicationStage
  readonly isAdmitted: boolean
  readonly isReady: boolean
  readonly isSeated: boolean
  readonly sentence: string
}

/** A member's standing on the ledger, and when this node heard of it. */
export interface MemberStanding {
  readonly memberId: Uint8Array
  readonly operatorId: Uint8Array
  readonly region: string
  readonly status: 'incoming' | 'seated' | 'former'
  readonly weight: number
  readonly seatedSinceEpoch: number
  /** Whether it gives its seat up at the next seal. */
  readonly isLeaving: boolean
  /** Whether it is removed at the next seal, by proof. */
  readonly isBeingRemoved: boolean
  /** The coming epoch for which it has shown its vote key; null for none. */
  readonly readyForEpoch: number | null
  readonly softwareHash: Uint8Array | null
  /** Awake time of the network when it was last renewed, and when it lapses without another. */
  readonly renewedAtAwakeMs: number
  readonly lapsesAtAwakeMs: number
  /** Awake time that is left; 0 for one that is overdue. */
  readonly renewalDueInMs: number
  readonly vouchers: readonly Uint8Array[]
  readonly vouchees: readonly Uint8Array[]
  readonly vouchFrozenUntilEpoch: number
  readonly trustRoot: Uint8Array | null
  readonly isConnected: boolean
  /** When this node last heard it in consensus, by the local clock; null for never, or itself. */
  readonly lastHeardAtMs: number | null
}

/** Who governs, by which rules. */
export interface GovernanceOverview {
  readonly epoch: number
  readonly electorateHash: Uint8Array
  /** Block time and height from which on this electorate is in force. */
  readonly sinceMs: number
  readonly sinceHeight: number
  readonly faultModel: FaultModel
  readonly totalWeight: number
  readonly quorumWeight: number
  readonly trust: NetworkRecord['trust']
  readonly vendorTrust: NetworkRecord['vendorTrust']
  readonly parameters: NetworkRecord['parameters']
  readonly regions: readonly string[]
  readonly protocolVersion: number
  readonly upgrade: NetworkRecord['upgrade']
  /** How long the network has been awake: renewals are counted in it. */
  readonly awakeMs: number
  /** Weight that has lapsed since ballots last made an electorate, and how much may. */
  readonly lapsedWeight: number
  readonly lapsableWeight: number
  /** Until then the seated need not satisfy a trust model that is newer than their seat. */
  readonly renewByMs: number
  readonly openMotions: number
  readonly carriedMotions: number
  readonly openApplications: number
  /** Whether the next block must begin another epoch. */
  readonly isSealDue: boolean
  /** The seated, and those who are admitted and not seated yet. */
  readonly members: readonly MemberStanding[]
}

/** A member whose loss alone would stop the ledger. */
export interface VitalMember {
  readonly memberId: Uint8Array
  readonly region: string
  readonly weight: number
}

/** What an electorate can bear. */
export interface OutlookView {
  readonly members: number
  readonly faultModel: FaultModel
  readonly totalWeight: number
  readonly quorumWeight: number
  readonly faultWeight: number
  /** The weight that may still be lost, given who is missing now; below zero the ledger stands. */
  readonly spareWeight: number
  readonly vital: readonly VitalMember[]
}

/** What a motion would lead to. */
export interface WhatIf {
  readonly motion: Motion
  readonly question: string
  /** Why it cannot be put as things stand; null when it can. */
  readonly fault: ForecastFault | null
  /** Why it would have to wait once it is carried; null when it would not. */
  readonly waitsFor: GuardFault | null
  readonly needed: string
  readonly before: OutlookView
  readonly after: OutlookView
  /** Members counted as missing; null where this node does not know, being an observer. */
  readonly missing: readonly Uint8Array[] | null
  readonly warnings: readonly string[]
  readonly sentence: string
}

/** Questions about governance. */
export interface GovernanceService {
  readonly overview: () => GovernanceOverview
  /** Open ones and those that are carried and wait, in the order of the ledger. */
  readonly motions: () => readonly MotionView[]
  /** Any motion that there ever was. */
  readonly motion: (motionId: Uint8Array) => MotionView | null
  /** Those that are not decided, and those of members not seated yet. */
  readonly applications: () => readonly ApplicationView[]
  readonly application: (applicationId: Uint8Array) => ApplicationView | null
  /** Carries a motion out in thought. */
  readonly whatIf: (motion: Motion) => WhatIf
}
