/**
 * Throughput beside the bound that this machine sets: what is thought of it, and how it is told.
 *
 * @module
 */

import type { PhasePorts } from './bench-net.ts'
import { fixed, percent, type Row, section, whole } from './bench-text.ts'
import { isDisturbed, netRemarks } from './disturbance.ts'
import { type BoundReport, boundOf, measureVerification } from './signature-bound.ts'
import { measureThroughput, type Throughput, type ThroughputOptions } from './throughput.ts'

/** Throughput beside the bound. */
export interface ThroughputReport extends Throughput {
  readonly boundShare: number
  /** What the share would be if the nodes had all processors: verification time to all time. */
  readonly boundShareByCpu: number | null
  readonly boundShareMark: number
  readonly isValid: boolean
  readonly isDisturbed: boolean
}

/** One measurement with the bound of the same minutes. */
export interface BoundedThroughput {
  readonly signatureBound: BoundReport
  readonly throughput: ThroughputReport
}

/** The share of the bound that the project has set itself as its first mark. */
const BOUND_SHARE_MARK = 0.45
/** More idle time than that, and the load was too small. */
const IDLE_SHARE_MAX = 0.1

/** Measures throughput, and the bound before it and after. */
export async function measureBoundedThroughput(
  options: ThroughputOptions,
  ports: PhasePorts
): Promise<BoundedThroughput> {
  ports.note('signature bound: verifying on one core')
  const before = await measureVerification()
  const poured = await measureThroughput(options, ports)
  const signatureBound = boundOf([before, await measureVerification()], options.nodes)
  return { signatureBound, throughput: judge(poured, signatureBound) }
}

/** What is to be said about it. */
export function throughputRemarks(report: ThroughputReport): readonly string[] {
  const { load, idleShare, nodes } = report
  const remarks = [...netRemarks(`throughput of ${nodes}`, report)]
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

/** Both tables, for people. */
export function throughputLines({
  signatureBound,
  throughput
}: BoundedThroughput): readonly string[] {
  return [
    ...section('Signature bound', boundRows(signatureBound)),
    ...section(`Throughput, ${throughput.nodes} nodes`, throughputRows(throughput))
  ]
}

/** The rows of the bound. */
export function boundRows(bound: BoundReport): readonly Row[] {
  const { verifyUs, verifyWallUs, verificationsPerSecond, cores, nodes } = bound
  return [
    [
      'one verification',
      `${fixed(verifyUs, 1)} µs of processor time (${fixed(verifyWallUs, 1)} by the clock)`
    ],
    ['one core', `${whole(verificationsPerSecond)} verifications/s`],
    [`${cores} cores ÷ ${nodes} nodes`, `${whole(bound.transactionsPerSecond)} tx/s`]
  ]
}

function judge(measured: Throughput, bound: BoundReport): ThroughputReport {
  const { finalPerSecond, cpuUsPerTransactionAndNode: cpuUs } = measured
  const { lost, rootsEqual, isDry, hasCrashed, load } = measured
  return {
    ...measured,
    boundShare: finalPerSecond / bound.transactionsPerSecond,
    boundShareByCpu: cpuUs === null ? null : bound.verifyUs / cpuUs,
    boundShareMark: BOUND_SHARE_MARK,
    isValid:
      lost === 0 && rootsEqual && !isDry && !hasCrashed && load.refused === 0 && finalPerSecond > 0,
    isDisturbed: isDisturbed(measured)
  }
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

/** What the nodes hold in the end. */
export function afterwards(report: {
  readonly lost: number
  readonly rootsEqual: boolean
  readonly finalHeight: number
}): string {
  const states = report.rootsEqual ? 'equal states' : 'DIFFERENT STATES'
  return `${report.lost} lost, ${states} at height ${report.finalHeight}`
}
