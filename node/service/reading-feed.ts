/**
 * The feed of readings: who listens is told of every message of a device that a final block holds.
 *
 * @module
 */

import type { CommittedBlock } from '../ledger/ledger-keeper.ts'
import type { LedgerService } from '../ledger-service.ts'
import { messageFields } from './stored-reading.ts'

type Listener = Parameters<LedgerService['onFinalReading']>[0]

/** Tells of readings. */
export class ReadingFeed {
  readonly #listeners = new Map<Listener, () => boolean>()

  /** Calls back for every final message, in order, while `isHeard` says that anybody listens. */
  follow(listener: Listener, isHeard: () => boolean): () => void {
    this.#listeners.set(listener, isHeard)
    return () => this.#listeners.delete(listener)
  }

  /** Tells of what a final block holds; nothing is made ready where nobody listens. */
  announce({ transactions, executed, version }: Omit<CommittedBlock, 'finalisation'>): void {
    const heard = [...this.#listeners].filter(([, isHeard]) => isHeard())
    if (heard.length === 0) return
    for (const [index, transaction] of transactions.entries()) {
      const outcome = executed.outcomes[index]
      const { body } = transaction
      if (body.kind !== 'device-message' || outcome === undefined) continue
      if (outcome.outcome !== 'applied' && outcome.outcome !== 'void') continue
      const place = { height: version.height, timeMs: version.timeMs }
      const reading = { ...messageFields(transaction), ...outcome, ...place, marks: [] }
      for (const [listener] of heard) listener(body.deviceId, reading)
    }
  }
}
