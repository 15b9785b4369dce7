/**
 * The usual benchmark, and its two halves for networks of several sizes: finalised transactions a
 * second beside the signature bound, and latency beside the 3δ floor.
 *
 * @module
 */

import { REGION_SETS } from '../regions/region-set.ts'
import { section } from './bench-text.ts'
import {
  type Benchmark,
  choiceOf,
  countOf,
  countsOf,
  type Flag,
  type Measured,
  ratiosOf,
  type Wish
} from './benchmark.ts'
import type { LatencyOptions } from './latency.ts'
import {
  type LatencyReport,
  latencyLines,
  latencyRemarks,
  measureJudgedLatency
} from './latency-report.ts'
import { boundOf, measureVerification } from './signature-bound.ts'
import type { ThroughputOptions } from './throughput.ts'
import {
  type BoundedThroughput,
  boundRows,
  measureBoundedThroughput,
  throughputLines,
  throughputRemarks
} from './throughput-report.ts'

const PHASES = 'throughput,latency'
const NODES_MAX = 16

const THROUGHPUT_FLAGS: readonly Flag[] = [
  count('seconds', 'throughput: measured window', 15, [1, 600]),
  count('warm-up', 'throughput: seconds poured before it is measured', 8, [0, 600]),
  count('devices', 'throughput: devices that send', 1024, [16, 100_000]),
  count('inflight', 'throughput: requests under way at each node', 4, [1, 16]),
  count('rate-max', 'throughput: messages are signed for so many a second', 6000, [1, 100_000])
]
const LATENCY_FLAGS: readonly Flag[] = [
  {
    kind: 'choice',
    name: 'regions',
    about: `latency: ${REGION_SETS.join(', ')}`,
    fallback: 'global',
    among: REGION_SETS
  },
  count('latency-seconds', 'latency: measured window', 20, [1, 3600]),
  count('latency-rate', 'latency: messages a second in all', 5, [1, 50])
]

/** Both, with one number of nodes. */
export const usualBenchmark: Benchmark = {
  name: 'usual',
  about: 'throughput and latency',
  flags: [
    {
      kind: 'choice',
      name: 'phases',
      about: `of ${PHASES}`,
      fallback: PHASES,
      among: [PHASES, 'throughput', 'latency']
    },
    count('nodes', 'members of the net', 4, [1, NODES_MAX]),
    ...THROUGHPUT_FLAGS,
    ...LATENCY_FLAGS
  ],
  measure: async (wish, ports) => {
    const phases = choiceOf(wish, 'phases').split(',')
    const nodes = countOf(wish, 'nodes')
    const poured = phases.includes('throughput')
      ? await measureBoundedThroughput(throughputOptions(wish, nodes), ports)
      : null
    const signatureBound = poured?.signatureBound ?? boundOf([await measureVerification()], nodes)
    const latency = phases.includes('latency')
      ? await measureJudgedLatency(latencyOptions(wish, nodes), ports)
      : null
    return {
      ...together(poured === null ? [] : [poured], latency === null ? [] : [latency]),
      lines: [
        ...(poured === null
          ? section('Signature bound', boundRows(signatureBound))
          : throughputLines(poured)),
        ...(latency === null ? [] : latencyLines(latency))
      ],
      figures: { signatureBound, throughput: poured?.throughput ?? null, latency }
    }
  }
}

/** Throughput of networks of several sizes. */
export const throughputBenchmark: Benchmark = {
  name: 'throughput',
  about: 'final transactions a second beside the signature bound of this machine',
  flags: [counts('nodes', 'members, one net after the other', [1, 4, 7]), ...THROUGHPUT_FLAGS],
  measure: async (wish, ports) => {
    const runs: BoundedThroughput[] = []
    for (const nodes of countsOf(wish, 'nodes'))
      runs.push(await measureBoundedThroughput(throughputOptions(wish, nodes), ports))
    return { ...together(runs, []), lines: runs.flatMap(throughputLines), figures: { runs } }
  }
}

/** Latency of networks of several sizes. */
export const latencyBenchmark: Benchmark = {
  name: 'latency',
  about: 'time to final at light load beside the 3δ floor of the same distances',
  flags: [counts('nodes', 'members, one net after the other', [4, 7, 10]), ...LATENCY_FLAGS],
  measure: async (wish, ports) => {
    const runs: LatencyReport[] = []
    for (const nodes of countsOf(wish, 'nodes'))
      runs.push(await measureJudgedLatency(latencyOptions(wish, nodes), ports))
    return { ...together([], runs), lines: runs.flatMap(latencyLines), figures: { runs } }
  }
}

function together(
  poured: readonly BoundedThroughput[],
  latencies: readonly LatencyReport[]
): Omit<Measured, 'lines' | 'figures'> {
  const parts = [...poured.map(({ throughput }) => throughput), ...latencies]
  const shares = poured.flatMap(({ throughput: { nodes, boundShare, boundShareByCpu } }) => [
    [`share of the signature bound, n = ${nodes}`, [boundShare, 'higher']] as const,
    [`the same by processor time, n = ${nodes}`, [boundShareByCpu, 'higher']] as const
  ])
  const toFloor = latencies.map(
    ({ nodes, blockFinalToFloor }) =>
      [`proposal to final ÷ 3δ floor, n = ${nodes}`, [blockFinalToFloor, 'lower']] as const
  )
  return {
    valid: parts.every(({ isValid }) => isValid),
    disturbed: parts.some(({ isDisturbed }) => isDisturbed),
    remarks: [
      ...poured.flatMap(({ throughput }) => throughputRemarks(throughput)),
      ...latencies.flatMap(latencyRemarks)
    ],
    ratios: ratiosOf(Object.fromEntries([...shares, ...toFloor]))
  }
}

function throughputOptions(wish: Wish, nodes: number): ThroughputOptions {
  const { folder, isKept } = wish
  return {
    nodes,
    seconds: countOf(wish, 'seconds'),
    warmUpSeconds: countOf(wish, 'warm-up'),
    devices: countOf(wish, 'devices'),
    inflight: countOf(wish, 'inflight'),
    rateMax: countOf(wish, 'rate-max'),
    folder,
    isKept
  }
}

function latencyOptions(wish: Wish, nodes: number): LatencyOptions {
  const { folder, isKept } = wish
  return {
    nodes,
    regions: choiceOf(wish, 'regions'),
    seconds: countOf(wish, 'latency-seconds'),
    rate: countOf(wish, 'latency-rate'),
    folder,
    isKept
  }
}

function count(
  name: string,
  about: string,
  fallback: number,
  range: readonly [number, number]
): Flag {
  return { kind: 'count', name, about, fallback, range }
}

function counts(name: string, about: string, fallback: readonly number[]): Flag {
  return { kind: 'counts', name, about, fallback, range: [1, NODES_MAX] }
}
