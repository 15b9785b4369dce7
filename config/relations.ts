/**
 * What settings must be to each other: rules that no single setting can break.
 *
 * @module
 */

import { isLoopback } from './address.ts'
import type { Config } from './config.ts'
import { showValue } from './show-value.ts'

/** A setting that does not go with another one. */
export interface Conflict {
  readonly path: string
  /** The setting that it contradicts. */
  readonly otherPath: string
  readonly what: string
}

interface Listener {
  readonly path: string
  readonly host: string
  readonly port: number
}

const WILDCARDS: ReadonlySet<string> = new Set(['0.0.0.0', '::'])

function* listeners({ http, mqtt, metrics }: Config): Generator<Listener> {
  yield { path: 'http', ...http }
  if (mqtt.enabled) yield { path: 'mqtt', ...mqtt }
  if (metrics.enabled) yield { path: 'metrics', ...metrics }
}

function isSamePlace(left: Listener, right: Listener): boolean {
  const isOverlapping =
    left.host === right.host || WILDCARDS.has(left.host) || WILDCARDS.has(right.host)
  return isOverlapping && left.port === right.port && left.port !== 0
}

/** Every pair of settings that contradict each other. */
export function findConflicts(config: Config): readonly Conflict[] {
  const conflicts: Conflict[] = []
  const { http, pace, disk, network } = config
  if (!isLoopback(http.host) && !http.behindProxy)
    conflicts.push({
      path: 'http.host',
      otherPath: 'http.behindProxy',
      what:
        `${showValue(http.host)} is open to other machines without TLS; allowed are 127.0.0.1, ::1 ` +
        'and localhost, or any with a TLS proxy in front and http.behindProxy: true'
    })
  if (pace.minMs > pace.maxMs)
    conflicts.push({
      path: 'pace.minMs',
      otherPath: 'pace.maxMs',
      what: `${pace.minMs} is above pace.maxMs, ${pace.maxMs}`
    })
  if (disk.stopBytes > disk.warnBytes)
    conflicts.push({
      path: 'disk.stopBytes',
      otherPath: 'disk.warnBytes',
      what: `${disk.stopBytes} is above disk.warnBytes, ${disk.warnBytes}`
    })
  const seen: Listener[] = []
  for (const listener of listeners(config)) {
    const other = seen.find((earlier) => isSamePlace(earlier, listener))
    if (other !== undefined)
      conflicts.push({
        path: `${listener.path}.port`,
        otherPath: `${other.path}.port`,
        what: `${listener.port} is taken by ${other.path}.port`
      })
    seen.push(listener)
  }
  const named = new Set<string>()
  for (const [index, { memberId }] of network.memberAddresses.entries()) {
    if (named.has(memberId))
      conflicts.push({
        path: 'network.memberAddresses',
        otherPath: 'network.memberAddresses',
        what: `entry ${index} names a member a second time`
      })
    named.add(memberId)
  }
  return conflicts
}
