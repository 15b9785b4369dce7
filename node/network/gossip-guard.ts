/**
 * GossipGuard: what gossipsub leaves open.
 *
 * Gossipsub 17.1 skips frames it cannot decode and says nothing, reads ahead
 * without bound while a message is being judged, answers a request for many
 * messages in one frame of any size, opens its streams one after the other so
 * that one mute peer holds up all, and never opens a stream again that broke.
 * The guard replaces its reader by one that reports malformed frames and holds
 * the sender back, splits what is sent, and sees to the streams.
 *
 * It takes the place of methods that the library's types do not show, so it
 * checks that they are there: an update that moves them fails at start.
 *
 * @module
 */

import type { GossipSub } from '@chainsafe/libp2p-gossipsub'
import type { Connection, PeerId, Stream } from '@libp2p/interface'
import { NodeError } from '../errors.ts'
import { FrameReader } from './frame-reader.ts'
import type { NetworkLimits } from './limits.ts'

interface GossipMessage {
  readonly data?: Uint8Array
}

interface GossipRpc {
  readonly subscriptions: readonly unknown[]
  readonly messages: readonly GossipMessage[]
  readonly control?: unknown
}

interface InboundStream {
  readonly rawStream: Stream
  readonly close: () => Promise<void>
}

interface Internals {
  readonly peers: ReadonlyMap<string, PeerId>
  readonly streamsInbound: Map<string, InboundStream>
  readonly decodeRpc: (bytes: Uint8Array) => GossipRpc
  readonly handleReceivedRpc: (from: PeerId, rpc: GossipRpc) => Promise<void>
  readonly isStarted: () => boolean
  readonly streamsOutbound: ReadonlyMap<string, unknown>
  readonly onPeerConnected: (peer: PeerId, connection: Connection) => void
  readonly onPeerDisconnected: (peer: PeerId) => void
  createOutboundStream: (peer: PeerId, connection: Connection) => Promise<void>
  createInboundStream: (peer: PeerId, stream: Stream) => void
  sendRpc: (peerId: string, rpc: GossipRpc) => boolean
}

/** Whom the guard tells, and what it asks. */
export interface GossipGuardPorts {
  readonly now: () => number
  /** Resolves when the peer may send another frame of this size; `undefined` is at once. */
  readonly admit: (from: PeerId, frameBytes: number) => Promise<void> | undefined
  /** A frame was malformed, too large or too slow; the latter two have ended the stream. */
  readonly onOffence: (from: PeerId, reason: string) => void
}

const METHODS = [
  'decodeRpc',
  'handleReceivedRpc',
  'isStarted',
  'onPeerConnected',
  'onPeerDisconnected',
  'createOutboundStream',
  'createInboundStream',
  'sendRpc'
] as const

/** The guarded reading and writing of one gossipsub. */
export class GossipGuard {
  readonly #internals: Internals
  readonly #limits: NetworkLimits
  readonly #ports: GossipGuardPorts
  readonly #readers = new Map<Stream, FrameReader>()
  readonly #opening = new Set<string>()

  /** @throws NodeError CONFIGURATION_WRONG if this is not the gossipsub we know */
  constructor(gossip: GossipSub, limits: NetworkLimits, ports: GossipGuardPorts) {
    const internals = gossip as unknown as Internals
    const missing = METHODS.find((method) => typeof internals[method] !== 'function')
    if (missing !== undefined || !(internals.streamsInbound instanceof Map)) {
      throw new NodeError(
        'CONFIGURATION_WRONG',
        `@chainsafe/libp2p-gossipsub is not the version this node was built for: ${missing ?? 'streamsInbound'}`
      )
    }
    this.#internals = internals
    this.#limits = limits
    this.#ports = ports
    const sendWhole = internals.sendRpc.bind(internals)
    const openOutbound = internals.createOutboundStream.bind(internals)
    internals.createOutboundStream = (peer, connection) => {
      this.#open(openOutbound, peer, connection)
      return Promise.resolve()
    }
    internals.createInboundStream = (peer, stream) => this.#accept(peer, stream)
    internals.sendRpc = (peerId, rpc) => this.#send(sendWhole, peerId, rpc)
  }

  /** A peer is connected, or has lost its stream: opens one to it if there is none. */
  connect(connection: Connection): void {
    const peer = connection.remotePeer
    if (!this.#internals.streamsOutbound.has(peer.toString())) {
      this.#internals.onPeerConnected(peer, connection)
    }
  }

  /** A peer is gone. */
  disconnect(peer: PeerId): void {
    this.#internals.onPeerDisconnected(peer)
  }

  /** Cuts what a peer sends, until it opens a stream anew. */
  reset(peer: PeerId): void {
    const inbound = this.#internals.streamsInbound.get(peer.toString())
    inbound?.rawStream.abort(new Error('stream reset'))
  }

  /** Ends streams whose frame takes too long. */
  sweep(): void {
    for (const reader of this.#readers.values()) reader.sweep()
  }

  #open(
    open: (peer: PeerId, connection: Connection) => Promise<void>,
    peer: PeerId,
    connection: Connection
  ): void {
    const id = peer.toString()
    if (this.#opening.has(id)) return
    this.#opening.add(id)
    // It catches whatever may go wrong itself.
    void open(peer, connection).finally(() => this.#opening.delete(id))
  }

  #accept(peer: PeerId, stream: Stream): void {
    const internals = this.#internals
    const id = peer.toString()
    if (!internals.isStarted() || !internals.peers.has(id)) return
    const before = internals.streamsInbound.get(id)
    internals.streamsInbound.set(id, { rawStream: stream, close: () => closeStream(stream) })
    if (before !== undefined) void before.close()
    const reader = new FrameReader(
      stream,
      {
        messageMaxBytes: this.#limits.gossipFrameMaxBytes,
        backlogMaxBytes: this.#limits.backlogMaxBytes,
        messageMaxMs: this.#limits.gossipFrameMs
      },
      {
        now: this.#ports.now,
        onMessage: (frame) => this.#onFrame(peer, frame),
        onFault: (fault) => this.#ports.onOffence(peer, `gossip frame ${fault}`)
      }
    )
    this.#readers.set(stream, reader)
    stream.addEventListener(
      'close',
      () => {
        this.#readers.delete(stream)
        if (internals.streamsInbound.get(id)?.rawStream === stream) {
          internals.streamsInbound.delete(id)
        }
      },
      { once: true }
    )
    // Our own end carries nothing; it closes when theirs does.
    stream.addEventListener('remoteCloseWrite', () => void closeStream(stream), { once: true })
  }

  async #onFrame(peer: PeerId, frame: Uint8Array): Promise<void> {
    const rpc = this.#decode(frame)
    if (rpc === undefined) {
      this.#ports.onOffence(peer, 'gossip frame malformed')
      return
    }
    const admitted = this.#ports.admit(peer, frame.length)
    if (admitted !== undefined) await admitted
    await this.#internals.handleReceivedRpc(peer, rpc)
  }

  #decode(frame: Uint8Array): GossipRpc | undefined {
    try {
      return this.#internals.decodeRpc(frame)
    } catch {
      // The decoder tells a stranger's fault by throwing; here it becomes a value.
      return undefined
    }
  }

  #send(
    sendWhole: (peerId: string, rpc: GossipRpc) => boolean,
    peerId: string,
    rpc: GossipRpc
  ): boolean {
    const [first, ...rest] = splitMessages(rpc.messages, this.#limits.gossipMessageMaxBytes)
    if (first === undefined || rest.length === 0) return sendWhole(peerId, rpc)
    let isSent = sendWhole(peerId, { ...rpc, messages: first })
    for (const messages of rest) {
      if (isSent) isSent = sendWhole(peerId, { subscriptions: [], messages })
    }
    return isSent
  }
}

/** Divides messages into groups of at most so many bytes; one alone may exceed them. */
export function splitMessages(
  messages: readonly GossipMessage[],
  groupMaxBytes: number
): readonly (readonly GossipMessage[])[] {
  const groups: GossipMessage[][] = []
  let group: GossipMessage[] = []
  let bytes = 0
  for (const message of messages) {
    const size = message.data?.length ?? 0
    if (group.length > 0 && bytes + size > groupMaxBytes) {
      groups.push(group)
      group = []
      bytes = 0
    }
    group.push(message)
    bytes += size
  }
  if (group.length > 0) groups.push(group)
  return groups
}

async function closeStream(stream: Stream): Promise<void> {
  try {
    await stream.close({ signal: AbortSignal.timeout(1_000) })
  } catch (error) {
    // Closing is a courtesy; whoever does not take it is cut.
    stream.abort(error instanceof Error ? error : new Error(String(error)))
  }
}
