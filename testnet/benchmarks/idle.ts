/**
 * A network that rests: what it costs to be there, beside an empty Node.js process of this machine.
 *
 * All links lead through relays, which count what nodes say to each other. Nobody asks the nodes
 * anything while they are watched.
 *
 * @module
 */

import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { awaitSameHeight, judgeNodes } from '../report/verdict.ts'
import { type BenchNet, nodePids, openBenchNet, type PhasePorts } from './bench-net.ts'
import { heightOf, meanOf, nodeAt, sumOf } from './net-figures.ts'
import { type ProcessorUse, processorUse, sampleProcessors } from './processor-time.ts'

/** How rest is measured. */
export interface IdleOptions {
  readonly nodes: number
  /** Before it is watched: what joining costs is over by then. */
  readonly settleSeconds: number
  readonly seconds: number
  readonly folder: string
  readonly isKept: boolean
}

/** What was measured; null where this system does not tell. */
export interface Idle {
  readonly nodes: number
  readonly seconds: number
  /** Of one core, the mean of the nodes. */
  readonly coreShare: number | null
  /** What one node says to all others in a minute. */
  readonly bytesPerMinute: number
  readonly residentBytes: number | null
  readonly blocks: number
  /** How many the heartbeat of the network makes in that time. */
  readonly blocksDue: number
  readonly transactions: number
  /** An empty Node.js process in the same time. */
  readonly empty: { readonly coreShare: number | null; readonly residentBytes: number | null }
  readonly foreignShare: number | null
  readonly hasCrashed: boolean
  readonly rootsEqual: boolean
}

const SAME_HEIGHT_MS = 15_000
const PAGE = /^VmRSS:\s+(\d+) kB$/m
const KILOBYTE = 1_024
const SECONDS_PER_MINUTE = 60

/** Measures rest on a net of its own. */
export async function measureIdle(options: IdleOptions, ports: PhasePorts): Promise<Idle> {
  const { nodes, settleSeconds, seconds, folder, isKept } = options
  ports.note(`idle: starting ${nodes} nodes`)
  const net = await openBenchNet(
    {
      members: nodes,
      regionSet: 'local',
      makers: 1,
      parentFolder: folder,
      isKept,
      relayEveryLink: true
    },
    ports
  )
  const empty = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1000)'], {
    stdio: 'ignore'
  })
  ports.onOpened(async () => void empty.kill('SIGKILL'))
  try {
    ports.note(`idle: ${settleSeconds} s to settle, ${seconds} s watched`)
    await sleep(1_000 * settleSeconds)
    return await watch(net, options, empty)
  } finally {
    empty.kill('SIGKILL')
    await net.close('stop')
  }
}

async function watch(
  net: BenchNet,
  { nodes, seconds: wanted }: IdleOptions,
  empty: ChildProcess
): Promise<Idle> {
  const emptyPid = empty.pid ?? 0
  const pids = nodePids(net)
  const firstHeight = 1 + (await heightOf(nodeAt(net, 0)))
  const bytesBefore = carriedBytes(net)
  const before = sampleProcessors([process.pid, emptyPid, ...pids])
  await sleep(1_000 * wanted)
  const use = processorUse(before, sampleProcessors([process.pid, emptyPid, ...pids]))
  const bytes = carriedBytes(net) - bytesBefore
  const resident = pids.map(residentBytes).filter((each) => each !== null)
  const emptyBytes = residentBytes(emptyPid)
  await awaitSameHeight(net.cluster.nodes, SAME_HEIGHT_MS)
  const verdict = await judgeNodes(net.cluster.nodes, { firstHeight, finals: [] })
  const blocks = verdict.finalHeight - firstHeight + 1
  const { heartbeatMs } = net.testnet.genesis.parameters
  return {
    nodes,
    seconds: use.seconds,
    coreShare: meanShare(use, pids),
    bytesPerMinute: (bytes * SECONDS_PER_MINUTE) / use.seconds / nodes,
    residentBytes: resident.length === 0 ? null : meanOf(resident),
    blocks,
    blocksDue: (1_000 * use.seconds) / heartbeatMs,
    // Of one that made none, the last block from before is read.
    transactions: blocks === 0 ? 0 : verdict.transactions,
    empty: { coreShare: meanShare(use, [emptyPid]), residentBytes: emptyBytes },
    foreignShare: use.foreignShare,
    hasCrashed: net.hasCrashed(),
    rootsEqual: verdict.rootsEqual
  }
}

/** What all relays have passed on, in both directions: each byte was said once. */
function carriedBytes({ cluster }: BenchNet): number {
  return sumOf(cluster.links.map(({ forwardBytes, backwardBytes }) => forwardBytes + backwardBytes))
}

function meanShare({ ownMs, seconds }: ProcessorUse, pids: readonly number[]): number | null {
  const known = pids.map((pid) => ownMs.get(pid)).filter((ms) => ms !== undefined)
  return known.length === 0 ? null : meanOf(known) / (1_000 * seconds)
}

/** What a process holds in memory; null where the system does not tell. */
export function residentBytes(pid: number): number | null {
  try {
    const kilobytes = PAGE.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    return kilobytes === undefined ? null : KILOBYTE * Number(kilobytes)
  } catch {
    // No such process any more, or a system without these files.
    return null
  }
}
