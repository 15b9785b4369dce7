/**
 * The benchmark: the machine, the bound it sets, and how near this program comes to it, in one run.
 *
 * @module
 */

import type { RegionSet } from '../regions/region-set.ts'
import type { PhasePorts } from './bench-net.ts'
import { type Latency, measureLatency } from './latency.ts'
import { describeMachine, type Machine } from './machine.ts'
import { measureVerification, signatureBound, type VerificationTime } from './signature-bound.ts'
import { measureThroughput, type Throughput } from './throughput.ts'

/** The parts of a run that can be chosen. */
export const PHASES = ['throughput', 'latency'] as const

/** The name of a phase. */
export type Phase = (typeof PHASES)[number]

/** What is measured, and how. */
export interface BenchOptions {
  readonly phases: readonly Phase[]
  readonly nodes: number
  readonly seconds: number
  readonly warmUpSeconds: number
  readonly devices: number
  readonly inflight: number
  readonly rateMax: number
  readonly regions: RegionSet
  readonly latencySeconds: number
  readonly latencyRate: number
  readonly folder: string
  readonly isKept: boolean
}

/** The bound, from verifications before and after the load. */
export interface BoundReport {
  readonly verifyUs: number
  readonly verifyWallUs: number
  readonly verificationsPerSecond: number
  readonly nodes: number
  /** Cores × verifications a second ÷ nodes. */
  readonly transactionsPerSecond: number
}

/** Throughput beside the bound. */
export interface ThroughputReport extends Throughput {
  readonly boundShare: number
  /** What the share would be if the nodes had all processors: verification time to all time. */
  readonly boundShareByCpu: number | null
  readonly boundShareMark: number
  readonly isValid: boolean
  readonly isDisturbed: boolean
}

/** Latency with what is to be thought of it. */
export interface LatencyReport extends Latency {
  readonly isValid: boolean
  readonly isDisturbed: boolean
}

/** Everything a run says. */
export interface BenchReport {
  readonly valid: boolean
  readonly disturbed: boolean
  /** Why the run is invalid or disturbed, a sentence each. */
  readonly remarks: readonly string[]
  readonly machine: Machine
  readonly signatureBound: BoundReport
  readonly throughput: ThroughputReport | null
  readonly latency: LatencyReport | null
}

/** The share of the bound that the project has set itself as its first mark. */
const BOUND_SHARE_MARK = 0.45
/** Beyond it somebody else's work is in the figures. */
const FOREIGN_SHARE_MAX = 0.1
/** More idle time than that, and the load was too small. */
const IDLE_SHARE_MAX = 0.1

/** Runs the chosen phases. */
export async function runBench(options: BenchOptions, ports: PhasePorts): Promise<BenchReport> {
  const { phases, nodes, regions, folder, isKept } = options
  const machine = describeMachine()
  ports.note('signature bound: verifying on one core')
  const times = [await measureVerification()]
  let poured: Throughput | null = null
  if (phases.includes('throughput')) {
    poured = await measureThroughput(options, ports)
    times.push(await measureVerification())
  }
  const bound = boundOf(times, machine, nodes)
  const throughput = poured === null ? null : judgeThroughput(poured, bound)
  let latency: LatencyReport | null = null
  if (phases.includes('latency')) {
    const { latencySeconds: seconds, latencyRate: rate } = options
    const measured = await measureLatency({ nodes, regions, seconds, rate, folder, isKept }, ports)
    latency = judgeLatency(measured)
  }
  const parts = [throughput, latency].filter((part) => part !== null)
  return {
    valid: parts.every(({ isValid }) => isValid),
    disturbed: parts.some(({ isDisturbed }) => isDisturbed),
    remarks: [
      ...(throughput === null ? [] : throughputRemarks(throughput)),
      ...(latency === null ? [] : latencyRemarks(latency))
    ],
    machine,
    signatureBound: bound,
    throughput,
    latency
  }
}

function boundOf(
  times: readonly VerificationTime[],
  { cores }: Machine,
  nodes: number
): BoundReport {
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length
  const verifyUs = mean(times.map((time) => time.verifyUs))
  return {
    verifyUs,
    verifyWallUs: mean(times.map(({ wallUs }) => wallUs)),
    verificationsPerSecond: 1_000_000 / verifyUs,
    nodes,
    transactionsPerSecond: signatureBound(verifyUs, cores, nodes)
  }
}

function judgeThroughput(measured: Throughput, bound: BoundReport): ThroughputReport {
  const { finalPerSecond, cpuUsPerTransactionAndNode: cpuUs } = measured
  const { lost, rootsEqual, isDry, hasCrashed, load } = measured
  return {
    ...measured,
    boundShare: finalPerSecond / bound.transactionsPerSecond,
    boundShareByCpu: cpuUs === null ? null : bound.verifyUs / cpuUs,
    boundShareMark: BOUND_SHARE_MARK,
    isValid:
      lost === 0 && rootsEqual && !isDry && !hasCrashed && load.refused === 0 && finalPerSecond > 0,
    isDisturbed: hasForeignLoad(measured)
  }
}

function judgeLatency(measured: Latency): LatencyReport {
  const { lost, rootsEqual, unanswered, hasCrashed } = measured
  return {
    ...measured,
    isValid: lost === 0 && rootsEqual && unanswered === 0 && !hasCrashed,
    isDisturbed: hasForeignLoad(measured)
  }
}

function hasForeignLoad({ foreignShare }: { readonly foreignShare: number | null }): boolean {
  return foreignShare !== null && foreignShare > FOREIGN_SHARE_MAX
}

function throughputRemarks(report: ThroughputReport): readonly string[] {
  const { load, idleShare } = report
  const remarks = commonRemarks('throughput', report)
  if (report.isDry)
    remarks.push(
      `invalid: the load ran dry ${(load.dryAfterSeconds ?? 0).toFixed(1)} s after its start, sign more by --rate-max`
    )
  if (load.refused > 0) remarks.push(`invalid: ${load.refused} messages of the load were refused`)
  if (report.finalPerSecond === 0)
    remarks.push('invalid: nothing became final in the measured window')
  if (!report.isDry && idleShare !== null && idleShare > IDLE_SHARE_MAX)
    remarks.push(
      `the load did not fill the machine, ${Math.round(100 * idleShare)} % stood idle: try a larger --inflight`
    )
  return remarks
}

function latencyRemarks(report: LatencyReport): readonly string[] {
  const remarks = commonRemarks('latency', report)
  if (report.unanswered > 0)
    remarks.push(`invalid: no node called ${report.unanswered} messages final`)
  return remarks
}

function commonRemarks(
  phase: Phase,
  report: Pick<Throughput, 'foreignShare' | 'lost' | 'rootsEqual' | 'hasCrashed'>
): string[] {
  const { foreignShare, lost, rootsEqual, hasCrashed } = report
  const remarks: string[] = []
  if (foreignShare === null)
    remarks.push(`${phase}: this system does not tell what else its processors do`)
  if (hasForeignLoad(report))
    remarks.push(
      `disturbed: in the ${phase} window others took ${Math.round(100 * (foreignShare ?? 0))} % of the machine`
    )
  if (lost > 0) remarks.push(`invalid: ${lost} messages of the ${phase} phase are missing`)
  if (!rootsEqual) remarks.push(`invalid: after the ${phase} phase the nodes' states differ`)
  if (hasCrashed) remarks.push(`invalid: a node ended by itself in the ${phase} phase`)
  return remarks
}
