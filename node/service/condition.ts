/**
 * The condition of the ledger, in a word and in one sentence for people.
 *
 * @module
 */

import type { LedgerStatus } from '../ledger-service.ts'
import { describeSync, type SyncProgress } from '../sync/sync-progress.ts'
import { type AbsentMember, describeAbsent, describeReturn } from './absence.ts'
import { explainAlarm } from './alarms.ts'

/** What the node knows of itself. */
export interface LedgerCondition {
  /** Whether it must not vote any more. */
  readonly isStopped: boolean
  /** Whether it may vote, or is an observer. */
  readonly isAdmitted: boolean
  /** How many blocks it is behind the highest it heard of. */
  readonly blocksBehind: number
}

/** Everything the sentence is made of. */
export interface StateFacts {
  readonly condition: LedgerCondition
  /** How far catching up is; null when nothing is to catch up with. */
  readonly sync: SyncProgress | null
  readonly alarms: readonly string[]
  readonly isMember: boolean
  readonly members: number
  readonly missing: readonly AbsentMember[]
  readonly reachableWeight: number
  readonly quorumWeight: number
  readonly faultWeight: number
  readonly height: number
  readonly finalAtMs: number
  readonly nowMs: number
}

/** Silence after which the ledger counts as quiet. */
const QUIET_MS = 5_000
/** Blocks behind which a node counts as catching up. */
const BEHIND_MAX = 2

/** The state of the ledger as this node sees it. */
export function describeState(facts: StateFacts): Pick<LedgerStatus, 'state' | 'sentence'> {
  const { condition } = facts
  if (condition.isStopped) return { state: 'stopped', sentence: whyStopped(facts) }
  if (!facts.isMember) return describeObserver(facts)
  const lacking = lackingWeight(facts)
  if (lacking > 0) return { state: 'paused', sentence: describePause(facts, lacking) }
  if (condition.blocksBehind > BEHIND_MAX) return describeBehind(facts)
  if (!condition.isAdmitted)
    return {
      state: 'joining',
      sentence: 'Joining: asking the other members about this node’s votes.'
    }
  return { state: 'ready', sentence: `${presence(facts)} ${activity(facts)}` }
}

/** Who would bring a paused ledger back; null while it is not paused. */
export function describeWayBack(facts: StateFacts): string | null {
  const lacking = lackingWeight(facts)
  return facts.isMember && lacking > 0 ? describeReturn(facts.missing, lacking) : null
}

/** Why what is read here may be old; null where nothing says so. */
export function stalenessOf(facts: StateFacts): LedgerStatus['staleness'] {
  const { isMember, members, missing, condition } = facts
  if (isMember && lackingWeight(facts) > 0) return 'quorum-lost'
  if (!isMember && missing.length === members) return 'no-member-reached'
  return condition.blocksBehind > BEHIND_MAX ? 'behind' : null
}

function lackingWeight({ quorumWeight, reachableWeight }: StateFacts): number {
  return Math.max(0, quorumWeight - reachableWeight)
}

function describePause(facts: StateFacts, lacking: number): string {
  const { members, missing, nowMs } = facts
  return [
    `Paused, nothing lost: ${members - missing.length} of ${members} members are present`,
    `and the moot needs ${lacking} more ${lacking === 1 ? 'vote' : 'votes'}.`,
    `Missing: ${describeAbsent(missing, nowMs)}.`,
    describeReturn(missing, lacking)
  ].join(' ')
}

function whyStopped({ alarms }: StateFacts): string {
  const reason = alarms.map((code) => explainAlarm(code)).find((text) => text !== undefined)
  return reason ?? 'This node must not vote: see its alarms. It follows the others as an observer.'
}

/** An observer keeps only as many links as it needs, so who is not linked is not thereby missing. */
function describeObserver(facts: StateFacts): Pick<LedgerStatus, 'state' | 'sentence'> {
  const { condition, members, missing } = facts
  const linked = members - missing.length
  if (linked === 0)
    return { state: 'joining', sentence: 'Observer: no member is reached yet, reads may be stale.' }
  if (condition.blocksBehind > BEHIND_MAX) return describeBehind(facts)
  return {
    state: 'ready',
    sentence: `Observer: follows the ledger through ${linked} of ${members} members. ${activity(facts)}`
  }
}

function describeBehind({ condition, sync }: StateFacts): Pick<LedgerStatus, 'state' | 'sentence'> {
  const sentence =
    sync === null ? `Catching up: ${condition.blocksBehind} blocks behind.` : describeSync(sync)
  return { state: 'catching-up', sentence }
}

function presence({
  members,
  missing,
  faultWeight,
  reachableWeight,
  quorumWeight
}: StateFacts): string {
  if (missing.length === 0)
    return members === 1 ? 'The only member is present.' : `All ${members} members are present.`
  const spare = reachableWeight - quorumWeight
  const warning = faultWeight > 0 && spare <= 0 ? ' One more silent member stops the ledger.' : ''
  return `${members - missing.length} of ${members} members are present, ${missing.length} silent.${warning}`
}

function activity({ height, finalAtMs, nowMs }: StateFacts): string {
  const sinceMs = Math.max(0, nowMs - finalAtMs)
  if (height === 0) return 'No block yet.'
  if (sinceMs < QUIET_MS)
    return `Last block ${(sinceMs / 1000).toFixed(1)} s ago, height ${height}.`
  return `Quiet since ${new Date(finalAtMs).toISOString().slice(11, 19)} UTC, height ${height}.`
}
