/**
 * Everything that the pages show, as signals: who changes one draws nothing else anew.
 *
 * @module
 */

import { computed, type ReadonlySignal, type Signal, signal } from '@preact/signals'
import type { DeviceAnswer, Member, Motion, NodeStatus } from '../feed/answers.ts'
import { type ClockOffset, offsetMs, UNKNOWN_OFFSET } from '../feed/clock-offset.ts'
import type { Alert, BlockPoint, DeviceReading, HeardDevice } from './history.ts'

/** What the page knows. */
export interface Store {
  readonly status: Signal<NodeStatus | null>
  readonly members: Signal<readonly Member[]>
  readonly motions: Signal<readonly Motion[]>
  readonly blocks: Signal<readonly BlockPoint[]>
  readonly readings: Signal<readonly DeviceReading[]>
  readonly devices: Signal<ReadonlyMap<string, HeardDevice>>
  readonly standings: Signal<ReadonlyMap<string, DeviceAnswer>>
  readonly alerts: Signal<readonly Alert[]>
  /** The height at which this page began to watch; null before the first answer. */
  readonly firstHeight: Signal<number | null>
  /** How news come: told by the node, or asked for; null before either. */
  readonly news: Signal<'told' | 'asked' | null>
  /** Since when the node does not answer, by this browser's clock; null while it does. */
  readonly silentSinceMs: Signal<number | null>
  /** What the node refuses this page with, such as a token that is missing; null for nothing. */
  readonly refusal: Signal<string | null>
  readonly clock: Signal<ClockOffset>
  /** This browser's clock, moved several times a second while the page is seen. */
  readonly tickMs: Signal<number>
  /** The node's clock. */
  readonly nowMs: ReadonlySignal<number>
}

/** A store that knows nothing yet. */
export function createStore(): Store {
  const clock = signal<ClockOffset>(UNKNOWN_OFFSET)
  const tickMs = signal(Date.now())
  return {
    status: signal(null),
    members: signal([]),
    motions: signal([]),
    blocks: signal([]),
    readings: signal([]),
    devices: signal(new Map()),
    standings: signal(new Map()),
    alerts: signal([]),
    firstHeight: signal(null),
    news: signal(null),
    silentSinceMs: signal(null),
    refusal: signal(null),
    clock,
    tickMs,
    nowMs: computed(() => tickMs.value + offsetMs(clock.value))
  }
}
