/**
 * The fleet's record: when each message was handed in, when its device heard that it is final, and
 * everything that was ever called final, so that it can be looked for on every node.
 *
 * @module
 */

/** Messages called final that are remembered for the end; beyond that the oldest are let go. */
const FINALS_MAX = 500_000
/** Messages under way whose time is known. */
const UNDER_WAY_MAX = 100_000
/** Latencies from which quantiles are taken. */
const LATENCIES_MAX = 200_000

/** A message that a node called final. */
export interface FinalMessage {
  readonly messageId: string
  /** Null when the node did not say. */
  readonly height: number | null
}

/** Keeps the record. */
export class FleetRecord {
  readonly #submittedAtMs = new Map<string, number>()
  readonly #finals = new Map<string, FinalMessage>()
  readonly #samples: { readonly atMs: number; readonly latencyMs: number }[] = []
  #sent = 0
  #final = 0
  #refused = 0

  /** Messages that were signed and handed in. */
  get sentCount(): number {
    return this.#sent
  }

  /** Messages whose device heard that they are final. */
  get finalCount(): number {
    return this.#final
  }

  /** Times a node refused a message; it is sent again. */
  get refusedCount(): number {
    return this.#refused
  }

  /** A message leaves for the first time. */
  submitted(messageId: string, nowMs: number): void {
    this.#sent++
    if (this.#submittedAtMs.size < UNDER_WAY_MAX) this.#submittedAtMs.set(messageId, nowMs)
  }

  /** Messages of an earlier run are handed in again. */
  resumed(count: number): void {
    this.#sent += count
  }

  /** Receipts prove that so many of them are final already. */
  provedFinal(count: number): void {
    this.#final += count
  }

  /** A node says that a message is final. */
  becameFinal(message: FinalMessage, nowMs: number): void {
    this.#final++
    this.#finals.set(message.messageId, message)
    if (this.#finals.size > FINALS_MAX) {
      const [oldest] = this.#finals.keys()
      if (oldest !== undefined) this.#finals.delete(oldest)
    }
    const submittedAtMs = this.#submittedAtMs.get(message.messageId)
    if (submittedAtMs === undefined) return
    this.#submittedAtMs.delete(message.messageId)
    this.#samples.push({ atMs: nowMs, latencyMs: nowMs - submittedAtMs })
    if (this.#samples.length > LATENCIES_MAX) this.#samples.splice(0, LATENCIES_MAX / 2)
  }

  /** A node does not take a message as it stands. */
  wasRefused(): void {
    this.#refused++
  }

  /** Everything that was called final. */
  finals(): Iterable<FinalMessage> {
    return this.#finals.values()
  }

  /** Latencies from submission to final of messages that became final since then, ascending. */
  latenciesSince(sinceMs: number): readonly number[] {
    const latencies: number[] = []
    // Samples come in the order of time, so the recent ones stand at the end.
    for (let index = this.#samples.length - 1; index >= 0; index--) {
      const sample = this.#samples[index]
      if (sample === undefined || sample.atMs < sinceMs) break
      latencies.push(sample.latencyMs)
    }
    return latencies.sort((left, right) => left - right)
  }
}

/** A quantile of ascending values; null of none. */
export function quantile(ascending: readonly number[], share: number): number | null {
  const index = Math.min(ascending.length - 1, Math.floor(share * ascending.length))
  return ascending[index] ?? null
}
