/**
 * How a device stands, in words.
 *
 * @see protocol/SPEC.md §6.1 Records
 * @module
 */

import type { DeviceAnswer } from '../feed/answers.ts'
import type { Alert } from './history.ts'

/** A short text, and whether it is a worry. */
export interface Standing {
  readonly tone: 'good' | 'warn' | 'bad' | 'quiet'
  readonly text: string
}

const STATUSES: readonly Standing[] = [
  { tone: 'good', text: 'active' },
  { tone: 'bad', text: 'stopped' },
  { tone: 'warn', text: 'proving itself clean' },
  { tone: 'quiet', text: 'retired' }
]

/** Why a device is stopped, by the number of the reason. */
const REASONS: readonly string[] = [
  '',
  'two speak with its key',
  'two new keys were signed',
  'it went back to old firmware',
  'members suspect it',
  'its owner stopped it'
]

/** Rules of suspicion, by their numbers. */
const RULES: readonly string[] = [
  '',
  'it was in two places within too short a time',
  'it fell silent',
  'a neighbour hears what the ledger does not',
  'it speaks through another member',
  'it speaks too often or too much',
  'its content is malformed',
  'it names old blocks or contradicts itself',
  'it goes to and fro between two members'
]

const ACTS: Readonly<Record<string, string>> = {
  'device-fork': 'Proof: two different messages were signed with one device key',
  'key-misuse': 'Proof: a key was used after its turn',
  'owner-fork': 'Proof: two different orders were signed by one owner key',
  'key-exposed': 'Proof: a recovery key became known'
}

const SEVERITIES: readonly string[] = ['note', 'warning', 'grave']

/** How a device stands. */
export function standingOf({ device }: DeviceAnswer, nowMs: number): Standing {
  const base = STATUSES[device.status] ?? { tone: 'warn' as const, text: 'unknown status' }
  const reason = device.quarantine === null ? '' : (REASONS[device.quarantine.reason] ?? '')
  if (device.status !== 0)
    return reason === '' ? base : { ...base, text: `${base.text}: ${reason}` }
  if (device.lost !== 0) return { tone: 'bad', text: 'reported lost by its owner' }
  if (device.rival !== null) return { tone: 'bad', text: 'contested: two branches speak' }
  if (device.evidenceMask !== 0) return { tone: 'warn', text: 'active, with proofs against it' }
  if (device.suspectUntilMs > nowMs) return { tone: 'warn', text: 'active, under suspicion' }
  return base
}

/** What an alert says. */
export function describeAlert({ act, rule, severity }: Alert): Standing {
  const proof = ACTS[act]
  if (proof !== undefined) return { tone: 'bad', text: proof }
  const level = SEVERITIES[severity ?? 0] ?? 'note'
  const what = RULES[rule ?? 0] ?? `rule ${rule}`
  return { tone: level === 'note' ? 'quiet' : 'warn', text: `A member's ${level}: ${what}` }
}
