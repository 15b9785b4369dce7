/**
 * The table of a benchmark, for people.
 *
 * @module
 */

import type { BenchReport, BoundReport, LatencyReport, ThroughputReport } from './bench.ts'
import type { Machine } from './machine.ts'

type Row = readonly [name: string, value: string]

/** The lines of the table. */
export function benchTable(report: BenchReport): readonly string[] {
  const { machine, signatureBound, throughput, latency, remarks } = report
  return [
    ...section('Machine', machineRows(machine)),
    ...section('Signature bound', boundRows(signatureBound, machine)),
    ...(throughput === null ? [] : section('Throughput', throughputRows(throughput))),
    ...(latency === null ? [] : section(`Latency, ${latency.regions}`, latencyRows(latency))),
    ...remarks,
    verdictOf(report)
  ]
}

function machineRows({ cores, processor, nodeVersion, loadAverage }: Machine): readonly Row[] {
  return [
    ['processor', `${cores} cores, ${processor}`],
    ['Node.js', nodeVersion],
    ['load average before', loadAverage.join(', ')]
  ]
}

function boundRows(bound: BoundReport, { cores }: Machine): readonly Row[] {
  const { verifyUs, verifyWallUs, verificationsPerSecond, nodes, transactionsPerSecond } = bound
  return [
    [
      'one verification',
      `${fixed(verifyUs, 1)} µs of processor time (${fixed(verifyWallUs, 1)} by the clock)`
    ],
    ['one core', `${whole(verificationsPerSecond)} verifications/s`],
    [`${cores} cores ÷ ${nodes} nodes`, `${whole(transactionsPerSecond)} tx/s`]
  ]
}

function throughputRows(report: ThroughputReport): readonly Row[] {
  const { load, boundShareMark: mark } = report
  return [
    ['final', `${whole(report.finalPerSecond)} tx/s over ${fixed(report.seconds, 1)} s`],
    ['share of the bound', `${percent(report.boundShare)} (the mark is ${percent(mark)})`],
    ['share by processor time', percent(report.boundShareByCpu)],
    [
      'one transaction',
      `${fixed(report.cpuUsPerTransactionAndNode, 1)} µs of processor time at each node, ${whole(report.bytesPerMessage)} bytes`
    ],
    [
      'processors',
      `nodes ${percent(report.nodesShare)}, load generator ${percent(report.loadShare)}, others ${percent(report.foreignShare)}, idle ${percent(report.idleShare)}`
    ],
    ['messages', `${load.taken} taken, ${load.busy} told to wait, ${load.refused} refused`],
    ['afterwards', afterwards(report)]
  ]
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

function afterwards(report: {
  readonly lost: number
  readonly rootsEqual: boolean
  readonly finalHeight: number
}): string {
  const states = report.rootsEqual ? 'equal states' : 'DIFFERENT STATES'
  return `${report.lost} lost, ${states} at height ${report.finalHeight}`
}

function verdictOf({ valid, disturbed }: BenchReport): string {
  if (!valid) return 'The run is not valid.'
  return disturbed
    ? 'The run is valid, but disturbed: measure again on a quiet machine.'
    : 'The run is valid.'
}

function section(title: string, rows: readonly Row[]): readonly string[] {
  const width = Math.max(...rows.map(([name]) => name.length))
  return [title, ...rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`), '']
}

function pair(medianMs: number | null, highMs: number | null): string {
  return `${`${fixed(medianMs, 1)} ms`.padEnd(12)}${fixed(highMs, 1)} ms`
}

function percent(share: number | null): string {
  return share === null ? '–' : `${fixed(100 * share, 1)} %`
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en')
}

function fixed(value: number | null, digits: number): string {
  return value === null ? '–' : value.toFixed(digits)
}
