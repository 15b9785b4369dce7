/**
 * Which stream goes to whom.
 *
 * @module
 */

import type { Connection, Stream } from '@libp2p/interface'
import type { NetworkLimits } from './limits.ts'
import { type PeerKey, peerKeyOf } from './peer-key.ts'
import {
  MEMBER_PROTOCOLS,
  type MemberProtocol,
  protocolName,
  REQUEST_PROTOCOLS,
  type RequestProtocol
} from './protocol-names.ts'
import type { Transport } from './transport.ts'

/** Who takes the streams that peers open. */
export interface IncomingStreams {
  readonly member: (protocol: MemberProtocol, from: PeerKey | undefined, stream: Stream) => void
  readonly request: (protocol: RequestProtocol, from: PeerKey | undefined, stream: Stream) => void
}

/** Registers every stream protocol of this network, each with its number of streams per peer. */
export async function registerProtocols(
  transport: Transport,
  options: { readonly networkId: string; readonly limits: NetworkLimits },
  incoming: IncomingStreams
): Promise<void> {
  const { networkId, limits } = options
  for (const protocol of MEMBER_PROTOCOLS) {
    const accept = (stream: Stream, connection: Connection): void => {
      incoming.member(protocol, peerKeyOf(connection.remotePeer), stream)
    }
    await transport.handle(protocolName(networkId, protocol), accept, {
      maxInboundStreams: limits.memberStreamsMax,
      maxOutboundStreams: limits.memberStreamsMax
    })
  }
  for (const protocol of REQUEST_PROTOCOLS) {
    const accept = (stream: Stream, connection: Connection): void => {
      incoming.request(protocol, peerKeyOf(connection.remotePeer), stream)
    }
    await transport.handle(protocolName(networkId, protocol), accept, {
      maxInboundStreams: limits.requestStreamsInMax,
      maxOutboundStreams: limits.requestStreamsInMax
    })
  }
}
