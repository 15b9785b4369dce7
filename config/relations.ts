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

/** What an API that other machines reach must be: guarded by itself, or by a proxy. */
function* openConflicts({
  host,
  behindProxy,
  tls,
  tokenNeeded
}: Config['http']): Generator<Conflict> {
  const { certificateFile } = tls
  if (isLoopback(host) || behindProxy) return
  const isOpen = `${showValue(host)} is open to other machines`
  if (certificateFile === null)
    yield {
      path: 'http.host',
      otherPath: 'http.behindProxy',
      what:
        `${isOpen} without TLS; allowed are 127.0.0.1, ::1 and localhost, or any with ` +
        'http.tls and http.tokenNeeded: true, or with a TLS proxy in front and http.behindProxy: true'
    }
  else if (!tokenNeeded)
    yield {
      path: 'http.host',
      otherPath: 'http.tokenNeeded',
      what: `${isOpen} without tokens; set http.tokenNeeded: true and make some with thingmoot token new`
    }
}

/** Both files of TLS, or none. */
function* tlsConflicts(group: 'http' | 'mqtt', tls: Config['http']['tls']): Generator<Conflict> {
  const { certificateFile, keyFile } = tls
  if ((certificateFile === null) === (keyFile === null)) return
  const [missing, given] =
    certificateFile === null ? ['certificateFile', 'keyFile'] : ['keyFile', 'certificateFile']
  yield {
    path: `${group}.tls.${given}`,
    otherPath: `${group}.tls.${missing}`,
    what: 'a certificate and its key go together, and one of them is not given'
  }
}

/** A password is read by nobody on the way. */
function* bridgeConflicts({ bridge }: Config['mqtt']): Generator<Conflict> {
  const { url, user, passwordFile, authorityFile } = bridge
  if (url === null) {
    for (const [name, value] of Object.entries({ user, passwordFile, authorityFile }))
      if (value !== null)
        yield {
          path: `mqtt.bridge.${name}`,
          otherPath: 'mqtt.bridge.url',
          what: 'is of a bridge, and mqtt.bridge.url names no broker'
        }
    return
  }
  if (!URL.canParse(url)) {
    yield { path: 'mqtt.bridge.url', otherPath: 'mqtt.bridge.url', what: 'is no address' }
    return
  }
  const { protocol, hostname } = new URL(url)
  if (passwordFile !== null && protocol === 'mqtt:' && !isLoopback(hostname))
    yield {
      path: 'mqtt.bridge.passwordFile',
      otherPath: 'mqtt.bridge.url',
      what: `the password would go to ${showValue(url)} for all to read; use mqtts://`
    }
}

/** What mapped topics ask for: their passwords are not for everybody's ears, and values have names. */
function* topicConflicts({ host, tls, topics }: Config['mqtt']): Generator<Conflict> {
  if (topics.length > 0 && !isLoopback(host) && tls.certificateFile === null)
    yield {
      path: 'mqtt.topics',
      otherPath: 'mqtt.host',
      what: `devices would send their passwords to ${showValue(host)} for all to read; set mqtt.tls, or mqtt.host: 127.0.0.1`
    }
  for (const [index, { format, readings }] of topics.entries()) {
    const what = {
      number: readings.length === 1 ? null : 'a number is one reading: give it one name',
      json: readings.length > 0 ? null : 'JSON needs readings: where each value is, and its name',
      senml: readings.length === 0 ? null : 'SenML names its readings itself: leave them out'
    }[format]
    if (what !== null)
      yield { path: 'mqtt.topics', otherPath: 'mqtt.topics', what: `entry ${index}: ${what}` }
  }
}

/** Every pair of settings that contradict each other. */
export function findConflicts(config: Config): readonly Conflict[] {
  const conflicts: Conflict[] = []
  const { http, mqtt, pace, disk, network } = config
  conflicts.push(...tlsConflicts('http', http.tls), ...openConflicts(http))
  conflicts.push(
    ...tlsConflicts('mqtt', mqtt.tls),
    ...topicConflicts(mqtt),
    ...bridgeConflicts(mqtt)
  )
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
