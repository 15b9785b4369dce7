/**
 * A crashed leader: real processes under load, of which the one whose turn is next is killed.
 *
 * Its first turn costs others what the law lets them wait for it, 2Δ, and no more: that and the pause
 * between two blocks of the same minutes are the floor. Its later turns are passed over at once.
 *
 * @module
 */

import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { requestNode } from '../../node/cli/node-request.ts'
import { NodeError } from '../../node/errors.ts'
import { genesisElectorate, leaderOrder, toHex } from '../../protocol/index.ts'
import { quantile } from '../fleet/fleet-record.ts'
import { awaitSameHeight, judgeNodes } from '../report/verdict.ts'
import { readyLoad } from './bench-loads.ts'
import { type BenchNet, nodePids, openBenchNet, type PhasePorts } from './bench-net.ts'
import { type BlockWatch, pausesMs, type SeenBlock, watchBlocks } from './block-watch.ts'
import { ascending, heightOf, metricsOf, nodeAt, until } from './net-figures.ts'
import { processorUse, sampleProcessors } from './processor-time.ts'
import { readIds } from './throughput.ts'

/** How crashes are measured. */
export interface LeaderCrashOptions {
  readonly nodes: number
  readonly crashes: number
  /** Watched after each crash. */
  readonly seconds: number
  /** Messages a second meanwhile. */
  readonly rate: number
  readonly folder: string
  readonly isKept: boolean
}

/** What one crash cost. */
export interface CrashFigures {
  readonly victim: string
  /** The pause between two final blocks before: the half, and 99 of 100. */
  readonly calmMs: number
  readonly calmP99Ms: number
  /** From the kill to the next final block. */
  readonly nextFinalMs: number
  /** The longest pause that its first turn made. */
  readonly stallMs: number
  /** The pauses after that, over all its later turns: 99 of 100, and the longest. */
  readonly laterP99Ms: number
  readonly laterMaxMs: number
  /** Final blocks after the stall. */
  readonly laterBlocks: number
  /** Messages that were taken meanwhile, in hex. */
  readonly takenIds: readonly string[]
  readonly foreignShare: number | null
}

/** What was measured. */
export interface LeaderCrashes {
  /** Δ of the first view after a final block. */
  readonly deltaMs: number
  readonly crashes: readonly CrashFigures[]
  readonly hasCrashed: boolean
  readonly finalHeight: number
  readonly rootsEqual: boolean
  /** Messages that were taken and are missing on a node. */
  readonly lost: number
}

interface Run {
  readonly net: BenchNet
  readonly options: LeaderCrashOptions
  readonly ports: PhasePorts
}

const DEVICES = 256
const INFLIGHT = 2
/** Small requests, so that blocks come at the pace of the ledger and not at that of the load. */
const BATCH = 8
const CALM_MS = 4_000
const SIGNED_RESERVE_SECONDS = 20
const KILL_WITHIN_MS = 10_000
const SAME_HEIGHT_MS = 30_000
/** When a block is told of, the next view may have its proposal already; the one after it has none. */
const VIEWS_AHEAD = 2
const ASK_DEADLINE_MS = 5_000

const blockShape = z.object({ block: z.object({ view: z.number(), height: z.number() }) })

/** Measures crashes on a net of its own. */
export async function measureLeaderCrash(
  options: LeaderCrashOptions,
  ports: PhasePorts
): Promise<LeaderCrashes> {
  const { nodes, crashes, folder, isKept } = options
  ports.note(`leader-crash: starting ${nodes} nodes`)
  const net = await openBenchNet(
    { members: nodes, regionSet: 'local', makers: crashes, parentFolder: folder, isKept },
    ports
  )
  try {
    const firstHeight = 1 + (await heightOf(nodeAt(net, 0)))
    const figures: CrashFigures[] = []
    for (let crash = 0; crash < crashes; crash++)
      figures.push(await crashOnce({ net, options, ports }, crash))
    await until('everything to be final', async () => {
      const all = await Promise.all(net.cluster.nodes.map(metricsOf))
      return all.every((metrics) => metrics.get('thingmoot_intake_transactions_open') === 0)
    })
    await awaitSameHeight(net.cluster.nodes, SAME_HEIGHT_MS)
    const finals = figures.flatMap(({ takenIds }) =>
      takenIds.map((messageId) => ({ messageId, height: null }))
    )
    const verdict = await judgeNodes(net.cluster.nodes, { firstHeight, finals })
    const { finalHeight, rootsEqual, lost } = verdict
    const { delta0Ms: deltaMs } = genesisElectorate(net.testnet.genesis).parameters
    const hasCrashed = net.hasCrashed()
    return { deltaMs, crashes: figures, hasCrashed, finalHeight, rootsEqual, lost }
  } finally {
    await net.close('stop')
  }
}

async function crashOnce({ net, options, ports }: Run, crash: number): Promise<CrashFigures> {
  const { nodes, seconds, rate } = options
  const victim = nodeAt(net, crash % nodes)
  const { name, slug, index } = victim.node
  const survivors = net.cluster.nodes.filter((node) => node !== victim)
  const [witness = victim] = survivors
  const takenPath = join(net.home, `taken-${crash}.ids`)
  const loadSeconds = CALM_MS / 1_000 + seconds + SIGNED_RESERVE_SECONDS
  const load = await readyLoad(
    net,
    {
      makers: [crash, crash + 1],
      urls: survivors.map(({ url }) => url),
      devices: DEVICES,
      messages: Math.ceil((rate * loadSeconds) / DEVICES),
      inflight: INFLIGHT,
      batch: BATCH,
      seconds: CALM_MS / 1_000 + seconds,
      rate,
      taken: takenPath
    },
    ports
  )
  const watch = watchBlocks(witness.url)
  try {
    const startMs = performance.now()
    load.go()
    await sleep(CALM_MS)
    ports.note(`leader-crash: ${name} is killed when its turn is next`)
    const killMs = await killAsLeader(net, { index, slug, watch, witnessUrl: witness.url })
    const pids = [process.pid, load.pid, ...nodePids(net)]
    const before = sampleProcessors(pids)
    await sleep(1_000 * seconds)
    const { foreignShare } = processorUse(before, sampleProcessors(pids))
    const endMs = performance.now()
    await load.report()
    ports.note(`leader-crash: ${name} comes back`)
    await net.cluster.startNode(index)
    await until(
      `${name} to catch up`,
      async () => (await heightOf(victim)) >= (await heightOf(witness))
    )
    const spans = { startMs: startMs + CALM_MS / 2, killMs, endMs }
    return {
      victim: name,
      ...figuresOf(watch.seen, spans),
      takenIds: readIds(takenPath),
      foreignShare
    }
  } finally {
    watch.stop()
    load.kill()
  }
}

/**
 * Kills a node when a block is final after which its own turn comes.
 *
 * @returns when that was
 * @throws NodeError NODE_NOT_READY when there were no blocks to go by
 */
async function killAsLeader(
  net: BenchNet,
  at: {
    readonly index: number
    readonly slug: string
    readonly watch: BlockWatch
    readonly witnessUrl: string
  }
): Promise<number> {
  const { index, slug, watch, witnessUrl } = at
  const electorate = genesisElectorate(net.testnet.genesis)
  const order = leaderOrder(electorate)
  const nodeOfSeat = electorate.seats.map(
    ({ memberId }) => net.testnet.memberNodes.get(toHex(memberId))?.index
  )
  const height = watch.seen.at(-1)?.height ?? 1
  const answer = await requestNode(witnessUrl, `/v1/blocks/${height}`, {
    deadlineMs: ASK_DEADLINE_MS
  })
  const { block } = blockShape.parse(answer.json())
  const viewsBeyond = block.view - block.height
  const isNext = (seen: SeenBlock): boolean => {
    const view = seen.height + viewsBeyond + VIEWS_AHEAD
    return nodeOfSeat[order[(view - 1) % order.length] as number] === index
  }
  const endMs = performance.now() + KILL_WITHIN_MS
  for (let known = watch.seen.length; performance.now() < endMs; await sleep(1)) {
    const latest = watch.seen.at(-1)
    if (watch.seen.length === known || latest === undefined || !isNext(latest)) continue
    known = watch.seen.length
    const killMs = performance.now()
    await net.cluster.kill([slug])
    return killMs
  }
  throw new NodeError('NODE_NOT_READY', `no block came before the turn of ${slug}`)
}

function figuresOf(
  seen: readonly SeenBlock[],
  { startMs, killMs, endMs }: { startMs: number; killMs: number; endMs: number }
): Pick<
  CrashFigures,
  'calmMs' | 'calmP99Ms' | 'nextFinalMs' | 'stallMs' | 'laterP99Ms' | 'laterMaxMs' | 'laterBlocks'
> {
  const calm = ascending(pausesMs(seen, [startMs, killMs]))
  const after = seen.filter(({ atMs }) => atMs > killMs && atMs <= endMs)
  // From the last block before the kill on: what was under way then may still come at its own pace.
  const first = seen.findLastIndex(({ atMs }) => atMs <= killMs)
  const pauses = seen.slice(Math.max(0, first)).filter(({ atMs }) => atMs <= endMs)
  const stall = longestPause(pauses)
  const later = ascending(pausesMs(seen, [stall.endMs, endMs]))
  return {
    calmMs: quantile(calm, 0.5) ?? Number.NaN,
    calmP99Ms: quantile(calm, 0.99) ?? Number.NaN,
    nextFinalMs: (after[0]?.atMs ?? Number.POSITIVE_INFINITY) - killMs,
    stallMs: stall.tookMs,
    laterP99Ms: quantile(later, 0.99) ?? Number.NaN,
    laterMaxMs: later.at(-1) ?? Number.NaN,
    laterBlocks: later.length
  }
}

function longestPause(blocks: readonly SeenBlock[]): {
  readonly tookMs: number
  readonly endMs: number
} {
  let longest = { tookMs: Number.NaN, endMs: Number.POSITIVE_INFINITY }
  for (const [index, { atMs }] of blocks.entries()) {
    const tookMs = atMs - (blocks[index - 1]?.atMs ?? atMs)
    if (index > 0 && !(tookMs <= longest.tookMs)) longest = { tookMs, endMs: atMs }
  }
  return longest
}
