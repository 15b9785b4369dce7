/**
 * The members as the API shows them, with how this node reaches each.
 *
 * @module
 */

import { type Electorate, equalBytes, toHex } from '../../protocol/index.ts'
import type { MemberView } from '../ledger-service.ts'
import type { PeerStatus } from '../network/peer-status.ts'

/** What the members are seen by. */
export interface MemberViewPorts {
  readonly nodeId: Uint8Array
  readonly electorate: () => Electorate
  readonly peers: () => readonly PeerStatus[]
  readonly lastHeardAtMs: (memberIndex: number) => number | null
}

/** Views the members of the electorate in force, in its order. */
export function viewMembers(ports: MemberViewPorts): readonly MemberView[] {
  const peers = new Map(ports.peers().map((peer) => [peer.key, peer]))
  return ports.electorate().seats.map((seat, index) => {
    const peer = peers.get(toHex(seat.memberId))
    const isSelf = equalBytes(seat.memberId, ports.nodeId)
    return {
      memberId: seat.memberId,
      index,
      weight: seat.weight,
      operatorId: seat.operatorId,
      region: seat.region,
      endpoints: seat.endpoints,
      isSelf,
      isConnected: isSelf || peer?.state === 'connected',
      roundTripMs: peer?.roundTripMs ?? null,
      lastHeardAtMs: isSelf ? null : ports.lastHeardAtMs(index)
    }
  })
}
