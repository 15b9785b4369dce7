/**
 * Discipline: what follows from an offence.
 *
 * A stranger with two serious offences in a short time is cut and banned. A
 * member is not: its streams are reset, a human is told, and what to do about it
 * is for the members to vote on.
 *
 * @module
 */

import type { Connection } from '@libp2p/interface'
import { hostOf } from './host-of.ts'
import { type NetworkLimits, SERIOUS_OFFENCE_POINTS } from './limits.ts'
import type { NetworkPorts } from './network.ts'
import type { PeerKey } from './peer-key.ts'
import type { Penalties } from './penalties.ts'

/** What discipline works on. */
export interface DisciplineOptions {
  readonly penalties: Penalties
  readonly limits: NetworkLimits
}

/** What discipline needs from outside. */
export interface DisciplinePorts extends Pick<NetworkPorts, 'log' | 'count'> {
  readonly isMember: (peer: PeerKey) => boolean
  readonly connectionOf: (peer: PeerKey) => Connection | undefined
  readonly resetStreams: (peer: PeerKey) => void
}

/** Takes offences, deals consequences. */
export class Discipline {
  readonly #penalties: Penalties
  readonly #limits: NetworkLimits
  readonly #ports: DisciplinePorts

  constructor(options: DisciplineOptions, ports: DisciplinePorts) {
    this.#penalties = options.penalties
    this.#limits = options.limits
    this.#ports = ports
  }

  /** A serious offence that the network itself has seen; without a key it is nobody's. */
  offence(from: PeerKey | undefined, reason: string): void {
    if (from !== undefined) this.penalise(from, SERIOUS_OFFENCE_POINTS, reason)
  }

  /** Holds points against a peer. */
  penalise(from: PeerKey, points: number, reason: string): void {
    this.#ports.count('thingmoot_network_offences_total', reason, 1)
    this.#ports.log.debug('peer penalised', { peer: from, points, reason })
    if (!this.#penalties.add(from, points)) return
    if (this.#ports.isMember(from)) {
      this.#ports.count('thingmoot_network_member_offences_total', reason, 1)
      this.#ports.log.warn('member misbehaves', { peer: from, reason })
      this.#ports.resetStreams(from)
      return
    }
    this.#ports.count('thingmoot_network_bans_total', reason, 1)
    this.#ports.log.info('peer banned', { peer: from, reason, banMs: this.#limits.banMs })
    const connection = this.#ports.connectionOf(from)
    const host = connection === undefined ? undefined : hostOf(connection.remoteAddr).host
    this.#penalties.ban(from, host)
    connection?.abort(new Error('banned'))
  }
}
