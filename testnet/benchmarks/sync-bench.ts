/**
 * The benchmark of joining: a ledger of many transactions, and two late nodes.
 *
 * One joins by snapshot, is killed midway as by a power cut and started again; the other one, which
 * looks for no snapshot, takes all blocks. Both must come to the root of the members.
 *
 * @module
 */

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { requestNode } from '../../node/cli/node-request.ts'
import { NodeError } from '../../node/errors.ts'
import type { ClusterNode } from '../cluster/cluster.ts'
import { readView } from '../cluster/node-api.ts'
import { awaitSameHeight, judgeNodes } from '../report/verdict.ts'
import { readyLoad } from './bench-loads.ts'
import { type BenchNet, nodePids, nodeUrls, openBenchNet, type PhasePorts } from './bench-net.ts'
import { type Benchmark, countOf, ratiosOf } from './benchmark.ts'
import { cpuMsOf, finalCount, heightOf, nodeAt, until } from './net-figures.ts'
import { boundOf, measureVerification } from './signature-bound.ts'
import { type SyncReport, syncTable } from './sync-report.ts'

/** What ledger is joined. */
interface SyncBenchOptions {
  readonly transactions: number
  readonly devices: number
  readonly folder: string
  readonly isKept: boolean
}

const MEMBERS = 4
const MAKERS = 8
const EVERY_BLOCKS = 32
const BEHIND_BLOCKS = 100
const NEVER = 1_000_000_000
const SECONDS_MAX = 1800
const INFLIGHT = 4
const PARTS_POLL_MS = 1
const WAIT_MS = 300_000
const SAME_HEIGHT_MS = 30_000
/** The share of the parts after which the node is killed. */
const KILL_AT = 0.4

/** How fast a late node joins. */
export const syncBenchmark: Benchmark = {
  name: 'sync',
  about: 'how fast a late node joins, killed midway through its snapshot, and one by blocks',
  flags: [
    {
      kind: 'count',
      name: 'transactions',
      about: 'device messages on the ledger before it joins',
      fallback: 100_000,
      range: [1000, 10_000_000]
    },
    {
      kind: 'count',
      name: 'devices',
      about: 'devices that send them',
      fallback: 5000,
      range: [16, 1_000_000]
    }
  ],
  measure: async (wish, ports) => {
    const { folder, isKept } = wish
    const [transactions, devices] = [countOf(wish, 'transactions'), countOf(wish, 'devices')]
    const bound = boundOf([await measureVerification()], 1)
    const report = await measureSync({ transactions, devices, folder, isKept }, ports)
    const { byBlocks, bySnapshot, valid } = report
    return {
      valid,
      disturbed: false,
      remarks: [],
      ratios: ratiosOf({
        'by blocks ÷ the rate at which they came': [byBlocks.timesLive, 'higher'],
        'by snapshot ÷ by blocks': [
          bySnapshot.transactionsPerSecond / byBlocks.transactionsPerSecond,
          'higher'
        ],
        'processor time by blocks ÷ a verification': [byBlocks.cpuUs / bound.verifyUs, 'lower']
      }),
      lines: syncTable(report, bound),
      figures: { ...report, signatureBound: bound }
    }
  }
}

/** Builds the ledger and lets both nodes join. */
async function measureSync(options: SyncBenchOptions, ports: PhasePorts): Promise<SyncReport> {
  ports.note(`sync: starting ${MEMBERS} members`)
  const net = await openBenchNet(
    {
      members: MEMBERS,
      regionSet: 'local',
      makers: MAKERS,
      parentFolder: options.folder,
      isKept: options.isKept,
      late: 2,
      settingsOf: (index) => ({
        'snapshot.everyBlocks': EVERY_BLOCKS,
        'snapshot.joinBehindBlocks': index > MEMBERS ? NEVER : BEHIND_BLOCKS
      })
    },
    ports
  )
  try {
    const built = await buildLedger(net, options, ports)
    const bySnapshot = await joinKilledMidway(net, options, ports)
    const { seconds, cpuMs } = await joinByBlocks(net, ports)
    const taken = await finalCount(nodeAt(net, MEMBERS + 1))
    const perSecond = taken / seconds
    await awaitSameHeight(net.cluster.nodes, SAME_HEIGHT_MS)
    const first = bySnapshot.snapshotHeight + 1
    const verdict = await judgeNodes(net.cluster.nodes, { firstHeight: first, finals: [] })
    const byBlocks = {
      seconds,
      transactionsPerSecond: perSecond,
      timesLive: perSecond / built.livePerSecond,
      cpuUs: (1000 * cpuMs) / taken
    }
    const { rootsEqual, stateRoots } = verdict
    const valid = rootsEqual && !net.hasCrashed()
    const { transactions, devices } = options
    return { valid, transactions, devices, ...built, bySnapshot, byBlocks, rootsEqual, stateRoots }
  } finally {
    await net.close('stop')
  }
}

async function buildLedger(
  net: BenchNet,
  { transactions, devices }: SyncBenchOptions,
  ports: PhasePorts
): Promise<Pick<SyncReport, 'height' | 'livePerSecond' | 'liveCpuUs'>> {
  const messages = Math.ceil(transactions / devices)
  const { note } = ports
  note(`sync: registering ${devices} devices, signing ${devices * messages} messages`)
  const urls = nodeUrls(net).slice(0, MEMBERS)
  const wish = { urls, devices, messages, inflight: INFLIGHT, seconds: SECONDS_MAX }
  const load = await readyLoad(net, wish, ports)
  const before = await finalCount(member(net))
  note(`sync: pouring ${devices * messages} messages`)
  const startMs = performance.now()
  const cpuBefore = cpuMsOf(nodePids(net))
  load.go()
  await until('all messages to be final', async () => {
    return (await finalCount(member(net))) >= before + devices * messages
  })
  const livePerSecond = (1000 * devices * messages) / (performance.now() - startMs)
  const liveCpuUs = (1000 * (cpuMsOf(nodePids(net)) - cpuBefore)) / (MEMBERS * devices * messages)
  await load.report()
  const newest = Math.floor((await heightOf(member(net))) / EVERY_BLOCKS) * EVERY_BLOCKS
  await until('the last snapshot to be written', async () =>
    snapshotHeights(member(net)).includes(newest)
  )
  return { height: await heightOf(member(net)), livePerSecond, liveCpuUs }
}

async function joinKilledMidway(
  net: BenchNet,
  { transactions }: SyncBenchOptions,
  { note }: PhasePorts
): Promise<SyncReport['bySnapshot']> {
  const late = nodeAt(net, MEMBERS)
  const { slug, index } = late.node
  const parts = partsOf(member(net))
  note('sync: a late node joins by snapshot, and is killed midway')
  const startMs = performance.now()
  // It never says that it is ready: it is killed before.
  const starting = net.cluster.startNode(index).catch(() => undefined)
  const partsAtKill = await partsBeforeKill(late, parts)
  await net.cluster.kill([slug])
  await starting
  const aliveMs = performance.now() - startMs
  const againMs = performance.now()
  const restarted = net.cluster.startNode(index)
  await until('the late node to join', () => isLevel(net, late))
  await restarted
  const againTookMs = performance.now() - againMs
  const { blocksFrom, height } = await statusOf(late)
  return {
    partsAtKill,
    parts,
    snapshotBytes: bytesInLog(late),
    snapshotHeight: blocksFrom,
    secondsAfterRestart: againTookMs / 1000,
    seconds: (aliveMs + againTookMs) / 1000,
    transactionsPerSecond: (1000 * transactions) / (aliveMs + againTookMs),
    blocksSpared: blocksFrom,
    blocksTaken: height - blocksFrom
  }
}

async function joinByBlocks(
  net: BenchNet,
  { note }: PhasePorts
): Promise<{ readonly seconds: number; readonly cpuMs: number }> {
  const late = nodeAt(net, MEMBERS + 1)
  note('sync: another one takes all blocks')
  await net.cluster.startNode(late.node.index)
  const startMs = performance.now()
  await until('the other node to catch up', () => isLevel(net, late))
  const seconds = (performance.now() - startMs) / 1000
  return { seconds, cpuMs: cpuMsOf([late.pid() ?? 0]) }
}

/** Watches the parts come; ends when enough of them are there. */
async function partsBeforeKill(late: ClusterNode, parts: number): Promise<number> {
  const folder = join(late.node.dataFolder, 'snapshots')
  const endMs = performance.now() + WAIT_MS
  while (performance.now() < endMs) {
    const names = existsSync(folder) ? readdirSync(folder) : []
    const incoming = names.find((name) => name.startsWith('incoming-'))
    const found = incoming === undefined ? 0 : countParts(join(folder, incoming))
    if (found >= KILL_AT * parts) return found
    // Too quick to be caught at it, as a small snapshot is.
    if (wholeNames(folder).length > 0) return parts
    await sleep(PARTS_POLL_MS)
  }
  throw new NodeError(
    'NODE_NOT_READY',
    `${late.node.name} fetches no snapshot: see ${late.logPath}`
  )
}

function countParts(folder: string): number {
  // It is renamed the moment it is whole.
  if (!existsSync(folder)) return 0
  return readdirSync(folder).filter((name) => /^(leaves|values)-/.test(name)).length
}

function partsOf({ node }: ClusterNode): number {
  const folder = join(node.dataFolder, 'snapshots')
  const [newest] = wholeNames(folder)
  return newest === undefined ? 0 : countParts(join(folder, newest))
}

function snapshotHeights({ node }: ClusterNode): readonly number[] {
  return wholeNames(join(node.dataFolder, 'snapshots')).map((name) => Number.parseInt(name, 10))
}

function wholeNames(folder: string): readonly string[] {
  const names = existsSync(folder) ? readdirSync(folder) : []
  return names
    .filter((name) => /^\d+-/.test(name))
    .toSorted((a, b) => Number.parseInt(b, 10) - Number.parseInt(a, 10))
}

function bytesInLog({ logPath }: ClusterNode): number {
  const line = readFileSync(logPath, 'utf8')
    .split('\n')
    .find((text) => text.includes('joining by snapshot'))
  return Number(/"totalBytes":(\d+)/.exec(line ?? '')?.[1] ?? 0)
}

const statusShape = z.object({ status: z.object({ blocksFrom: z.number(), height: z.number() }) })

async function statusOf({ url }: ClusterNode): Promise<z.infer<typeof statusShape>['status']> {
  const answer = await requestNode(url, '/v1/status', { deadlineMs: 5_000 })
  return statusShape.parse(answer.json()).status
}

async function isLevel(net: BenchNet, late: ClusterNode): Promise<boolean> {
  const [own, others] = await Promise.all([readView(late.url), readView(member(net).url)])
  return own !== undefined && others !== undefined && own.height >= others.height
}

function member(net: BenchNet): ClusterNode {
  return nodeAt(net, 0)
}
