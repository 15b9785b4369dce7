/**
 * The electorate as the API shows it: each seat, and how this node reaches it.
 *
 * @module
 */

import {
  type Electorate,
  equalBytes,
  type LedgerVersion,
  type MemberRecord,
  members,
  toHex
} from '../../protocol/index.ts'
import type { MemberView } from '../ledger-service.ts'
import type { PeerStatus } from '../network/peer-status.ts'
import { readIfWhole } from '../storage/damaged-record.ts'
import { renewalDueInMs } from './governance-view.ts'

/** What the members are looked at with. */
export interface MemberViewPorts {
  readonly nodeId: Uint8Array
  readonly electorate: Electorate
  readonly tip: LedgerVersion
  readonly peers: readonly PeerStatus[]
  readonly lastHeardAtMs: (memberId: Uint8Array) => number | null
}

/** Every seat in its order. */
export function viewMembers(ports: MemberViewPorts): readonly MemberView[] {
  const { nodeId, electorate, tip } = ports
  const peers = new Map(ports.peers.map((peer) => [peer.key, peer]))
  return electorate.seats.map(({ memberId, weight, operatorId, region, endpoints }, index) => {
    const peer = peers.get(toHex(memberId))
    const isSelf = equalBytes(memberId, nodeId)
    const member = readIfWhole(() => tip.view.read(members, memberId))
    return {
      memberId,
      index,
      weight,
      operatorId,
      region,
      endpoints,
      isSelf,
      isConnected: isSelf || peer?.state === 'connected',
      roundTripMs: peer?.roundTripMs ?? null,
      lastHeardAtMs: isSelf ? null : ports.lastHeardAtMs(memberId),
      isLeaving: member?.leaving === 1,
      renewalDueInMs: readIfWhole(() => member && dueInMs(member, tip)) ?? 0
    }
  })
}

function dueInMs(member: MemberRecord, { view, height, timeMs }: LedgerVersion): number {
  return renewalDueInMs(member, { state: view, height, timeMs })
}
