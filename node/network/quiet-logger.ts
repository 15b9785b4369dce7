/**
 * A logger for libp2p that does nothing.
 *
 * Its lines are many, unstructured and carry strangers' text; what matters is
 * logged by this folder in the words of the house. Formatting what is thrown
 * away costs on every frame, so it is not even begun.
 *
 * @module
 */

import type { ComponentLogger, Logger } from '@libp2p/interface'

const quiet: Logger = Object.assign(() => undefined, {
  error: () => undefined,
  trace: () => undefined,
  newScope: () => quiet,
  enabled: false
})

/** The quiet logger. */
export function quietLogger(): ComponentLogger {
  return { forComponent: () => quiet }
}
