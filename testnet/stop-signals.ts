/**
 * Signals to stop: the first one ends a run in order, a second one at once.
 *
 * @module
 */

/** What the signals act on. */
export interface StopPorts {
  readonly onSignal: (signal: NodeJS.Signals, listener: () => void) => void
  readonly say: (line: string) => void
  /** Asks for an end in order. */
  readonly ask: () => void
  /** Ends everything at once. */
  readonly kill: () => Promise<void>
  readonly exit: (code: number) => never
  readonly onBug: (error: unknown) => void
}

/** As shells count a process that SIGINT ended. */
const EXIT_INTERRUPTED = 130

/** Listens to SIGINT and SIGTERM. */
export function listenToStop({ onSignal, say, ask, kill, exit, onBug }: StopPorts): void {
  let isAsked = false
  const hear = (): void => {
    if (isAsked) {
      kill()
        .catch(onBug)
        .finally(() => exit(EXIT_INTERRUPTED))
      return
    }
    isAsked = true
    say('Stopping; Ctrl-C once more ends it at once.')
    ask()
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) onSignal(signal, hear)
}
