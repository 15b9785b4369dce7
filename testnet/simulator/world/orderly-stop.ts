/**
 * The orderly stop: what the daemon does with its parts before it goes on from a snapshot.
 *
 * @module
 */

import type { Replica } from '../../../node/replica.ts'
import type { NodeNetwork } from '../virtual/node-network.ts'
import type { VirtualTime } from '../virtual/virtual-clock.ts'
import type { OpenStorage } from './node-storage.ts'

/** What is stopped. */
export interface RunningParts {
  readonly replica: Replica | null
  readonly network: NodeNetwork
  readonly storage: OpenStorage | null
}

/** Who is told how it went. */
export interface StopPorts {
  readonly time: VirtualTime
  readonly onStopped: () => void
  /** It takes longer than the daemon gives itself. */
  readonly onLate: () => void
  readonly onFailure: (error: unknown) => void
}

/** As long as the daemon gives itself; then it ends as it stands. */
const DEADLINE_MS = 30_000

/** Stops everything, in the daemon's order: replica, network, databases. */
export function stopInOrder(parts: RunningParts, ports: StopPorts): void {
  const { time, onStopped, onLate, onFailure } = ports
  const deadline = time.agenda.enter(time.nowMs() + DEADLINE_MS, onLate)
  const stop = async (): Promise<void> => {
    await parts.replica?.stop()
    await parts.network.stop()
    await parts.storage?.close()
    deadline.isCancelled = true
  }
  stop().then(onStopped, onFailure)
}
