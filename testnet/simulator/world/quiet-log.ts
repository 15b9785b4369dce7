/**
 * The log of a simulated node: nobody reads it, but alarms are told.
 *
 * @module
 */

import type { Logger } from '../../../node/logger.ts'

/** Does nothing. */
export function ignore(): void {
  // Nobody reads what a simulated node logs and counts.
}

/** Makes a log that tells of alarms of consensus alone. */
export function createQuietLog(onAlarm: (code: string) => void): Logger {
  return {
    error: (message, fields = {}) => {
      if (message === 'consensus raised an alarm') onAlarm(String(fields['code']))
    },
    warn: ignore,
    info: ignore,
    debug: ignore
  }
}
