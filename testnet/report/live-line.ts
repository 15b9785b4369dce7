/**
 * The live line: how the testnet is right now, in one line, and quietly where it is quiet.
 *
 * @module
 */

import { counted, listed, timeOfDay } from './text.ts'

/** What the line is made of. */
export interface LiveFacts {
  /** Undefined when no node answers. */
  readonly view:
    | {
        readonly height: number
        readonly finalAtMs: number
        readonly state: string
        readonly sentence: string
      }
    | undefined
  readonly members: number
  readonly missing: readonly string[]
  readonly finalPerSecond: number
  readonly p50FinalMs: number | null
  readonly pending: number
  readonly nowMs: number
}

const QUIET_MS = 5_000

/** The line, without its end. */
export function liveLine(facts: LiveFacts): string {
  const { view, missing, members } = facts
  if (view === undefined) return 'no node answers'
  if (view.state === 'paused') return view.sentence
  const presence =
    missing.length === 0
      ? `all ${counted(members, 'member')} present`
      : `${members - missing.length} of ${counted(members, 'member')} present, without ${listed(missing)}`
  if (facts.nowMs - view.finalAtMs > QUIET_MS && facts.finalPerSecond === 0)
    return `height ${view.height}   quiet since ${timeOfDay(view.finalAtMs)}${waiting(facts)}   ${presence}`
  const p50 = facts.p50FinalMs === null ? '' : `   p50 ${facts.p50FinalMs.toFixed(0)} ms to final`
  return `height ${view.height}   ${facts.finalPerSecond.toFixed(1)} tx/s final${p50}   ${presence}`
}

function waiting({ pending }: LiveFacts): string {
  return pending === 0 ? '' : `, ${counted(pending, 'message')} waiting`
}
