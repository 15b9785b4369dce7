/**
 * Overload, from end to end: what becomes of a network to which several times its peak is offered, and
 * how soon it is as before.
 *
 * One network, one phase after the other: calm, the peak that it takes, several times that peak with
 * alarms beside it, and then until a single message is as quick as it was. Senders of the load do not
 * do as they are told: they come again at once.
 *
 * @module
 */

import { setTimeout as sleep } from 'node:timers/promises'
import { quantile } from '../fleet/fleet-record.ts'
import { awaitSameHeight, judgeNodes } from '../report/verdict.ts'
import { ALARM_KIND, bringSenders, type MakerSpan, readyLoad } from './bench-loads.ts'
import { type BenchNet, nodePids, openBenchNet, type PhasePorts } from './bench-net.ts'
import { type Heard, type Sender, sendFairly } from './fair-senders.ts'
import type { LoadReport, ReadyLoad } from './load-process.ts'
import { finalCounts, finalRates, meanOf } from './net-figures.ts'
import { type WatchedNode, watchNodes } from './node-watch.ts'
import { processorUse, sampleProcessors } from './processor-time.ts'
import { boundOf, measureVerification } from './signature-bound.ts'

/** How overload is measured. */
export interface OverloadOptions {
  readonly nodes: number
  readonly seconds: number
  /** Offered in times of the peak. */
  readonly times: number
  readonly devices: number
  readonly folder: string
  readonly isKept: boolean
}

/** One phase with a load. */
export interface LoadedPhase {
  /** The mean over the nodes, in the middle of the phase. */
  readonly finalPerSecond: number
  readonly offeredPerSecond: number
  readonly load: LoadReport
  readonly nodes: readonly WatchedNode[]
  readonly foreignShare: number | null
}

/** What was measured. */
export interface Overload {
  /** Final transactions a second that the signatures of this machine allow. */
  readonly boundPerSecond: number
  readonly calm: Alarms
  readonly peak: LoadedPhase
  readonly over: LoadedPhase
  /** Beside the overload. */
  readonly alarms: Alarms
  /** From the end of the overload until messages are as quick as in calm; null when they never were. */
  readonly recoveryMs: number | null
  readonly hasCrashed: boolean
  readonly rootsEqual: boolean
}

/** What became of alarms. */
export interface Alarms extends Omit<Heard, 'latenciesMs' | 'finalShares'> {
  readonly p50Ms: number | null
  readonly p99Ms: number | null
}

interface Run {
  readonly net: BenchNet
  readonly options: OverloadOptions
  readonly ports: PhasePorts
}

const LOAD_MAKERS = 8
const MAKERS: Readonly<Record<'peak' | 'over' | 'alarms' | 'probes', MakerSpan>> = {
  peak: [0, LOAD_MAKERS],
  over: [LOAD_MAKERS, 2 * LOAD_MAKERS],
  alarms: [2 * LOAD_MAKERS, 2 * LOAD_MAKERS + 1],
  probes: [2 * LOAD_MAKERS + 1, 2 * LOAD_MAKERS + 2]
}
const PEAK_INFLIGHT = 4
/** As many connections as a node takes of one address, without those of the measuring itself. */
const OVER_INFLIGHT = 24
const OVER_DEPTH = 8
const ALARM_DEVICES = 30
/** Within the burst of a device's control budget, in both phases. */
const ALARMS_EACH = 8
const CALM_SECONDS = 5
const CALM_ALARMS = 2
/** At the beginning of a phase, until programs are warm and queues are full; and at its end. */
const WARM_UP_SECONDS = 8
const END_SECONDS = 2
const SETTLE_MS = 4_000
const PROBE_PAUSE_MS = 250
/** So many in a row make it certain. */
const PROBES_IN_ROW = 3
const PROBES_MAX = 200
const RECOVERED_TIMES = 2
const RECOVERED_LEAST_MS = 50
const RECOVERY_MAX_MS = 90_000
const SAME_HEIGHT_MS = 60_000
/** The share of the bound that nobody comes beyond: so much is signed. */
const SIGNED_SHARE = 0.8

/** Measures overload on a net of its own. */
export async function measureOverload(
  options: OverloadOptions,
  ports: PhasePorts
): Promise<Overload> {
  const { nodes, folder, isKept } = options
  const bound = boundOf([await measureVerification()], nodes)
  ports.note(`overload: starting ${nodes} nodes`)
  const makers = MAKERS.probes[1]
  const net = await openBenchNet(
    { members: nodes, regionSet: 'local', makers, parentFolder: folder, isKept },
    ports
  )
  const loads: ReadyLoad[] = []
  try {
    const boundPerSecond = bound.transactionsPerSecond
    const measured = await measureAll({ net, options, ports }, boundPerSecond, loads)
    await awaitSameHeight(net.cluster.nodes, SAME_HEIGHT_MS)
    const { rootsEqual } = await judgeNodes(net.cluster.nodes, { firstHeight: 1, finals: [] })
    return { boundPerSecond, ...measured, hasCrashed: net.hasCrashed(), rootsEqual }
  } finally {
    for (const load of loads) load.kill()
    await net.close('stop')
  }
}

async function measureAll(
  run: Run,
  boundPerSecond: number,
  loads: ReadyLoad[]
): Promise<Pick<Overload, 'calm' | 'peak' | 'over' | 'alarms' | 'recoveryMs'>> {
  const { net, options, ports } = run
  const { seconds, times, devices } = options
  ports.note(`overload: registering ${2 * devices} devices, signing`)
  const alarms = await bringSenders(net, {
    makers: MAKERS.alarms,
    devices: ALARM_DEVICES,
    messages: ALARMS_EACH + CALM_ALARMS,
    contentKind: ALARM_KIND
  })
  const [probe] = await bringSenders(net, {
    makers: MAKERS.probes,
    devices: 1,
    messages: PROBES_MAX
  })
  const messages = Math.ceil((SIGNED_SHARE * boundPerSecond * seconds) / devices) + OVER_DEPTH
  const shared = { devices, messages, seconds }
  const peakLoad = await readyLoad(
    net,
    { ...shared, makers: MAKERS.peak, inflight: PEAK_INFLIGHT },
    ports
  )
  loads.push(peakLoad)
  const overLoad = await readyLoad(
    net,
    { ...shared, makers: MAKERS.over, inflight: OVER_INFLIGHT, depth: OVER_DEPTH },
    ports
  )
  loads.push(overLoad)
  await sleep(SETTLE_MS)
  ports.note('overload: calm')
  const calm = alarmsOf(await sendAlarms(alarms, CALM_SECONDS, CALM_ALARMS))
  ports.note('overload: the peak')
  const { phase: peak } = await measurePhase(run, peakLoad)
  await sleep(SETTLE_MS)
  const rate = times * peak.finalPerSecond
  ports.note(`overload: ${times} times the peak, ${Math.round(rate)} messages a second`)
  const { phase: over, beside } = await measurePhase(run, overLoad, {
    rate,
    send: () => sendAlarms(alarms, seconds, ALARMS_EACH)
  })
  ports.note('overload: until all is as before')
  const recoveryMs =
    probe === undefined ? null : await awaitRecovery(probe, calm.p50Ms ?? RECOVERED_LEAST_MS)
  return { calm, peak, over, alarms: alarmsOf(beside), recoveryMs }
}

function sendAlarms(alarms: readonly Sender[], seconds: number, each: number): Promise<Heard> {
  return sendFairly(alarms, { seconds, intervalMs: (1_000 * seconds) / each })
}

function alarmsOf({ latenciesMs, wished, final, busy }: Heard): Alarms {
  const [p50Ms, p99Ms] = [quantile(latenciesMs, 0.5), quantile(latenciesMs, 0.99)]
  return { p50Ms, p99Ms, wished, final, busy }
}

const NOBODY: Heard = { latenciesMs: [], finalShares: [], wished: 0, final: 0, busy: {} }

async function measurePhase(
  { net, options }: Run,
  load: ReadyLoad,
  { rate, send }: { readonly rate?: number; readonly send?: () => Promise<Heard> } = {}
): Promise<{ readonly phase: LoadedPhase; readonly beside: Heard }> {
  const { nodes } = net.cluster
  const pids = [process.pid, load.pid, ...nodePids(net)]
  const watch = watchNodes(net)
  const before = sampleProcessors(pids)
  load.go(rate)
  const sending = send?.() ?? Promise.resolve(NOBODY)
  // Whatever fails first ends the phase; this one is awaited at its end.
  sending.catch(() => undefined)
  const warmUp = Math.min(WARM_UP_SECONDS, options.seconds / 3)
  const end = Math.min(END_SECONDS, options.seconds / 6)
  await sleep(1_000 * warmUp)
  const countsBefore = await finalCounts(nodes)
  await sleep(1_000 * (options.seconds - warmUp - end))
  const finalPerSecond = meanOf(finalRates(countsBefore, await finalCounts(nodes)))
  await sleep(1_000 * end)
  const { foreignShare } = processorUse(before, sampleProcessors(pids))
  const report = await load.report()
  const watched = await watch.end()
  const beside = await sending
  const offeredPerSecond = report.offered / Math.max(1, report.seconds)
  const phase = { finalPerSecond, offeredPerSecond, load: report, nodes: watched, foreignShare }
  return { phase, beside }
}

/** How long until a single message is as quick as in calm again. */
async function awaitRecovery(probe: Sender, calmMs: number): Promise<number | null> {
  const quickMs = Math.max(RECOVERED_LEAST_MS, RECOVERED_TIMES * calmMs)
  const startMs = performance.now()
  let firstQuickMs: number | null = null
  for (let inRow = 0; performance.now() - startMs < RECOVERY_MAX_MS; await sleep(PROBE_PAUSE_MS)) {
    const sentMs = performance.now()
    const { latenciesMs } = await sendFairly([probe], { seconds: 1, intervalMs: 1_000 })
    const [tookMs] = latenciesMs
    if (tookMs === undefined || tookMs > quickMs) {
      inRow = 0
      firstQuickMs = null
      continue
    }
    firstQuickMs ??= sentMs - startMs
    if (++inRow === PROBES_IN_ROW) return firstQuickMs
  }
  return null
}
