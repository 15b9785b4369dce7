/**
 * Throughput: finalised transactions a second under a load that fills all nodes, and whether
 * everything that was taken is on the ledger afterwards.
 *
 * @module
 */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { toHex } from '../../protocol/index.ts'
import type { ClusterNode } from '../cluster/cluster.ts'
import { awaitSameHeight, judgeNodes } from '../report/verdict.ts'
import { readyLoad } from './bench-loads.ts'
import { type BenchNet, nodePids, openBenchNet, type PhasePorts } from './bench-net.ts'
import type { LoadReport, ReadyLoad } from './load-process.ts'
import { finalCounts, finalRates, heightOf, nodeAt, sumOf } from './net-figures.ts'
import { type ProcessorUse, processorUse, sampleProcessors } from './processor-time.ts'

/** How throughput is measured. */
export interface ThroughputOptions {
  readonly nodes: number
  readonly seconds: number
  readonly warmUpSeconds: number
  readonly devices: number
  readonly inflight: number
  /** Messages are signed for so many a second. */
  readonly rateMax: number
  readonly folder: string
  readonly isKept: boolean
}

/** What was measured. */
export interface Throughput {
  readonly nodes: number
  readonly seconds: number
  /** Mean over the nodes. */
  readonly finalPerSecond: number
  /** Processor time of one node for one transaction, everything it does included. */
  readonly cpuUsPerTransactionAndNode: number | null
  readonly bytesPerMessage: number
  readonly foreignShare: number | null
  readonly idleShare: number | null
  /** The nodes' share of all processor time. */
  readonly nodesShare: number | null
  /** The load generator's share of all processor time. */
  readonly loadShare: number | null
  readonly load: LoadReport
  /** Whether there were messages to send until the end of the measured window. */
  readonly isDry: boolean
  readonly hasCrashed: boolean
  readonly finalHeight: number
  readonly stateRoots: Readonly<Record<string, string | null>>
  readonly rootsEqual: boolean
  /** Messages that were taken and are missing on a node. */
  readonly lost: number
}

const MAKERS = 8
/** Poured beyond the window, so that its end sees the full load. */
const RESERVE_SECONDS = 2
const DRAIN_MS = 90_000
const DRAIN_POLL_MS = 250
const SAME_HEIGHT_MS = 15_000
const ID_BYTES = 32

/** Measures throughput on a net of its own. */
export async function measureThroughput(
  options: ThroughputOptions,
  ports: PhasePorts
): Promise<Throughput> {
  const { nodes, folder, isKept } = options
  ports.note(`throughput: starting ${nodes} nodes`)
  const net = await openBenchNet(
    { members: nodes, regionSet: 'local', makers: MAKERS, parentFolder: folder, isKept },
    ports
  )
  let load: ReadyLoad | undefined
  try {
    const takenPath = join(net.home, 'taken.ids')
    const firstHeight = 1 + (await heightOf(nodeAt(net, 0)))
    load = await signLoad(net, takenPath, { options, ports })
    const window = await measureWindow(net, load, { options, ports })
    const report = await load.report()
    ports.note('throughput: waiting until everything is final')
    const messageIds = readIds(takenPath)
    await drain(net.cluster.nodes, window.finalBefore + messageIds.length)
    await awaitSameHeight(net.cluster.nodes, SAME_HEIGHT_MS)
    const finals = messageIds.map((messageId) => ({ messageId, height: null }))
    const verdict = await judgeNodes(net.cluster.nodes, { firstHeight, finals })
    const { finalHeight, stateRoots, rootsEqual, lost } = verdict
    const endSeconds = options.warmUpSeconds + window.use.seconds
    return {
      nodes,
      ...ratesOf(window, net, load.pid),
      bytesPerMessage: report.bytesPerMessage,
      load: report,
      isDry: report.dryAfterSeconds !== null && report.dryAfterSeconds < endSeconds,
      hasCrashed: net.hasCrashed(),
      finalHeight,
      stateRoots,
      rootsEqual,
      lost
    }
  } finally {
    load?.kill()
    await net.close('stop')
  }
}

interface PhaseRun {
  readonly options: ThroughputOptions
  readonly ports: PhasePorts
}

async function signLoad(
  net: BenchNet,
  takenPath: string,
  { options, ports }: PhaseRun
): Promise<ReadyLoad> {
  const { devices, inflight, rateMax, warmUpSeconds, seconds } = options
  const pouredSeconds = warmUpSeconds + seconds + RESERVE_SECONDS
  const messages = Math.ceil((rateMax * pouredSeconds) / devices)
  ports.note(`throughput: registering ${devices} devices, signing ${devices * messages} messages`)
  return await readyLoad(
    net,
    { taken: takenPath, devices, messages, inflight, seconds: pouredSeconds },
    ports
  )
}

interface Window {
  readonly use: ProcessorUse
  /** By node: finalised transactions a second. */
  readonly rates: readonly number[]
  /** On the ledger before the load. */
  readonly finalBefore: number
}

async function measureWindow(
  net: BenchNet,
  load: ReadyLoad,
  { options, ports }: PhaseRun
): Promise<Window> {
  const { warmUpSeconds, seconds } = options
  const { nodes } = net.cluster
  const finalBefore = Math.max(...(await finalCounts(nodes)).map(({ count }) => count))
  ports.note(`throughput: ${warmUpSeconds} s to warm up, ${seconds} s measured`)
  load.go()
  await sleep(1000 * warmUpSeconds)
  const pids = [process.pid, load.pid, ...nodePids(net)]
  const before = sampleProcessors(pids)
  const countsBefore = await finalCounts(nodes)
  await sleep(1000 * seconds)
  const after = sampleProcessors(pids)
  const countsAfter = await finalCounts(nodes)
  const rates = finalRates(countsBefore, countsAfter)
  return { use: processorUse(before, after), rates, finalBefore }
}

function ratesOf(
  { use, rates }: Window,
  net: BenchNet,
  loadPid: number
): Pick<
  Throughput,
  | 'seconds'
  | 'finalPerSecond'
  | 'cpuUsPerTransactionAndNode'
  | 'foreignShare'
  | 'idleShare'
  | 'nodesShare'
  | 'loadShare'
> {
  const { seconds, foreignShare, idleShare, ownShare, ownMs } = use
  const finalPerSecond = sumOf(rates) / rates.length
  const nodesMs = sumOf(nodePids(net).map((pid) => ownMs.get(pid) ?? 0))
  const allMs = sumOf([...ownMs.values()])
  const shareOf = (partMs: number): number | null =>
    ownShare === null || allMs === 0 ? null : (ownShare * partMs) / allMs
  const counted = finalPerSecond * seconds * rates.length
  return {
    seconds,
    finalPerSecond,
    cpuUsPerTransactionAndNode: nodesMs > 0 && counted > 0 ? (1000 * nodesMs) / counted : null,
    foreignShare,
    idleShare,
    nodesShare: shareOf(nodesMs),
    loadShare: shareOf(ownMs.get(loadPid) ?? 0)
  }
}

/** Waits until every node has counted so many, or the time is up. */
async function drain(nodes: readonly ClusterNode[], wanted: number): Promise<void> {
  const endMs = performance.now() + DRAIN_MS
  while (performance.now() < endMs) {
    const counts = await finalCounts(nodes)
    if (counts.every(({ count }) => count >= wanted)) return
    await sleep(DRAIN_POLL_MS)
  }
}

/** The ids that a load generator wrote down, in hex. */
export function readIds(path: string): readonly string[] {
  const bytes = readFileSync(path)
  return Array.from({ length: bytes.length / ID_BYTES }, (_, index) =>
    toHex(bytes.subarray(index * ID_BYTES, (index + 1) * ID_BYTES))
  )
}
