/**
 * MQTT audiences: who listens to which device, by the filters that were granted.
 *
 * @module
 */

import type { Topics } from './mqtt-topics.ts'

/** Somebody with filters. */
export interface Audible {
  /** Granted quality of service, by filter. */
  readonly filters: Map<string, 0 | 1>
}

/** The audiences of all devices that anybody listens to. */
export class Audiences<Listener extends Audible> {
  readonly #topics: Topics
  readonly #byDevice = new Map<string, Set<Listener>>()

  constructor(topics: Topics) {
    this.#topics = topics
  }

  /** Whether anybody listens to any device. */
  isHeard(): boolean {
    return this.#byDevice.size > 0
  }

  /** All who listen to any channel of a device. */
  of(deviceId: string): readonly Listener[] {
    return [...(this.#byDevice.get(deviceId) ?? [])]
  }

  /** A filter is granted. */
  add(listener: Listener, filter: string, qos: 0 | 1): void {
    const deviceId = this.#topics.readFilter(filter)?.deviceId
    if (deviceId === undefined) return
    listener.filters.set(filter, qos)
    const audience = this.#byDevice.get(deviceId) ?? new Set()
    this.#byDevice.set(deviceId, audience.add(listener))
  }

  /** A filter is given up. */
  drop(listener: Listener, filter: string): void {
    const deviceId = this.#topics.readFilter(filter)?.deviceId
    if (deviceId === undefined || !listener.filters.delete(filter)) return
    const hasOther = [...listener.filters.keys()].some(
      (other) => this.#topics.readFilter(other)?.deviceId === deviceId
    )
    const audience = this.#byDevice.get(deviceId)
    if (hasOther || audience === undefined) return
    audience.delete(listener)
    if (audience.size === 0) this.#byDevice.delete(deviceId)
  }
}

/** The best quality that is granted for any of these filters; undefined where none is. */
export function qualityOf(
  granted: ReadonlyMap<string, 0 | 1>,
  filters: readonly string[]
): 0 | 1 | undefined {
  let best: 0 | 1 | undefined
  for (const filter of filters) {
    const qos = granted.get(filter)
    if (qos !== undefined && best !== 1) best = qos
  }
  return best
}
