/**
 * PeerStatus: one peer as an operator wants to see it.
 *
 * @module
 */

import type { DialPlan } from './dial-plan.ts'
import type { PeerConnections } from './peer-connections.ts'
import type { PeerKey } from './peer-key.ts'

/** What is known of one peer. */
export interface PeerStatus {
  readonly key: PeerKey
  readonly isMember: boolean
  readonly state: 'connected' | 'dialling' | 'down'
  readonly sinceMs: number
  readonly direction: 'inbound' | 'outbound' | undefined
  readonly address: string | undefined
  readonly roundTripMs: number | undefined
  readonly lastError: string | undefined
  readonly penaltyPoints: number
}

/** Where the statuses come from. */
export interface PeerStatusSources {
  readonly connections: PeerConnections
  readonly plan: DialPlan
  readonly isMember: (peer: PeerKey) => boolean
  readonly penaltyPoints: (peer: PeerKey) => number
}

/** Everybody who is connected, then the members who are not. */
export function peerStatuses(sources: PeerStatusSources): readonly PeerStatus[] {
  const { connections, plan, isMember, penaltyPoints } = sources
  const statuses: PeerStatus[] = []
  for (const [key, { connection, sinceMs }] of connections.all()) {
    statuses.push({
      key,
      isMember: isMember(key),
      state: 'connected',
      sinceMs,
      direction: connection.direction,
      address: connection.remoteAddr.toString(),
      roundTripMs: connection.rtt,
      lastError: undefined,
      penaltyPoints: penaltyPoints(key)
    })
  }
  for (const target of plan.targets()) {
    if (target.kind !== 'member' || connections.of(target.name) !== undefined) continue
    statuses.push({
      key: target.name,
      isMember: true,
      state: target.state === 'dialling' ? 'dialling' : 'down',
      sinceMs: target.sinceMs,
      direction: undefined,
      address: target.addresses[0],
      roundTripMs: undefined,
      lastError: target.lastError,
      penaltyPoints: penaltyPoints(target.name)
    })
  }
  return statuses
}
