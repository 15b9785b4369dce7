/**
 * Fairness: what those who keep to their share lose when somebody does not.
 *
 * One network, one phase after the other: alone, beside a class at many times its share, beside a
 * member that stuffs its own lane, and beside more than all can carry. Every figure is the ratio of
 * two phases of this run.
 *
 * @module
 */

import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { quantile } from '../fleet/fleet-record.ts'
import { awaitSameHeight, judgeNodes } from '../report/verdict.ts'
import { ALARM_KIND, bringSenders, type NetLoad, readyLoad } from './bench-loads.ts'
import { type BenchNet, nodePids, nodeUrls, openBenchNet, type PhasePorts } from './bench-net.ts'
import { type Heard, jainIndex, sendFairly } from './fair-senders.ts'
import type { LoadReport, ReadyLoad } from './load-process.ts'
import { processorUse, sampleProcessors } from './processor-time.ts'

/** How fairness is measured. */
export interface FairnessOptions {
  /** Length of a phase. */
  readonly seconds: number
  /** Times its share that the greedy class offers. */
  readonly greed: number
  readonly folder: string
  readonly isKept: boolean
}

/** One phase: those who keep to their share, and what was beside them. */
export interface FairPhase {
  readonly name: 'alone' | 'greedy-class' | 'stuffed-lane' | 'overload'
  readonly p50Ms: number | null
  readonly p99Ms: number | null
  readonly wished: number
  readonly final: number
  readonly busy: Readonly<Record<string, number>>
  readonly jain: number
  readonly foreignShare: number | null
  /** What was offered beside them a second, and what was taken of it. */
  readonly offeredPerSecond: number
  readonly takenPerSecond: number
}

/** Everything that was measured. */
export interface FairnessReport {
  readonly seconds: number
  readonly members: number
  readonly classes: number
  readonly devices: number
  readonly alarmDevices: number
  /** Messages a second of one honest class, and what its grant allows. */
  readonly classPerSecond: number
  readonly classShare: number
  readonly greed: number
  readonly phases: readonly FairPhase[]
  readonly greedyP99Ratio: number | null
  readonly greedyThroughputRatio: number
  readonly greedyJain: number
  readonly stuffedThroughputRatio: number
  readonly alarmsP99Ms: number | null
  /** Offered to taken under overload. */
  readonly overload: number
  readonly hasCrashed: boolean
  readonly rootsEqual: boolean
  readonly valid: boolean
}

const MEMBERS = 4
const STUFFER = 3
const CLASSES = 8
const DEVICES = 40
const ALARM_DEVICES = 30
/** Ten units a second: five messages of two units. */
const CLASS_RATE = 36_000
const CLASS_MESSAGES_PER_SECOND = 5
/** Each of the five devices of a class: four messages a second of a class in all. */
const INTERVAL_MS = 1_250
/** Eight alarms in a phase are within the burst of a device's control budget. */
const ALARMS_EACH = 8
const OVERLOAD_MAKERS = 8
const LOAD_DEPTH = 8
const SETTLE_MS = 3_000
const SAME_HEIGHT_MS = 30_000
const PROGRAM = fileURLToPath(new URL('../adversaries/lane-stuffer-node.js', import.meta.url))

/** Which makers are whose, one after the other. */
const MAKERS = {
  honest: [0, CLASSES],
  alarms: [CLASSES, CLASSES + 1],
  greedy: [CLASSES + 1, CLASSES + 2],
  stuffing: [CLASSES + 2, CLASSES + 4],
  overload: [CLASSES + 4, CLASSES + 4 + OVERLOAD_MAKERS]
} as const

interface Run {
  readonly net: BenchNet
  readonly options: FairnessOptions
  readonly ports: PhasePorts
}

/** Measures fairness on a net of its own. */
export async function measureFairness(
  options: FairnessOptions,
  ports: PhasePorts
): Promise<FairnessReport> {
  ports.note(`fairness: starting ${MEMBERS} nodes`)
  const net = await openBenchNet(
    {
      members: MEMBERS,
      regionSet: 'local',
      makers: MAKERS.overload[1],
      parentFolder: options.folder,
      isKept: options.isKept,
      programs: new Map([[STUFFER, PROGRAM]])
    },
    ports
  )
  const loads: ReadyLoad[] = []
  try {
    return await measureAll({ net, options, ports }, loads)
  } finally {
    for (const load of loads) load.kill()
    await net.close('stop')
  }
}

async function measureAll(run: Run, loads: ReadyLoad[]): Promise<FairnessReport> {
  const { net, options, ports } = run
  const { seconds, greed } = options
  ports.note(`fairness: registering ${DEVICES + ALARM_DEVICES} devices, signing`)
  const urls = nodeUrls(net).filter((_url, index) => index !== STUFFER)
  const honest = { urls, classRate: CLASS_RATE }
  const senders = await bringSenders(net, {
    ...honest,
    makers: MAKERS.honest,
    devices: DEVICES,
    messages: 1 + Math.ceil((3 * seconds * 1_000) / INTERVAL_MS)
  })
  const alarms = await bringSenders(net, {
    ...honest,
    makers: MAKERS.alarms,
    devices: ALARM_DEVICES,
    messages: ALARMS_EACH,
    contentKind: ALARM_KIND
  })
  const ready = async (load: Omit<NetLoad, 'seconds'>): Promise<ReadyLoad> => {
    const started = await readyLoad(net, { urls, seconds, ...load }, ports)
    loads.push(started)
    return started
  }
  const greedy = await ready({
    makers: MAKERS.greedy,
    devices: 64,
    messages: 200,
    inflight: 2,
    rate: greed * CLASS_MESSAGES_PER_SECOND,
    classRate: CLASS_RATE
  })
  const stuffing = await ready({
    makers: MAKERS.stuffing,
    urls: nodeUrls(net).slice(STUFFER, STUFFER + 1),
    devices: 128,
    messages: 300,
    inflight: 4
  })
  const overload = await ready({
    makers: MAKERS.overload,
    devices: 512,
    messages: 96,
    inflight: 8,
    depth: LOAD_DEPTH
  })
  await sleep(SETTLE_MS)
  const wish = { seconds, intervalMs: INTERVAL_MS }
  const phase = measurePhase(run)
  const alone = await phase('alone', () => sendFairly(senders, wish), null)
  const beside = await phase('greedy-class', () => sendFairly(senders, wish), greedy)
  await sleep(SETTLE_MS)
  const pid = net.cluster.nodes[STUFFER]?.pid()
  if (pid !== undefined) process.kill(pid, 'SIGUSR2')
  const stuffed = await phase('stuffed-lane', () => sendFairly(senders, wish), stuffing)
  await sleep(SETTLE_MS)
  const alarmWish = { seconds, intervalMs: (1_000 * seconds) / ALARMS_EACH }
  const over = await phase('overload', () => sendFairly(alarms, alarmWish), overload)
  await awaitSameHeight(net.cluster.nodes, SAME_HEIGHT_MS)
  const { rootsEqual } = await judgeNodes(net.cluster.nodes, { firstHeight: 1, finals: [] })
  return reportOf(run, { phases: [alone, beside, stuffed, over], rootsEqual })
}

type Measure = (
  name: FairPhase['name'],
  send: () => Promise<Heard>,
  beside: ReadyLoad | null
) => Promise<FairPhase>

function measurePhase({ net, ports }: Run): Measure {
  return async (name, send, beside) => {
    ports.note(`fairness: ${name}`)
    const pids = [process.pid, ...nodePids(net), ...(beside === null ? [] : [beside.pid])]
    const before = sampleProcessors(pids)
    beside?.go()
    const heard = await send()
    const { foreignShare } = processorUse(before, sampleProcessors(pids))
    const report: LoadReport | null = beside === null ? null : await beside.report()
    const perSecond = (count: number): number => count / Math.max(1, report?.seconds ?? 1)
    return {
      name,
      p50Ms: quantile(heard.latenciesMs, 0.5),
      p99Ms: quantile(heard.latenciesMs, 0.99),
      wished: heard.wished,
      final: heard.final,
      busy: heard.busy,
      jain: jainIndex(heard.finalShares),
      foreignShare,
      offeredPerSecond: perSecond(report?.offered ?? 0),
      takenPerSecond: perSecond(report?.taken ?? 0)
    }
  }
}

function reportOf(
  { net, options }: Run,
  { phases, rootsEqual }: { readonly phases: readonly FairPhase[]; readonly rootsEqual: boolean }
): FairnessReport {
  const [alone, greedy, stuffed, over] = phases as [FairPhase, FairPhase, FairPhase, FairPhase]
  const part = ({ final, wished }: FairPhase): number => final / Math.max(1, wished)
  const hasCrashed = net.hasCrashed()
  return {
    seconds: options.seconds,
    members: MEMBERS,
    classes: CLASSES,
    devices: DEVICES,
    alarmDevices: ALARM_DEVICES,
    classPerSecond: (1_000 * DEVICES) / CLASSES / INTERVAL_MS,
    classShare: CLASS_MESSAGES_PER_SECOND,
    greed: options.greed,
    phases,
    greedyP99Ratio:
      alone.p99Ms === null || greedy.p99Ms === null ? null : greedy.p99Ms / alone.p99Ms,
    greedyThroughputRatio: part(greedy) / part(alone),
    greedyJain: greedy.jain,
    stuffedThroughputRatio: part(stuffed) / part(alone),
    alarmsP99Ms: over.p99Ms,
    overload: over.offeredPerSecond / Math.max(1, over.takenPerSecond),
    hasCrashed,
    rootsEqual,
    valid: !hasCrashed && rootsEqual && alone.final === alone.wished
  }
}
