/**
 * The one sentence on top: how the ledger is, and why.
 *
 * @module
 */

import type { Member, MissingMember, NodeStatus } from '../feed/answers.ts'
import { clockTime, duration, listed, numberWord, regionName, shortId } from './words.ts'

/** What the sentence is made of. */
export interface SentenceFacts {
  readonly status: NodeStatus
  readonly members: readonly Member[]
  /** By the node's clock. */
  readonly nowMs: number
  /** Since when the node answers nothing at all; null while it answers. */
  readonly silentSinceMs: number | null
}

/** The sentence twice: as it is read aloud when it changes, and as it is seen, with times that tick. */
export interface Sentence {
  readonly tone: 'good' | 'quiet' | 'warn' | 'bad'
  readonly said: string
  readonly shown: string
}

/** Silence after which a ledger counts as quiet: the node's own measure. */
export const QUIET_MS = 5_000
const NAMES_MAX = 4

/** Makes the sentence. */
export function makeSentence(facts: SentenceFacts): Sentence {
  const { status, silentSinceMs, nowMs } = facts
  if (silentSinceMs !== null)
    return still(
      'bad',
      `This node does not answer since ${clockTime(silentSinceMs, nowMs)}. What you see is from then.`
    )
  switch (status.state) {
    case 'paused':
      return sayPaused(facts)
    case 'stopped':
      return still('bad', status.sentence)
    case 'joining':
    case 'catching-up':
      return still('warn', status.sentence)
    case 'ready':
      return status.role === 'observer' ? sayObserver(facts) : sayReady(facts)
  }
}

function sayReady(facts: SentenceFacts): Sentence {
  const { status, members, nowMs } = facts
  const activity = sayActivity(facts)
  if (status.missing.length === 0) {
    const all =
      members.length === 1 ? 'the only member' : `all ${numberWord(members.length)} members`
    if (activity.isQuiet) return still('quiet', `${activity.said}, ${all} present.`)
    const said = members.length === 1 ? 'The only member is at work.' : `${capital(all)} agree.`
    return { tone: 'good', said, shown: `${said} ${activity.ticking}` }
  }
  const spare = status.reachableWeight - status.quorumWeight
  const warning = spare <= 0 ? ' One more silent member stops the ledger.' : ''
  const silent = `${nameSilent(status.missing)} silent`
  const standing = `${sayVotes(facts)}.${warning}`
  const quiet = activity.isQuiet ? ` ${activity.said}.` : ''
  return {
    tone: 'warn',
    said: `${silent}. ${standing}${quiet}`,
    shown:
      `${silent}${saySilence(status.missing, nowMs)}. ${standing}${quiet} ${activity.ticking}`.trim()
  }
}

function sayPaused({ status, members, nowMs }: SentenceFacts): Sentence {
  const lacking = status.quorumWeight - status.reachableWeight
  const present = members.length - status.missing.length
  const missing = status.missing
    .slice(0, NAMES_MAX)
    .map((one) => `${memberName(one, status.missing)} ${sinceWhen(one, nowMs)}`)
  const rest = status.missing.length - missing.length
  if (rest > 0) missing.push(`${rest} more`)
  return still(
    'bad',
    [
      `Paused, nothing lost: ${present} of ${members.length} members present,`,
      `the moot needs ${lacking} more ${lacking === 1 ? 'vote' : 'votes'}.`,
      `Missing: ${listed(missing)}.`,
      status.wayBack ?? ''
    ]
      .join(' ')
      .trim()
  )
}

function sayObserver(facts: SentenceFacts): Sentence {
  const { status, members } = facts
  const linked = members.length - status.missing.length
  const { isQuiet, said, ticking } = sayActivity(facts)
  const through = `This node observes, through ${linked} of ${members.length} members.`
  return isQuiet
    ? still('quiet', `${said}. ${through}`)
    : { tone: 'good', said: through, shown: `${through} ${ticking}` }
}

/** A ledger without a block is quiet too. */
function sayActivity({ status, nowMs }: SentenceFacts): {
  readonly isQuiet: boolean
  readonly said: string
  readonly ticking: string
} {
  if (status.height === 0) return { isQuiet: true, said: 'No block yet', ticking: '' }
  const sinceMs = Math.max(0, nowMs - status.finalAtMs)
  if (sinceMs >= QUIET_MS)
    return {
      isQuiet: true,
      said: `Quiet since ${clockTime(status.finalAtMs, nowMs)}`,
      ticking: ''
    }
  return { isQuiet: false, said: '', ticking: `Last block ${(sinceMs / 1000).toFixed(1)} s ago.` }
}

/** Where all members weigh the same, votes are members. */
function sayVotes({ status, members }: SentenceFacts): string {
  const present = members.length - status.missing.length
  const [first] = members
  const isEqual = first !== undefined && members.every(({ weight }) => weight === first.weight)
  if (isEqual) {
    const needed = Math.ceil(status.quorumWeight / first.weight)
    return `${present} of ${members.length} agree; the moot needs ${needed}`
  }
  return `${present} of ${members.length} agree, with ${status.reachableWeight} of ${status.totalWeight} votes; the moot needs ${status.quorumWeight}`
}

function nameSilent(missing: readonly MissingMember[]): string {
  const names = missing.slice(0, NAMES_MAX).map((one) => memberName(one, missing))
  const rest = missing.length - names.length
  return listed(rest > 0 ? [...names, `${rest} more`] : names)
}

function saySilence(missing: readonly MissingMember[], nowMs: number): string {
  const times = missing.map(({ lastHeardAtMs }) => lastHeardAtMs).filter((time) => time !== null)
  return times.length === 0
    ? ' since before this node started'
    : ` for ${duration(nowMs - Math.min(...times))}`
}

function sinceWhen({ lastHeardAtMs }: MissingMember, nowMs: number): string {
  return lastHeardAtMs === null
    ? 'since before this node started'
    : `since ${clockTime(lastHeardAtMs, nowMs)}`
}

/** A member by its region, with the beginning of its id where two share one. */
export function memberName(
  { memberId, region }: Pick<Member, 'memberId' | 'region'>,
  among: readonly Pick<Member, 'region'>[]
): string {
  const isAlone = among.filter((other) => other.region === region).length < 2
  return isAlone ? regionName(region) : `${regionName(region)} (${shortId(memberId)})`
}

/** A sentence in which nothing ticks. */
function still(tone: Sentence['tone'], text: string): Sentence {
  return { tone, said: text, shown: text }
}

function capital(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`
}
