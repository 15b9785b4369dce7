/**
 * The feed of confirmed blocks: what a quorum has notarised and this member holds for valid.
 *
 * Such a block is final as a rule a moment later, and may still lose to another one of its height.
 * Whoever was told of one that lost is told that too.
 *
 * @module
 */

import type { Block, LedgerVersion } from '../../protocol/index.ts'
import type { ConfirmedBlock, ConfirmedNews } from '../confirmed-news.ts'

/** Blocks that are confirmed and not final; consensus itself goes on with far fewer. */
const OPEN_MAX = 256

/** What is told of an executed block. */
export interface ConfirmedEntry {
  readonly block: Pick<Block, 'id' | 'idBytes'> & { readonly header: Pick<Block['header'], 'view'> }
  readonly version: Pick<LedgerVersion, 'height' | 'timeMs'>
  readonly transactions: { readonly length: number }
}

/** What of a final block settles the open ones. */
export interface SettledEntry {
  readonly block: Pick<Block, 'id'>
  readonly version: Pick<LedgerVersion, 'height'>
}

type Listener = (news: ConfirmedNews) => void

/** Tells of confirmed blocks. */
export class ConfirmedFeed {
  readonly #listeners = new Set<Listener>()
  /** What was told and is not settled yet, by block id. */
  readonly #open = new Map<string, ConfirmedBlock>()
  #finalHeight = 0

  /** Calls back for each, and for each that is withdrawn, until what is returned is called. */
  follow(listener: Listener): () => void {
    const tell: Listener = (news) => listener(news)
    this.#listeners.add(tell)
    return () => void this.#listeners.delete(tell)
  }

  /** A quorum has notarised a block that is valid here. */
  confirm({ block, version, transactions }: ConfirmedEntry): void {
    const { header, idBytes, id } = block
    if (version.height <= this.#finalHeight || this.#open.has(id)) return
    if (this.#open.size >= OPEN_MAX) return
    const confirmed: ConfirmedBlock = {
      height: version.height,
      view: header.view,
      blockId: idBytes,
      timeMs: version.timeMs,
      transactionCount: transactions.length
    }
    this.#open.set(id, confirmed)
    this.#tell({ kind: 'confirmed', block: confirmed })
  }

  /** A block is final: it is not open any more, and what stood beside it has lost. */
  settle({ block, version }: SettledEntry): void {
    this.#finalHeight = version.height
    for (const [id, open] of this.#open) {
      if (open.height > version.height) continue
      this.#open.delete(id)
      if (id !== block.id) this.#tell({ kind: 'withdrawn', block: open })
    }
  }

  #tell(news: ConfirmedNews): void {
    for (const listener of [...this.#listeners]) listener(news)
  }
}
