/**
 * DialPlan: whom to call, and when.
 *
 * A member calls all other members, so that each pair has a link; the lower key
 * calls first and the higher one only after it has waited in vain. Everybody
 * else calls as many members as it needs to be sure that one of them is honest.
 * Whom to trust comes from the ledger, never from peers. Bootstrap addresses are
 * called while there are too few peers.
 *
 * The plan is pure: it knows neither sockets nor clocks.
 *
 * @module
 */

import type { NetworkLimits } from './limits.ts'
import type { PeerKey } from './peer-key.ts'

/** What is known of one target: a member, or a bootstrap address. */
export interface DialTarget {
  /** A peer key, or the text of a bootstrap address. */
  readonly name: string
  readonly kind: 'member' | 'bootstrap'
  addresses: readonly string[]
  state: 'down' | 'dialling' | 'connected'
  sinceMs: number
  failures: number
  dialAtMs: number
  lastError: string | undefined
  /** Whom a bootstrap address has turned out to be. */
  resolvedKey: PeerKey | undefined
}

/** What a plan depends on. */
export interface DialPlanOptions {
  readonly self: PeerKey
  readonly limits: NetworkLimits
  /** Uniform in [0, 1). */
  readonly random: () => number
}

/** The targets and their timing. */
export class DialPlan {
  readonly #options: DialPlanOptions
  readonly #targets = new Map<string, DialTarget>()
  #isSelfMember = false
  #membersWanted = 0

  constructor(options: DialPlanOptions) {
    this.#options = options
  }

  /** Every target, in no particular order. */
  targets(): Iterable<DialTarget> {
    return this.#targets.values()
  }

  /** One target by its name. */
  target(name: string): DialTarget | undefined {
    return this.#targets.get(name)
  }

  /** Replaces the members; what is known of those who stay is kept. */
  setMembers(
    members: readonly { readonly key: PeerKey; readonly addresses: readonly string[] }[],
    nowMs: number
  ): void {
    const { self } = this.#options
    this.#isSelfMember = members.some((member) => member.key === self)
    const faults = Math.floor((members.length - 1) / 3)
    this.#membersWanted = this.#isSelfMember
      ? members.length
      : Math.max(faults + 1, this.#options.limits.peersWanted)
    const kept = new Set<string>()
    for (const { key, addresses } of members) {
      if (key === self) continue
      kept.add(key)
      const known = this.#targets.get(key)
      // A dial under way holds on to its target, so it is changed in place.
      if (known !== undefined) known.addresses = addresses
      else this.#targets.set(key, this.#create('member', key, addresses, nowMs))
    }
    for (const [name, target] of this.#targets) {
      if (target.kind === 'member' && !kept.has(name)) this.#targets.delete(name)
    }
  }

  /** Adds a bootstrap address, and whom it leads to if it says so. */
  addBootstrap(address: string, peer: PeerKey | undefined, nowMs: number): void {
    if (peer === this.#options.self) return
    const target = this.#create('bootstrap', address, [address], nowMs)
    target.resolvedKey = peer
    this.#targets.set(address, target)
  }

  /** The targets to be dialled now. */
  due(nowMs: number, peersConnected: number): readonly DialTarget[] {
    const members: DialTarget[] = []
    const bootstraps: DialTarget[] = []
    let linked = 0
    for (const target of this.#targets.values()) {
      if (target.kind === 'member' && target.state !== 'down') linked += 1
      if (target.state !== 'down' || target.dialAtMs > nowMs) continue
      if (target.addresses.length === 0) continue
      if (target.kind === 'member') members.push(target)
      else bootstraps.push(target)
    }
    members.sort((left, right) => left.dialAtMs - right.dialAtMs)
    const due = members.slice(0, Math.max(0, this.#membersWanted - linked))
    return peersConnected < this.#options.limits.peersWanted ? [...due, ...bootstraps] : due
  }

  /** A dial has begun. */
  dialling(target: DialTarget, nowMs: number): void {
    setState(target, 'dialling', nowMs)
  }

  /** A dial has failed; the next comes after twice the pause, within bounds. */
  failed(target: DialTarget, error: string, nowMs: number): void {
    if (target.state === 'dialling') setState(target, 'down', nowMs)
    target.lastError = error
    this.#postpone(target, nowMs)
  }

  /** A peer is connected, whoever called whom. */
  connected(peer: PeerKey, nowMs: number): void {
    for (const target of this.#targetsOf(peer)) setState(target, 'connected', nowMs)
  }

  /** A bootstrap address has answered as this peer. */
  resolved(target: DialTarget, peer: PeerKey, nowMs: number): void {
    target.resolvedKey = peer
    setState(target, 'connected', nowMs)
  }

  /**
   * A peer is gone.
   *
   * @param aliveMs - how long it was connected; a short while does not end a row of failures
   */
  disconnected(peer: PeerKey, aliveMs: number, nowMs: number): void {
    for (const target of this.#targetsOf(peer)) {
      setState(target, 'down', nowMs)
      if (aliveMs >= this.#options.limits.connectionSettledMs) {
        target.failures = 0
        target.dialAtMs = nowMs + this.#firstPauseMs(target)
      } else {
        this.#postpone(target, nowMs)
      }
    }
  }

  #targetsOf(peer: PeerKey): readonly DialTarget[] {
    return [...this.#targets.values()].filter(
      (target) => target.name === peer || target.resolvedKey === peer
    )
  }

  #create(
    kind: DialTarget['kind'],
    name: string,
    addresses: readonly string[],
    nowMs: number
  ): DialTarget {
    const target: DialTarget = {
      name,
      kind,
      addresses,
      state: 'down',
      sinceMs: nowMs,
      failures: 0,
      dialAtMs: nowMs,
      lastError: undefined,
      resolvedKey: undefined
    }
    target.dialAtMs = nowMs + this.#firstPauseMs(target)
    return target
  }

  /** Two members: the lower calls at once, the higher gives it time to. */
  #firstPauseMs(target: DialTarget): number {
    const { self, limits } = this.#options
    const isTheirTurn = this.#isSelfMember && target.kind === 'member' && target.name < self
    return isTheirTurn ? this.#jittered(limits.higherKeyWaitMs) : 0
  }

  #postpone(target: DialTarget, nowMs: number): void {
    const { limits } = this.#options
    const doubled = limits.redialMinMs * 2 ** Math.min(target.failures, 16)
    target.failures += 1
    target.dialAtMs =
      nowMs + this.#firstPauseMs(target) + this.#jittered(Math.min(limits.redialMaxMs, doubled))
  }

  /** ±50 %, so that many nodes that lost the same peer do not call in step. */
  #jittered(pauseMs: number): number {
    return Math.round(pauseMs * (0.5 + this.#options.random()))
  }
}

function setState(target: DialTarget, state: DialTarget['state'], nowMs: number): void {
  if (target.state === state) return
  target.state = state
  target.sinceMs = nowMs
}
