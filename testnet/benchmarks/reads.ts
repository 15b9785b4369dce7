/**
 * Reads at one node: a value of its own copy with and without proof, at rest and while others write,
 * each beside an answer of the same server that reads nothing.
 *
 * @module
 */

import { setTimeout as sleep } from 'node:timers/promises'
import { toHex } from '../../protocol/index.ts'
import { awaitSameHeight, judgeNodes } from '../report/verdict.ts'
import { bringSenders, readyLoad } from './bench-loads.ts'
import { type BenchNet, nodePids, openBenchNet, type PhasePorts } from './bench-net.ts'
import { finalCounts, finalRates, meanOf, nodeAt } from './net-figures.ts'
import { type PacedReads, type ReadFigures, readPaced } from './paced-reads.ts'
import { processorUse, sampleProcessors } from './processor-time.ts'
import { boundOf, measureVerification } from './signature-bound.ts'

/** How reads are measured. */
export interface ReadsOptions {
  readonly nodes: number
  readonly seconds: number
  /** Reads a second without proof, and with. */
  readonly perSecond: number
  readonly provedPerSecond: number
  /** Messages a second, in hundredths of the peak that the project aims at. */
  readonly writePercent: number
  readonly folder: string
  readonly isKept: boolean
}

/** What is read. */
export type ReadKind = 'nothing' | 'value' | 'proved value'

/** One kind of reads, with or without writes beside it. */
export interface ReadPhase extends ReadFigures {
  readonly kind: ReadKind
  readonly perSecond: number
  /** What became final meanwhile, a second. */
  readonly finalPerSecond: number
  readonly foreignShare: number | null
}

/** What was measured. */
export interface Reads {
  readonly writesPerSecond: number
  readonly resting: readonly ReadPhase[]
  readonly writing: readonly ReadPhase[]
  readonly hasCrashed: boolean
  readonly rootsEqual: boolean
}

/** The share of the signature bound that the project aims at: writes are told in parts of it. */
const AIMED_SHARE = 0.6
const READ_DEVICES = 512
const WRITE_DEVICES = 512
const MAKERS = 4
const INFLIGHT = 4
/** Small requests: writes come from many, and not in bursts. */
const BATCH = 16
const WARM_UP_SECONDS = 3
const SAME_HEIGHT_MS = 30_000
/** Between two phases, and for what each still waits for. */
const BETWEEN_SECONDS = 2

interface Run {
  readonly net: BenchNet
  readonly options: ReadsOptions
  readonly ports: PhasePorts
  /** Hex ids of devices that are on the ledger. */
  readonly deviceIds: readonly string[]
}

/** Measures reads on a net of its own. */
export async function measureReads(options: ReadsOptions, ports: PhasePorts): Promise<Reads> {
  const { nodes, seconds, writePercent, folder, isKept } = options
  const bound = boundOf([await measureVerification()], nodes)
  const rate = Math.ceil((bound.transactionsPerSecond * AIMED_SHARE * writePercent) / 100)
  ports.note(`reads: starting ${nodes} nodes`)
  const net = await openBenchNet(
    { members: nodes, regionSet: 'local', makers: 1 + MAKERS, parentFolder: folder, isKept },
    ports
  )
  const pouredSeconds = WARM_UP_SECONDS + 3 * (seconds + BETWEEN_SECONDS) + BETWEEN_SECONDS
  try {
    const readers = await bringSenders(net, { makers: [0, 1], devices: READ_DEVICES, messages: 1 })
    const deviceIds = readers.map(({ deviceId }) => toHex(deviceId))
    const load = await readyLoad(
      net,
      {
        makers: [1, 1 + MAKERS],
        devices: WRITE_DEVICES,
        messages: Math.ceil((rate * pouredSeconds) / WRITE_DEVICES),
        inflight: INFLIGHT,
        batch: BATCH,
        seconds: pouredSeconds,
        rate
      },
      ports
    )
    await awaitSameHeight(net.cluster.nodes, SAME_HEIGHT_MS)
    const run = { net, options, ports, deviceIds }
    try {
      const resting = await measureAll(run, [])
      load.go()
      await sleep(1_000 * WARM_UP_SECONDS)
      const writing = await measureAll(run, [load.pid])
      await load.report()
      await awaitSameHeight(net.cluster.nodes, SAME_HEIGHT_MS)
      const { rootsEqual } = await judgeNodes(net.cluster.nodes, { firstHeight: 1, finals: [] })
      const hasCrashed = net.hasCrashed()
      return { writesPerSecond: rate, resting, writing, hasCrashed, rootsEqual }
    } finally {
      load.kill()
    }
  } finally {
    await net.close('stop')
  }
}

async function measureAll(run: Run, loadPids: readonly number[]): Promise<readonly ReadPhase[]> {
  const { perSecond, provedPerSecond, seconds } = run.options
  const { url: nodeUrl } = nodeAt(run.net, 0)
  const base = { nodeUrl, seconds }
  const values = run.deviceIds.map((id) => `/v1/state/devices/${id}`)
  const accept = 'application/cbor'
  const wishes: readonly (readonly [ReadKind, PacedReads])[] = [
    ['nothing', { ...base, paths: ['/v1/echo'], accept: 'application/json', perSecond }],
    ['value', { ...base, paths: values, accept, perSecond }],
    [
      'proved value',
      {
        ...base,
        paths: values.map((path) => `${path}?proof=1`),
        accept,
        perSecond: provedPerSecond
      }
    ]
  ]
  const phases: ReadPhase[] = []
  for (const [kind, wish] of wishes) {
    run.ports.note(`reads: ${kind}, ${loadPids.length === 0 ? 'at rest' : 'while others write'}`)
    phases.push(await measureOne(run, [kind, wish], loadPids))
    await sleep((1_000 * BETWEEN_SECONDS) / 2)
  }
  return phases
}

async function measureOne(
  { net }: Run,
  [kind, wish]: readonly [ReadKind, PacedReads],
  loadPids: readonly number[]
): Promise<ReadPhase> {
  const { nodes } = net.cluster
  const pids = [process.pid, ...loadPids, ...nodePids(net)]
  const before = sampleProcessors(pids)
  const countsBefore = await finalCounts(nodes)
  const figures = await readPaced(wish)
  const rates = finalRates(countsBefore, await finalCounts(nodes))
  const { foreignShare } = processorUse(before, sampleProcessors(pids))
  const { perSecond } = wish
  return { kind, perSecond, ...figures, finalPerSecond: meanOf(rates), foreignShare }
}
