/**
 * What the vote log holds, in memory: refuses a second, different vote before it is signed.
 *
 * @module
 */

import { createHash } from 'node:crypto'
import { invariant } from '../../protocol/index.ts'
import {
  type ChainLink,
  comparePositions,
  type LoggedCertificate,
  type LoggedVote,
  type Position,
  type VoteLogWrite
} from './vote-log-format.ts'

type Item = LoggedVote | LoggedCertificate

/** One write on disk: its link, its highest position, and the names of its items. */
interface WriteSummary {
  readonly link: ChainLink
  readonly top: Position
  readonly names: readonly string[]
}

const WRITES_PER_PRUNING_MAX = 1024

/** The index of one vote log; bounded by `itemsMax`, which its owner asks before it adds. */
export class VoteLogIndex {
  readonly itemsMax: number
  /** Name of each item held, with the hash of its bytes. */
  readonly #hashes = new Map<string, string>()
  /** The writes held, oldest first. */
  readonly #writes = new Map<number, WriteSummary>()

  constructor(itemsMax: number) {
    this.itemsMax = itemsMax
  }

  /** Items held. */
  get count(): number {
    return this.#hashes.size
  }

  /**
   * What of a write is not held yet.
   *
   * @param write - votes to be signed, certificates to be kept
   * @param floor - the position below which votes may have been forgotten
   * @throws InvariantError for a vote that contradicts one held, or lies below the floor
   */
  selectFresh(write: VoteLogWrite, floor: Position): VoteLogWrite {
    const fresh = new Map<string, string>()
    const known = (name: string): string | undefined => fresh.get(name) ?? this.#hashes.get(name)
    const entries = write.entries.filter((vote) => {
      const name = nameOf(vote)
      const hash = hashOf(vote.bytes)
      const held = known(name)
      invariant(held === undefined || held === hash, `no second ${name} differs from the first`)
      if (held !== undefined) return false
      invariant(comparePositions(vote, floor) >= 0, `${name} is not below the pruned position`)
      const rival = rivalOf(vote)
      invariant(rival === undefined || known(rival) === undefined, `${name} excludes ${rival}`)
      fresh.set(name, hash)
      return true
    })
    const certificates = write.certificates.filter((certificate) => {
      const name = nameOf(certificate)
      // below the floor a later finalisation has made it needless
      if (known(name) !== undefined || comparePositions(certificate, floor) < 0) return false
      fresh.set(name, hashOf(certificate.bytes))
      return true
    })
    return { entries, certificates }
  }

  /** Takes in a write that is durable. */
  add(link: ChainLink, write: VoteLogWrite): void {
    const items: readonly Item[] = [...write.entries, ...write.certificates]
    let top: Position = { epoch: 0, view: 0 }
    for (const item of items) {
      this.#hashes.set(nameOf(item), hashOf(item.bytes))
      if (comparePositions(item, top) > 0) top = { epoch: item.epoch, view: item.view }
    }
    this.#writes.set(link.sequence, { link, top, names: items.map(nameOf) })
  }

  /** The oldest writes in a row that lie wholly below a position, and how many items they hold. */
  oldestBelow(position: Position): {
    readonly links: readonly ChainLink[]
    readonly items: number
  } {
    const links: ChainLink[] = []
    let items = 0
    for (const write of this.#writes.values()) {
      if (links.length === WRITES_PER_PRUNING_MAX) break
      if (comparePositions(write.top, position) >= 0) break
      links.push(write.link)
      items += write.names.length
    }
    return { links, items }
  }

  /** Forgets writes that are deleted. */
  forget(links: readonly ChainLink[]): void {
    for (const { sequence } of links) {
      for (const name of this.#writes.get(sequence)?.names ?? []) this.#hashes.delete(name)
      this.#writes.delete(sequence)
    }
  }
}

function nameOf(item: Item): string {
  return `${item.kind} of epoch ${item.epoch}, view ${item.view}`
}

/** A member nullifies or finalises a view, never both. */
function rivalOf(vote: LoggedVote): string | undefined {
  if (vote.kind === 'notarise') return undefined
  return nameOf({ ...vote, kind: vote.kind === 'nullify' ? 'finalise' : 'nullify' })
}

function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('base64')
}
