/**
 * Senders that keep to their share: each device says one thing after the other, at its pace, whatever
 * others do.
 *
 * Whoever is told to come again sends the same bytes again; the time counts from the first try. Each
 * device has an address of its own, as in the field: connections are bounded by address, and those
 * of the load beside it must not count against it.
 *
 * @module
 */

import { request } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import type { SignedMessage } from './messages.ts'

/** One device, what it says and to which node. */
export interface Sender {
  readonly deviceId: Uint8Array
  readonly nodeUrl: string
  /** A loopback address of its own. */
  readonly address: string
  readonly chain: readonly SignedMessage[]
  /** Which message is next. */
  next: number
}

/** What became of the messages of one phase. */
export interface Heard {
  /** From the first try to `final`, ascending. */
  readonly latenciesMs: readonly number[]
  /** By sender: what became final of what it wished to say. */
  readonly finalShares: readonly number[]
  readonly wished: number
  readonly final: number
  /** How often a sender was told to come again, by the code. */
  readonly busy: Readonly<Record<string, number>>
}

const SECOND_MS = 1_000
const BUSY_PAUSE_MS = 1_000
/** Beyond that a message of the phase counts as not final. */
const PATIENCE_MS = 15_000
const QUERY = '?wait=final&timeoutMs=15000'

const answerShape = z.object({
  results: z.array(
    z.object({
      transaction: z.object({ stage: z.string() }).optional(),
      problem: z.object({ code: z.string() }).optional()
    })
  )
})

/** Has every device say a message each `intervalMs`, for so many seconds. */
export async function sendFairly(
  senders: readonly Sender[],
  { seconds, intervalMs }: { readonly seconds: number; readonly intervalMs: number }
): Promise<Heard> {
  const each = Math.floor((seconds * SECOND_MS) / intervalMs)
  const busy: Record<string, number> = {}
  const latencies = await Promise.all(
    senders.map(async (sender, index) => {
      const startMs = performance.now() + (index * intervalMs) / senders.length
      const said = Array.from({ length: each }, async (_, turn) => {
        await sleep(Math.max(0, startMs + turn * intervalMs - performance.now()))
        return await sendOne(sender, busy)
      })
      return (await Promise.all(said)).filter((latencyMs) => latencyMs !== null)
    })
  )
  const all = latencies.flat().sort((one, other) => one - other)
  return {
    latenciesMs: all,
    finalShares: latencies.map(({ length }) => length / each),
    wished: each * senders.length,
    final: all.length,
    busy
  }
}

/** How long one took to be final; null when it was not within patience. */
async function sendOne(sender: Sender, busy: Record<string, number>): Promise<number | null> {
  const message = sender.chain[sender.next++]
  if (message === undefined) return null
  const startMs = performance.now()
  while (performance.now() - startMs < PATIENCE_MS) {
    const stage = await ask(sender, message)
    if (stage === 'final') return performance.now() - startMs
    busy[stage] = (busy[stage] ?? 0) + 1
    await sleep(BUSY_PAUSE_MS)
  }
  return null
}

/** How far a message has come, or the code with which it was not taken. */
async function ask({ nodeUrl, address }: Sender, { wire }: SignedMessage): Promise<string> {
  try {
    const answer = answerShape.safeParse(JSON.parse(await post(nodeUrl, address, wire)))
    const [result] = answer.data?.results ?? []
    return result?.transaction?.stage ?? result?.problem?.code ?? 'NO_RESULT'
  } catch {
    // Counted by its name, and in the end as not final.
    return 'NO_ANSWER'
  }
}

function post(nodeUrl: string, localAddress: string, wire: Uint8Array): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = request(
      `${nodeUrl}/v1/transactions${QUERY}`,
      {
        method: 'POST',
        localAddress,
        headers: { 'content-type': 'application/cbor-seq', 'content-length': wire.length },
        signal: AbortSignal.timeout(2 * PATIENCE_MS)
      },
      (response) => {
        buffer(response).then((body) => resolve(body.toString()), reject)
      }
    )
    asked.on('error', reject)
    asked.end(wire)
  })
}

/** Jain's index: 1 where all have the same, 1 ÷ n where one has everything. */
export function jainIndex(values: readonly number[]): number {
  const sum = values.reduce((all, value) => all + value, 0)
  const squares = values.reduce((all, value) => all + value * value, 0)
  return squares === 0 ? 0 : (sum * sum) / (values.length * squares)
}
