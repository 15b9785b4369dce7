/**
 * The log of a simulated node: nobody reads it, but alarms are told, and what coverage counts.
 *
 * @module
 */

import type { Logger } from '../../../node/logger.ts'

/** Does nothing. */
export function ignore(): void {
  // Nobody reads what a simulated node logs and counts.
}

/** What a node tells of that a batch of runs must have seen. */
const MARKS: Readonly<Record<string, string>> = {
  'snapshot made': 'snapshot:made',
  'joining by snapshot': 'snapshot:joining',
  'snapshot refused: its values are not the state': 'snapshot:refused',
  'snapshot installed': 'snapshot:installed',
  'old transactions pruned': 'pruned'
}

/** Makes a log that tells of alarms of consensus, and of what coverage counts. */
export function createQuietLog(listener: {
  readonly onAlarm: (code: string) => void
  readonly onMark: (name: string) => void
}): Logger {
  return {
    error: (message, fields = {}) => {
      if (message === 'consensus raised an alarm') listener.onAlarm(String(fields['code']))
    },
    warn: ignore,
    info: (message) => {
      const mark = MARKS[message]
      if (mark !== undefined) listener.onMark(mark)
    },
    debug: ignore
  }
}
