/**
 * Transport: libp2p with every setting that differs from its defaults.
 *
 * TCP, Noise, Yamux, gossipsub, identify and ping; no discovery, no relay, no
 * DHT: whom to know is written in the ledger. Figures stand in limits.ts.
 *
 * @module
 */

import '../shims.ts'
import { type GossipSub, type GossipsubOpts, gossipsub } from '@chainsafe/libp2p-gossipsub'
import { noise } from '@chainsafe/libp2p-noise'
import { type Identify, identify } from '@libp2p/identify'
import type { ConnectionGater, Libp2p, MessageStream, PrivateKey } from '@libp2p/interface'
import { type Ping, ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { createLibp2p } from 'libp2p'
import { NodeError } from '../errors.ts'
import { catchFirstWords } from './first-words.ts'
import type { NetworkLimits } from './limits.ts'
import { spareReadExceptions } from './noise-reads.ts'
import { quietLogger } from './quiet-logger.ts'
import { joinSmallWrites } from './socket-writes.ts'

/** What a transport is made of. */
export interface TransportOptions {
  readonly privateKey: PrivateKey
  readonly listenAddresses: readonly string[]
  readonly announceAddresses: readonly string[]
  readonly observersMax: number
  readonly limits: NetworkLimits
  readonly gater: ConnectionGater
  readonly gossip: Partial<GossipsubOpts>
}

interface Services extends Record<string, unknown> {
  readonly gossip: GossipSub
  readonly identify: Identify
  readonly ping: Ping
}

/** The libp2p node that this folder, and nothing outside of it, works with. */
export type Transport = Libp2p<Services>

const IDENTIFY_MAX_BYTES = 8_192

/** Makes libp2p; nothing listens yet, so that nobody comes before we are ready. */
export async function createTransport(options: TransportOptions): Promise<Transport> {
  return await createLibp2p<Services>({ ...libp2pOptions(options), start: false })
}

/**
 * Starts libp2p.
 *
 * @throws NodeError ADDRESS_IN_USE or CONFIGURATION_WRONG if it cannot listen
 */
export async function startTransport(
  transport: Transport,
  listenAddresses: readonly string[]
): Promise<void> {
  try {
    await transport.start()
  } catch (error) {
    const reason = reasonsOf(error)
    const code = reason.includes('EADDRINUSE') ? 'ADDRESS_IN_USE' : 'CONFIGURATION_WRONG'
    const addresses = listenAddresses.join(', ')
    // The library's own text goes over many lines, with a stack of each address; it is the cause.
    const what = /\bE[A-Z]{3,}\b/.exec(reason)?.[0] ?? reason.split('\n')[0]
    // biome-ignore lint/style/useErrorCause: NodeError takes its cause as the third argument
    throw new NodeError(code, `cannot listen on ${addresses}: ${what}`, { cause: error })
  }
}

function libp2pOptions(options: TransportOptions): Parameters<typeof createLibp2p<Services>>[0] {
  const { limits } = options
  const connectionsMax = limits.membersMax + options.observersMax + 20
  return {
    privateKey: options.privateKey,
    addresses: {
      listen: [...options.listenAddresses],
      announce: [...options.announceAddresses]
    },
    logger: quietLogger(),
    transports: [
      tcp({
        inboundSocketInactivityTimeout: limits.socketInactivityMs,
        outboundSocketInactivityTimeout: limits.socketInactivityMs,
        maxConnections: connectionsMax + limits.pendingMax,
        backlog: limits.socketBacklog,
        closeServerOnMaxConnections: {
          closeAbove: connectionsMax + limits.pendingMax,
          listenBelow: connectionsMax
        },
        dialOpts: { noDelay: true, keepAlive: true },
        listenOpts: { noDelay: true, keepAlive: true }
      })
    ],
    connectionEncrypters: [noise()],
    streamMuxers: [boundedYamux(limits)],
    connectionGater: options.gater,
    connectionManager: {
      maxConnections: connectionsMax,
      maxIncomingPendingConnections: limits.pendingMax,
      inboundConnectionThreshold: limits.connectionsPerHostPerSecond,
      inboundUpgradeTimeout: limits.upgradeMs,
      inboundStreamProtocolNegotiationTimeout: limits.negotiationMs,
      outboundStreamProtocolNegotiationTimeout: limits.negotiationMs,
      maxParallelDials: limits.parallelDialsMax,
      maxDialQueueLength: limits.dialQueueMax,
      maxPeerAddrsToDial: limits.addressesPerPeerMax,
      dialTimeout: limits.dialMs,
      addressDialTimeout: limits.dialMs,
      connectionCloseTimeout: limits.closeMs,
      // Redialling is the dial plan's business.
      reconnectRetries: 0,
      maxParallelReconnects: 5
    },
    connectionMonitor: {
      pingInterval: limits.pingIntervalMs,
      pingTimeout: { minTimeout: limits.pingTimeoutMinMs, maxTimeout: 4 * limits.pingTimeoutMinMs },
      abortConnectionOnPingFailure: true
    },
    services: {
      // Gossipsub insists on it; nobody is asked, and who asks us gets a short answer.
      identify: identify({ runOnConnectionOpen: false, maxMessageSize: IDENTIFY_MAX_BYTES }),
      ping: ping({ maxInboundStreams: 2 }),
      gossip: gossipsub(options.gossip)
    }
  }
}

/** Yamux whose connection may not hold more unsent bytes than the table says. */
function boundedYamux(limits: NetworkLimits): ReturnType<typeof yamux> {
  const create = yamux({
    maxInboundStreams: limits.muxerStreamsInMax,
    maxOutboundStreams: limits.muxerStreamsOutMax,
    streamOptions: {
      maxStreamWindowSize: limits.streamWindowMaxBytes,
      maxReadBufferLength: limits.streamReadMaxBytes,
      maxWriteBufferLength: limits.streamWriteMaxBytes
    }
  })
  return () => {
    const factory = create()
    const createStreamMuxer = factory.createStreamMuxer.bind(factory)
    factory.createStreamMuxer = (connection: MessageStream) => {
      connection.maxWriteBufferLength = limits.connectionWriteMaxBytes
      joinSmallWrites(connection)
      spareReadExceptions(connection)
      const muxer = createStreamMuxer(connection)
      catchFirstWords(muxer)
      return muxer
    }
    return factory
  }
}

/** The messages of an error and of all that it gathers. */
function reasonsOf(error: unknown): string {
  if (error instanceof AggregateError) {
    return [error.message, ...error.errors.map(reasonsOf)].join('; ')
  }
  if (!(error instanceof Error)) return String(error)
  return error.cause === undefined ? error.message : `${error.message}; ${reasonsOf(error.cause)}`
}
