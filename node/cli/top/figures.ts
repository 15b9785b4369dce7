/**
 * The figures of one node: what `top` shows and `--json` prints, made of what the node said.
 *
 * @module
 */

import * as z from 'zod'
import type { NodeStatus } from '../status.ts'
import { type MetricSamples, sampleOf } from './metrics-text.ts'

/** A seat, and how the node reaches it. */
export interface MemberFigures {
  readonly memberId: string
  readonly region: string
  readonly weight: number
  readonly isSelf: boolean
  readonly isConnected: boolean
  readonly roundTripMs: number | null
  readonly lastHeardAtMs: number | null
}

/** What a node said at one moment; its metrics are null where they are not to be had. */
export interface NodeReading {
  /** When it was asked, by this machine's clock. */
  readonly atMs: number
  readonly url: string
  readonly status: NodeStatus
  readonly members: readonly MemberFigures[]
  readonly metrics: MetricSamples | null
}

/** Numbers of the metrics; each null where the node does not tell it. */
export interface MetricFigures {
  readonly finalMedianSeconds: number | null
  readonly finalP99Seconds: number | null
  readonly blocksPerSecond: number | null
  readonly transactionsPerSecond: number | null
  readonly transactionsOpen: number | null
  readonly transactionsWaiting: number | null
  readonly batchesPending: number | null
  readonly eventsWaiting: number | null
  readonly residentBytes: number | null
  readonly heapBytes: number | null
  readonly loopDelaySeconds: number | null
  readonly freeBytes: number | null
  readonly upSeconds: number | null
}

/** Everything that is shown of a node. */
export interface TopFigures {
  readonly atMs: number
  readonly url: string
  readonly status: NodeStatus
  readonly members: readonly MemberFigures[]
  /** Null where the metrics are off or not reached. */
  readonly metrics: MetricFigures | null
}

const memberShape: z.ZodType<MemberFigures> = z.object({
  memberId: z.string(),
  region: z.string(),
  weight: z.number(),
  isSelf: z.boolean(),
  isConnected: z.boolean(),
  roundTripMs: z.number().nullable(),
  lastHeardAtMs: z.number().nullable()
})

/** The answer of `/v1/members`, as far as it is shown. */
export const membersShape: z.ZodType<{ readonly members: readonly MemberFigures[] }> =
  z.looseObject({ members: z.array(memberShape) })

/** The figures of a reading; rates need the one before it. */
export function figuresOf(reading: NodeReading, before: NodeReading | null): TopFigures {
  const { atMs, url, status, members, metrics } = reading
  return {
    atMs,
    url,
    status,
    members,
    metrics: metrics === null ? null : metricFigures(reading, metrics, before)
  }
}

function metricFigures(
  { atMs }: NodeReading,
  metrics: MetricSamples,
  before: NodeReading | null
): MetricFigures {
  const of = (name: string, labels?: Readonly<Record<string, string>>): number | null =>
    sampleOf(metrics, name, labels)
  const rate = (name: string): number | null => {
    const [now, then] = [counted(metrics, name), before?.metrics && counted(before.metrics, name)]
    const seconds = before === null ? 0 : (atMs - before.atMs) / 1000
    // less than before is another process, of which nothing is known yet
    if (then == null || seconds <= 0 || now < then) return null
    return (now - then) / seconds
  }
  const finality = 'thingmoot_consensus_block_final_seconds'
  const startedAt = of('process_start_time_seconds')
  return {
    finalMedianSeconds: of(finality, { quantile: '0.5' }),
    finalP99Seconds: of(finality, { quantile: '0.99' }),
    blocksPerSecond: rate('thingmoot_ledger_blocks_total'),
    transactionsPerSecond: rate('thingmoot_ledger_transactions_total'),
    transactionsOpen: of('thingmoot_intake_transactions_open'),
    transactionsWaiting: of('thingmoot_intake_transactions_waiting'),
    batchesPending: of('thingmoot_consensus_batches_pending'),
    eventsWaiting: of('thingmoot_consensus_events_waiting'),
    residentBytes: of('process_resident_memory_bytes'),
    heapBytes: of('nodejs_heap_size_used_bytes'),
    loopDelaySeconds: of('thingmoot_process_loop_delay_seconds'),
    freeBytes: of('thingmoot_storage_free_bytes'),
    upSeconds: startedAt === null ? null : Math.max(0, atMs / 1000 - startedAt)
  }
}

/** A counter appears with the first that it counts. */
function counted(metrics: MetricSamples, name: string): number {
  return sampleOf(metrics, name, { kind: 'final' }) ?? 0
}
