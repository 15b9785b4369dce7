/**
 * What governance is looked at in: the committed state, and what this node knows of the members.
 *
 * @module
 */

import {
  type Electorate,
  type LedgerReader,
  type LedgerVersion,
  NETWORK_KEY,
  type NetworkRecord,
  networkTable,
  toHex
} from '../../protocol/index.ts'
import type { MemberView } from '../ledger-service.ts'

/** How this node reaches a member. */
export interface MemberPresence {
  readonly isConnected: boolean
  readonly lastHeardAtMs: number | null
}

/** The state after the last final block, and the links of this node. */
export interface GovernanceWorld {
  readonly state: LedgerReader
  readonly electorate: Electorate
  readonly height: number
  /** Block time. */
  readonly timeMs: number
  /** Whether the next block must begin another epoch. */
  readonly isSealDue: boolean
  /** By lower-case hex id. */
  readonly presenceOf: (memberId: string) => MemberPresence | undefined
  /** Whether links tell who is missing: an observer keeps only as many as it needs. */
  readonly isPresenceKnown: boolean
}

/** The world of a version of the ledger, with the members as this node reaches them. */
export function worldOf(tip: LedgerVersion, members: readonly MemberView[]): GovernanceWorld {
  const { view, electorate, height, timeMs, nextEpoch } = tip
  const byId = new Map(members.map((member) => [toHex(member.memberId), member]))
  return {
    state: view,
    electorate,
    height,
    timeMs,
    isSealDue: nextEpoch !== null,
    presenceOf: (memberId) => byId.get(memberId),
    isPresenceKnown: members.some(({ isSelf }) => isSelf)
  }
}

/** What holds for the whole network; genesis wrote it. */
export function networkOf(state: LedgerReader): NetworkRecord {
  return state.read(networkTable, NETWORK_KEY) as NetworkRecord
}
