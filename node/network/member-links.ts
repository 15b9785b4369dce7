/**
 * MemberLinks: the long-lived direct streams between members.
 *
 * Each member has one outgoing stream per protocol to each other member, so
 * that votes never wait behind batches. A stream that breaks is opened anew at
 * once if the peer is still connected, and with growing pauses if that fails:
 * a peer that does not yet know us as a member refuses us until it has caught up.
 *
 * @module
 */

import type { Connection, Stream } from '@libp2p/interface'
import type { FrameFault } from './frame.ts'
import { FrameReader } from './frame-reader.ts'
import { FrameWriter } from './frame-writer.ts'
import type { NetworkLimits } from './limits.ts'
import type { PeerKey } from './peer-key.ts'
import { MEMBER_PROTOCOLS, type MemberProtocol, protocolName } from './protocol-names.ts'
import { thinWindowUpdates } from './window-updates.ts'

/** Takes one message of a member; the next one of that stream waits for it. */
export type MemberMessageHandler = (
  protocol: MemberProtocol,
  from: PeerKey,
  message: Uint8Array<ArrayBuffer>
) => void | Promise<void>

/** What links need from outside. */
export interface MemberLinkPorts {
  readonly now: () => number
  readonly isMember: (peer: PeerKey) => boolean
  readonly connectionOf: (peer: PeerKey) => Connection | undefined
  readonly onMessage: MemberMessageHandler
  readonly onFault: (peer: PeerKey, fault: FrameFault | 'too-slow') => void
  readonly dropped: (protocol: MemberProtocol, messages: number) => void
}

interface Link {
  readonly peer: PeerKey
  readonly protocol: MemberProtocol
  readonly writer: FrameWriter
  connection: Connection | undefined
  /** The connection on which a stream is being opened. */
  opening: Connection | undefined
  failures: number
  retryAtMs: number
}

const REOPEN_MIN_MS = 250
const REOPEN_MAX_MS = 10_000

/** All links of this node. */
export class MemberLinks {
  readonly #networkId: string
  readonly #limits: NetworkLimits
  readonly #ports: MemberLinkPorts
  readonly #links = new Map<string, Link>()
  readonly #readers = new Map<Stream, { reader: FrameReader; peer: PeerKey }>()

  constructor(networkId: string, limits: NetworkLimits, ports: MemberLinkPorts) {
    this.#networkId = networkId
    this.#limits = limits
    this.#ports = ports
  }

  /** Queues a message; false if the member is not connected or its queue is full. */
  send(protocol: MemberProtocol, to: PeerKey, message: Uint8Array): boolean {
    const link = this.#links.get(`${protocol} ${to}`)
    if (link?.connection === undefined) return false
    if (message.length > this.#messageMaxBytes(protocol)) return false
    return link.writer.send(message)
  }

  /** A peer has a connection, its first or another one. */
  connected(peer: PeerKey, connection: Connection): void {
    if (!this.#ports.isMember(peer)) return
    for (const protocol of MEMBER_PROTOCOLS) {
      const link = this.#link(peer, protocol)
      if (link.connection === connection) continue
      link.connection = connection
      link.failures = 0
      link.retryAtMs = 0
      this.#open(link)
    }
  }

  /** A peer is gone: what was queued for it would be stale when it comes back. */
  disconnected(peer: PeerKey): void {
    for (const protocol of MEMBER_PROTOCOLS) {
      const link = this.#links.get(`${protocol} ${peer}`)
      if (link === undefined) continue
      const dropped = link.writer.clear()
      if (dropped > 0) this.#ports.dropped(protocol, dropped)
      link.connection = undefined
      if (!this.#ports.isMember(peer)) this.#links.delete(`${protocol} ${peer}`)
    }
  }

  /** The electorate has changed. */
  membersChanged(): void {
    for (const [name, link] of this.#links) {
      if (this.#ports.isMember(link.peer)) continue
      link.writer.clear()
      link.writer.stop()
      this.#links.delete(name)
    }
    for (const peer of new Set([...this.#readers.values()].map((one) => one.peer))) {
      if (!this.#ports.isMember(peer)) this.resetIncoming(peer)
    }
  }

  /** Resets what a member sends us; it may open anew. */
  resetIncoming(peer: PeerKey): void {
    for (const [stream, entry] of this.#readers) {
      if (entry.peer === peer) stream.abort(new Error('stream reset'))
    }
  }

  /** A member has opened a stream to us. */
  accept(protocol: MemberProtocol, peer: PeerKey | undefined, stream: Stream): void {
    if (peer === undefined || !this.#ports.isMember(peer)) {
      // No offence: the ledger may have admitted it a block ago.
      stream.abort(new Error('members only'))
      return
    }
    thinWindowUpdates(stream)
    const reader = new FrameReader(
      stream,
      {
        messageMaxBytes: this.#messageMaxBytes(protocol),
        backlogMaxBytes: this.#limits.backlogMaxBytes,
        messageMaxMs: this.#limits.memberFrameMs
      },
      {
        now: this.#ports.now,
        onMessage: (message) => this.#ports.onMessage(protocol, peer, message),
        onFault: (fault) => this.#ports.onFault(peer, fault)
      }
    )
    this.#readers.set(stream, { reader, peer })
    stream.addEventListener('close', () => this.#readers.delete(stream), { once: true })
    // The far side sends nothing more once it has closed its end; so close ours too.
    stream.addEventListener('remoteCloseWrite', () => closeQuietly(stream), { once: true })
  }

  /** Opens what is due to be opened again, ends what takes too long. */
  sweep(): void {
    const nowMs = this.#ports.now()
    for (const link of this.#links.values()) {
      if (!link.writer.isAttached && nowMs >= link.retryAtMs) this.#open(link)
    }
    for (const { reader } of this.#readers.values()) reader.sweep()
  }

  #link(peer: PeerKey, protocol: MemberProtocol): Link {
    const name = `${protocol} ${peer}`
    const known = this.#links.get(name)
    if (known !== undefined) return known
    const queueMaxBytes =
      protocol === 'votes' ? this.#limits.votesQueueMaxBytes : this.#limits.batchesQueueMaxBytes
    const link: Link = {
      peer,
      protocol,
      writer: new FrameWriter(queueMaxBytes),
      connection: undefined,
      opening: undefined,
      failures: 0,
      retryAtMs: 0
    }
    this.#links.set(name, link)
    return link
  }

  #open(link: Link): void {
    const { connection } = link
    if (connection === undefined || link.opening === connection) return
    link.opening = connection
    connection
      .newStream(protocolName(this.#networkId, link.protocol), {
        signal: AbortSignal.timeout(this.#limits.negotiationMs),
        maxOutboundStreams: this.#limits.memberStreamsMax
      })
      .then(
        (stream) => this.#opened(link, connection, stream),
        // Why it failed shows in the connection's own fate; here only that it did.
        () => this.#openFailed(link, connection)
      )
  }

  #opened(link: Link, connection: Connection, stream: Stream): void {
    if (link.opening === connection) link.opening = undefined
    const isKept = this.#links.get(`${link.protocol} ${link.peer}`) === link
    if (!isKept || link.connection !== connection) {
      closeQuietly(stream)
      return
    }
    // A peer that refuses us may have done so before we got here; no event tells of it any more.
    if (stream.status !== 'open') {
      this.#pause(link)
      return
    }
    const openedMs = this.#ports.now()
    stream.addEventListener('close', () => this.#streamClosed(link, stream, openedMs), {
      once: true
    })
    link.writer.attach(stream)
  }

  #streamClosed(link: Link, stream: Stream, openedMs: number): void {
    if (!link.writer.detach(stream)) return
    const hasLived = this.#ports.now() - openedMs > this.#limits.connectionSettledMs
    if (hasLived) link.failures = 0
    this.#pause(link)
    if (hasLived && link.connection?.status === 'open') this.#open(link)
  }

  #openFailed(link: Link, connection: Connection): void {
    if (link.opening === connection) link.opening = undefined
    if (link.connection === connection) this.#pause(link)
  }

  #pause(link: Link): void {
    const pauseMs = Math.min(REOPEN_MAX_MS, REOPEN_MIN_MS * 2 ** Math.min(link.failures, 10))
    link.failures += 1
    link.retryAtMs = this.#ports.now() + pauseMs
  }

  #messageMaxBytes(protocol: MemberProtocol): number {
    return protocol === 'votes'
      ? this.#limits.votesMessageMaxBytes
      : this.#limits.batchesMessageMaxBytes
  }
}

function closeQuietly(stream: Stream): void {
  stream.close({ signal: AbortSignal.timeout(1_000) }).catch((error: Error) => stream.abort(error))
}
