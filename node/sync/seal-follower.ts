/**
 * The seal follower: from the newest electorate that this node knows to a later one, seal by seal.
 *
 * Whoever is behind by epochs can judge nothing of them by its own ledger. It asks its peers for the
 * seals, of which each is judged by the electorate before it, so nobody is believed. What is
 * followed stays in memory: the ledger brings it again once it has come as far.
 *
 * @see SPEC.md §10.5 Seal proofs
 * @module
 */

import {
  decodeSealProofs,
  type Electorate,
  judgeSeal,
  SEALS_MAX,
  type SealProof
} from '../../protocol/index.ts'
import { encodeFetchRequest } from './sync-message.ts'

/** What the follower needs from others. */
export interface SealFollowerPorts {
  readonly networkTag: Uint8Array
  /** The newest electorate of the own ledger. */
  readonly electorate: () => Electorate
  /** The electorate of an epoch that the own ledger knows. */
  readonly electorateOf: (epoch: number) => Electorate | undefined
  /** Whom to ask, the most trusted first. */
  readonly peers: () => readonly string[]
  /** Asks one peer; undefined when it did not answer. */
  readonly ask: (peer: string, request: Uint8Array) => Promise<Uint8Array | undefined>
  readonly penalise: (peer: string, reason: string) => void
  /** Lets waiting work go first: signatures are checked by the hundred. */
  readonly pause: () => Promise<void>
  readonly isStopped: () => boolean
}

/** Electorates that are kept in memory, the newest ones. */
const KEPT_MAX = 64
/** Seals that are kept for the ledger that is built from a snapshot: without electorates they are small. */
const SEALS_KEPT_MAX = 4_096
/** Peers that are asked for one run of seals. */
const ASKED_MAX = 16

/** A seal without the electorate that it begins: the state holds that. */
export type FollowedSeal = Pick<SealProof, 'headerBytes' | 'finalisation'>

/** Follows seals. */
export class SealFollower {
  readonly #ports: SealFollowerPorts
  /** Without gaps, in ascending order; none of the own ledger. */
  #followed: readonly Electorate[] = []
  /** Those that led from the own ledger to the newest electorate followed, in order. */
  #seals: readonly FollowedSeal[] = []
  #last: Promise<unknown> = Promise.resolve()

  constructor(ports: SealFollowerPorts) {
    this.#ports = ports
  }

  /** The electorate of an epoch, followed to if need be; undefined when no peer leads there. */
  electorateOf(epoch: number): Promise<Electorate | undefined> {
    // One after the other: two that follow at once would ask for the same seals twice.
    const turn = this.#last.then(() => this.#electorateOf(epoch))
    // Whoever asked learns of a failure; the next in line must still have its turn.
    this.#last = turn.catch(() => undefined)
    return turn
  }

  /** The seals that were followed, for whoever goes on where they lead. */
  get seals(): readonly FollowedSeal[] {
    return this.#seals
  }

  async #electorateOf(epoch: number): Promise<Electorate | undefined> {
    const own = this.#ports.electorateOf(epoch)
    if (own !== undefined) return own
    this.#forgetOwn()
    const [lowest] = this.#followed
    // What was forgotten is followed anew from the own ledger.
    if (lowest !== undefined && epoch < lowest.epoch) this.#followed = []
    if (this.#followed.length === 0) this.#seals = []
    while (this.#newest().epoch < epoch) if (!(await this.#askPeers())) return undefined
    return this.#followed.find((electorate) => electorate.epoch === epoch)
  }

  #newest(): Electorate {
    return this.#followed.at(-1) ?? this.#ports.electorate()
  }

  /** The own ledger may have come further meanwhile. */
  #forgetOwn(): void {
    const { epoch } = this.#ports.electorate()
    this.#followed = this.#followed.filter((electorate) => electorate.epoch > epoch)
  }

  /** Whether any peer has led a step further. */
  async #askPeers(): Promise<boolean> {
    const { ask, peers, isStopped } = this.#ports
    // The own ledger may go on while it is waited for answers: they are judged by what was asked.
    const from = this.#newest()
    const request = encodeFetchRequest({ kind: 'seals', from: from.epoch })
    for (const peer of peers().slice(0, ASKED_MAX)) {
      if (isStopped()) return false
      const answer = await ask(peer, request)
      // One that does not answer, or does not know this question, has done nothing wrong.
      if (answer === undefined || answer.length === 0) continue
      if (await this.#take(peer, decodeSealProofs(answer, SEALS_MAX), from)) return true
    }
    return false
  }

  /** Follows what a peer sent as far as it is genuine; whether that is any further. */
  async #take(
    peer: string,
    proofs: readonly SealProof[] | undefined,
    from: Electorate
  ): Promise<boolean> {
    const { networkTag, penalise, pause } = this.#ports
    if (proofs === undefined) penalise(peer, 'malformed seals were sent')
    const followed: Electorate[] = []
    const seals: FollowedSeal[] = []
    for (const proof of proofs ?? []) {
      const judged = judgeSeal(proof, { networkTag, electorate: followed.at(-1) ?? from })
      if (!judged.ok) {
        penalise(peer, `a forged seal was sent: ${judged.fault}`)
        break
      }
      followed.push(judged.value)
      seals.push({ headerBytes: proof.headerBytes, finalisation: proof.finalisation })
      await pause()
    }
    this.#followed = [...this.#followed, ...followed].slice(-KEPT_MAX)
    this.#seals = [...this.#seals, ...seals].slice(-SEALS_KEPT_MAX)
    return followed.length > 0
  }
}
