/**
 * Latency beside the floor that distance sets: what is thought of it, and how it is told.
 *
 * @module
 */

import type { PhasePorts } from './bench-net.ts'
import { fixed, percent, type Row, section } from './bench-text.ts'
import { isDisturbed, netRemarks } from './disturbance.ts'
import { type Latency, type LatencyOptions, measureLatency } from './latency.ts'
import { afterwards } from './throughput-report.ts'

/** Latency with what is to be thought of it. */
export interface LatencyReport extends Latency {
  readonly isValid: boolean
  readonly isDisturbed: boolean
}

/** Measures latency and judges the run. */
export async function measureJudgedLatency(
  options: LatencyOptions,
  ports: PhasePorts
): Promise<LatencyReport> {
  const measured = await measureLatency(options, ports)
  const { lost, rootsEqual, unanswered, hasCrashed } = measured
  const isValid = lost === 0 && rootsEqual && unanswered === 0 && !hasCrashed
  return { ...measured, isValid, isDisturbed: isDisturbed(measured) }
}

/** What is to be said about it. */
export function latencyRemarks(report: LatencyReport): readonly string[] {
  const remarks = netRemarks(`latency of ${report.nodes}`, report)
  return report.unanswered === 0
    ? remarks
    : [...remarks, `invalid: no node called ${report.unanswered} messages final`]
}

/** The table, for people. */
export function latencyLines(report: LatencyReport): readonly string[] {
  return section(`Latency, ${report.nodes} nodes, ${report.regions}`, latencyRows(report))
}

function latencyRows(report: LatencyReport): readonly Row[] {
  const { p50FinalMs, p99FinalMs, p50BlockFinalMs, blockFinalToFloor } = report
  const { p50AnsweredBlockFinalMs, p99AnsweredBlockFinalMs } = report
  return [
    ['', `p50 ${' '.repeat(8)}p99`],
    ['submission to final', pair(p50FinalMs, p99FinalMs)],
    ['proposal to final', `${fixed(p50BlockFinalMs, 1)} ms`],
    ['the same until the answer', pair(p50AnsweredBlockFinalMs, p99AnsweredBlockFinalMs)],
    ['3δ floor', `${fixed(report.floorMs, 1)} ms`],
    ['proposal to final ÷ floor', fixed(blockFinalToFloor, 3)],
    [
      'relays late by',
      `${fixed(report.relayLatenessMs, 2)} ms, the worst ${fixed(report.relayLatenessMaxMs, 2)} ms`
    ],
    ['others on the processors', percent(report.foreignShare)],
    [
      'messages',
      `${report.messages} in ${report.seconds} s, ${report.unanswered} without an answer`
    ],
    ['afterwards', afterwards(report)]
  ]
}

function pair(medianMs: number | null, highMs: number | null): string {
  return `${`${fixed(medianMs, 1)} ms`.padEnd(12)}${fixed(highMs, 1)} ms`
}
