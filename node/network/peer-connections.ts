/**
 * PeerConnections: one connection per peer.
 *
 * Two nodes may dial each other at the same moment. Both sides then keep the
 * connection that the lower key dialled and close the other gently, so that
 * what is under way on it still arrives. A connection that comes long after the
 * first was opened is no such pair: its dialler has lost the first one without
 * our noticing, so the newer one stays.
 *
 * @module
 */

import type { Connection } from '@libp2p/interface'
import type { NetworkLimits } from './limits.ts'
import { type PeerKey, peerKeyOf } from './peer-key.ts'

/** Whom the table tells. */
export interface PeerConnectionPorts {
  readonly now: () => number
  /** A peer has a connection to be used from now on: its first, or another in its place. */
  readonly onConnection: (peer: PeerKey, connection: Connection, isFirst: boolean) => void
  /** The last connection of a peer is gone. */
  readonly onDisconnected: (peer: PeerKey, aliveMs: number) => void
}

/** What is known of one connected peer. */
export interface ConnectedPeer {
  readonly connection: Connection
  /** When the peer got connected, by whichever connection. */
  readonly sinceMs: number
}

interface Entry {
  open: { connection: Connection; openedMs: number }[]
  current: Connection
  sinceMs: number
}

/** All connected peers. */
export class PeerConnections {
  readonly #self: PeerKey
  readonly #limits: NetworkLimits
  readonly #ports: PeerConnectionPorts
  readonly #entries = new Map<PeerKey, Entry>()

  constructor(self: PeerKey, limits: NetworkLimits, ports: PeerConnectionPorts) {
    this.#self = self
    this.#limits = limits
    this.#ports = ports
  }

  /** The connection to use for a peer. */
  of(peer: PeerKey): Connection | undefined {
    return this.#entries.get(peer)?.current
  }

  /** How many peers are connected. */
  get size(): number {
    return this.#entries.size
  }

  /** Everybody who is connected. */
  *all(): Iterable<[PeerKey, ConnectedPeer]> {
    for (const [key, entry] of this.#entries) {
      yield [key, { connection: entry.current, sinceMs: entry.sinceMs }]
    }
  }

  /** Whether a connection is the one in use. */
  isCurrent(connection: Connection): boolean {
    const key = peerKeyOf(connection.remotePeer)
    return key !== undefined && this.#entries.get(key)?.current === connection
  }

  /** libp2p has opened a connection. */
  opened(connection: Connection): void {
    const key = peerKeyOf(connection.remotePeer)
    if (key === undefined) {
      connection.abort(new Error('only Ed25519 peers are admitted'))
      return
    }
    const nowMs = this.#ports.now()
    const entry = this.#entries.get(key)
    if (entry === undefined) {
      const open = [{ connection, openedMs: nowMs }]
      this.#entries.set(key, { open, current: connection, sinceMs: nowMs })
      this.#ports.onConnection(key, connection, true)
      return
    }
    const incumbent = entry.open.find((one) => one.connection === entry.current)
    entry.open.push({ connection, openedMs: nowMs })
    const ageMs = nowMs - (incumbent?.openedMs ?? 0)
    if (this.#isNewerBetter(key, entry.current, { connection, ageMs })) {
      const loser = entry.current
      entry.current = connection
      this.#ports.onConnection(key, connection, false)
      this.#closeGently(loser)
    } else {
      this.#closeGently(connection)
    }
  }

  /** libp2p has closed a connection. */
  closed(connection: Connection): void {
    const key = peerKeyOf(connection.remotePeer)
    const entry = key === undefined ? undefined : this.#entries.get(key)
    if (key === undefined || entry === undefined) return
    entry.open = entry.open.filter((one) => one.connection !== connection)
    if (entry.current !== connection) {
      // Gossip may have had its streams on the one that is gone.
      if (entry.open.length > 0) this.#ports.onConnection(key, entry.current, false)
      return
    }
    const next = entry.open.at(-1)
    if (next !== undefined) {
      entry.current = next.connection
      this.#ports.onConnection(key, next.connection, false)
      return
    }
    this.#entries.delete(key)
    this.#ports.onDisconnected(key, this.#ports.now() - entry.sinceMs)
  }

  #isNewerBetter(
    peer: PeerKey,
    older: Connection,
    newer: { connection: Connection; ageMs: number }
  ): boolean {
    if (older.status !== 'open') return true
    if (older.direction === newer.connection.direction) return true
    if (newer.ageMs > this.#limits.simultaneousDialMs) return true
    const isDialledByLower =
      newer.connection.direction === 'outbound' ? this.#self < peer : peer < this.#self
    return isDialledByLower
  }

  #closeGently(connection: Connection): void {
    connection
      .close({ signal: AbortSignal.timeout(this.#limits.closeMs) })
      // What cannot be closed in time is cut: the peer has its other connection.
      .catch((error: Error) => connection.abort(error))
  }
}
