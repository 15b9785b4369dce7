/**
 * The batch fetcher: gets what a block needs, from those who have it.
 *
 * It asks the leader and the authors first, then everybody, and goes on until
 * the batches are here or the block no longer matters.
 *
 * @module
 */

import {
  type BatchId,
  type BatchReference,
  type Block,
  type BlockId,
  batchIdOf,
  peekBatchHeader
} from '../../protocol/index.ts'
import type { BatchStore } from '../batches/batch-store.ts'
import { type Clock, sleep } from '../clock.ts'
import { BATCHES_PER_REQUEST_MAX, decodeBatchesAnswer, encodeFetchRequest } from './sync-message.ts'

/** Pause before everybody is asked again. */
const PAUSE_MS = 200
const PAUSE_MAX_MS = 5_000
/** How long one source may be silent before the next one is asked as well. */
const PATIENCE_MS = 300
/** Pause between two looks whether the batches have come by themselves. */
const LOOK_MS = 50

/** What the fetcher needs from others. */
export interface BatchFetcherPorts {
  readonly clock: Pick<Clock, 'later'>
  readonly store: BatchStore
  /** Asks one peer by its key; undefined when it did not answer. */
  readonly ask: (peer: string, request: Uint8Array) => Promise<Uint8Array | undefined>
  /** Everybody who may be asked, by key. */
  readonly peers: () => readonly string[]
  readonly penalise: (peer: string, reason: string) => void
  /** Whether a block may still matter. */
  readonly isWanted: (blockId: BlockId) => boolean
}

/** What became of a fetch. */
export type FetchOutcome = 'complete' | 'faulty' | 'abandoned'

/** Gets missing batches. */
export class BatchFetcher {
  readonly #ports: BatchFetcherPorts
  readonly #underWay = new Map<BlockId, Promise<FetchOutcome>>()

  constructor(ports: BatchFetcherPorts) {
    this.#ports = ports
  }

  /**
   * Resolves when all batches of a block are held, or it no longer matters.
   *
   * @param isFinal - the block is proved final
   */
  async obtain(block: Block, first: readonly string[], isFinal = false): Promise<FetchOutcome> {
    const underWay = this.#underWay.get(block.id)
    if (underWay !== undefined) return await underWay
    const obtaining = this.#obtain(block, first, isFinal)
    this.#underWay.set(block.id, obtaining)
    try {
      return await obtaining
    } finally {
      this.#underWay.delete(block.id)
    }
  }

  async #obtain(block: Block, first: readonly string[], isFinal: boolean): Promise<FetchOutcome> {
    const { peers, clock } = this.#ports
    const asking = new Asking()
    let sources = first
    for (let pauseMs = PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, PAUSE_MAX_MS)) {
      for (const source of sources) {
        const outcome = this.#settled(block) ?? asking.outcome()
        if (outcome !== undefined) return outcome
        if (asking.isBusy(source)) continue
        const asked = asking.begin(source, this.#askFor(block, source, isFinal))
        await Promise.race([asked, this.#patience(block)])
      }
      const outcome = this.#settled(block) ?? asking.outcome()
      if (outcome !== undefined) return outcome
      await sleep(clock, pauseMs)
      sources = [...first, ...peers()]
    }
  }

  /** Who is silent is not waited for long, and not at all once the batches have come otherwise. */
  async #patience(block: Block): Promise<void> {
    for (let waitedMs = 0; waitedMs < PATIENCE_MS; waitedMs += LOOK_MS) {
      if (this.#settled(block) !== undefined) return
      await sleep(this.#ports.clock, LOOK_MS)
    }
  }

  #settled({ id, batches }: Block): FetchOutcome | undefined {
    if (this.#missing(batches).length === 0) return 'complete'
    return this.#ports.isWanted(id) ? undefined : 'abandoned'
  }

  /** A batch that is in a block and holds a stateless fault makes the block invalid, whoever sent it. */
  async #askFor(block: Block, source: string, isFinal: boolean): Promise<'faulty' | undefined> {
    const ids = this.#missing(block.batches).slice(0, BATCHES_PER_REQUEST_MAX)
    const answer = await this.#ports.ask(source, encodeFetchRequest({ kind: 'batches', ids }))
    const batches = answer === undefined ? undefined : decodeBatchesAnswer(answer)
    for (const bytes of batches ?? []) {
      if (bytes === null) continue
      if (!isOneOf(ids, bytes)) {
        this.#ports.penalise(source, 'a batch was sent that was not asked for')
        continue
      }
      const taking = await this.#ports.store.take(bytes, isFinal)
      if (taking.kind !== 'faulty') continue
      this.#ports.penalise(source, 'a faulty batch was sent')
      const isAuthorsFault =
        taking.fault !== 'BATCH_MALFORMED' &&
        taking.fault !== 'BATCH_ROOT_WRONG' &&
        taking.fault !== 'BATCH_SIGNATURE_WRONG'
      if (isAuthorsFault) return 'faulty'
    }
    return undefined
  }

  #missing(references: readonly BatchReference[]): BatchId[] {
    return references.filter(({ id }) => !this.#ports.store.has(id)).map(({ id }) => id)
  }
}

/** The questions of one block that are under way, one for each source. */
class Asking {
  readonly #busy = new Set<string>()
  #isFaulty = false
  #failure: { readonly error: unknown } | undefined

  isBusy(source: string): boolean {
    return this.#busy.has(source)
  }

  begin(source: string, asked: Promise<'faulty' | undefined>): Promise<void> {
    this.#busy.add(source)
    return asked
      .then((outcome) => {
        if (outcome === 'faulty') this.#isFaulty = true
      })
      .catch((error) => {
        // Kept until the one who obtains looks: he may be waiting for another source.
        this.#failure = { error }
      })
      .finally(() => this.#busy.delete(source))
  }

  /** @throws whatever kept an answer from being taken in */
  outcome(): 'faulty' | undefined {
    if (this.#failure !== undefined) throw this.#failure.error
    return this.#isFaulty ? 'faulty' : undefined
  }
}

/** Whether bytes open with the header of a batch that was asked for: no other says anything about the block. */
function isOneOf(ids: readonly BatchId[], bytes: Uint8Array): boolean {
  const head = peekBatchHeader(bytes)
  return head !== undefined && ids.includes(batchIdOf(head.headerBytes))
}
