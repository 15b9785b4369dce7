/**
 * Dialler: carries the dial plan out.
 *
 * @module
 */

import type { Connection } from '@libp2p/interface'
import { CODE_P2P, type Multiaddr } from '@multiformats/multiaddr'
import type { DialPlan, DialTarget } from './dial-plan.ts'
import { parseAddress } from './host-of.ts'
import { isPeerKey, type PeerKey, peerIdOf, peerKeyOf } from './peer-key.ts'

/** What the dialler needs from outside. */
export interface DiallerPorts {
  readonly now: () => number
  readonly dial: (addresses: Multiaddr[], signal: AbortSignal) => Promise<Connection>
  readonly connectionOf: (peer: PeerKey) => Connection | undefined
  readonly peersConnected: () => number
  readonly failed: (target: DialTarget, error: string) => void
}

/** Dials what is due. */
export class Dialler {
  readonly #self: PeerKey
  readonly #plan: DialPlan
  readonly #dialMaxMs: number
  readonly #ports: DiallerPorts
  readonly #dials = new Map<string, Promise<Connection | undefined>>()
  #isStopped = false

  constructor(
    options: { readonly self: PeerKey; readonly plan: DialPlan; readonly dialMaxMs: number },
    ports: DiallerPorts
  ) {
    this.#self = options.self
    this.#plan = options.plan
    this.#dialMaxMs = options.dialMaxMs
    this.#ports = ports
  }

  /** Begins the dials that are due now. */
  sweep(): void {
    for (const target of this.#plan.due(this.#ports.now(), this.#ports.peersConnected())) {
      void this.#dial(target)
    }
  }

  /** No dials from now on. */
  stop(): void {
    this.#isStopped = true
  }

  /** The connection to a known member, dialled at once if there is none. */
  async connect(peer: PeerKey, signal: AbortSignal): Promise<Connection> {
    const connection = this.#ports.connectionOf(peer)
    if (connection !== undefined) return connection
    const target = this.#plan.target(peer)
    if (target === undefined) throw new Error('not connected, and no address is known')
    const dialled = await Promise.race([this.#dial(target), aborted(signal)])
    const opened = this.#ports.connectionOf(peer) ?? dialled
    if (opened === undefined) throw new Error(target.lastError ?? 'not reached')
    return opened
  }

  #dial(target: DialTarget): Promise<Connection | undefined> {
    const running = this.#dials.get(target.name)
    if (running !== undefined) return running
    if (this.#isStopped) return Promise.resolve(undefined)
    const dial = this.#dialOnce(target).finally(() => this.#dials.delete(target.name))
    this.#dials.set(target.name, dial)
    return dial
  }

  /** The connection, or `undefined` with the reason noted in the plan. */
  async #dialOnce(target: DialTarget): Promise<Connection | undefined> {
    this.#plan.dialling(target, this.#ports.now())
    try {
      const addresses = this.#addressesOf(target)
      if (addresses.length === 0) throw new Error('no usable address')
      const connection = await this.#ports.dial(addresses, AbortSignal.timeout(this.#dialMaxMs))
      const key = peerKeyOf(connection.remotePeer)
      if (target.kind === 'bootstrap' && key !== undefined) {
        this.#plan.resolved(target, key, this.#ports.now())
      }
      // It may have been the one too many of two, or be gone again already.
      if (key === undefined || this.#ports.connectionOf(key) === undefined) {
        throw new Error('closed at once')
      }
      return connection
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      this.#plan.failed(target, reason, this.#ports.now())
      this.#ports.failed(target, reason)
      return undefined
    }
  }

  #addressesOf(target: DialTarget): Multiaddr[] {
    const addresses: Multiaddr[] = []
    for (const text of target.addresses) {
      const address = isPeerKey(target.name) ? memberAddress(text, target.name) : parseAddress(text)
      if (address !== undefined && !this.#isSelf(address)) addresses.push(address)
    }
    return addresses
  }

  #isSelf(address: Multiaddr): boolean {
    return p2pOf(address) === peerIdOf(this.#self).toString()
  }
}

/** The address with the member's id at its end; none if it names somebody else. */
function memberAddress(text: string, key: PeerKey): Multiaddr | undefined {
  const address = parseAddress(text)
  if (address === undefined) return undefined
  const expected = peerIdOf(key).toString()
  const named = p2pOf(address)
  if (named === undefined) return address.encapsulate(`/p2p/${expected}`)
  return named === expected ? address : undefined
}

function p2pOf(address: Multiaddr): string | undefined {
  return address.getComponents().findLast((component) => component.code === CODE_P2P)?.value
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const giveUp = (): void => reject(new Error('not reached in time'))
    if (signal.aborted) giveUp()
    else signal.addEventListener('abort', giveUp, { once: true })
  })
}
