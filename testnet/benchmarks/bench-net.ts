/**
 * The net of a benchmark: real node processes, founded anew and forgotten afterwards.
 *
 * @module
 */

import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { NodeError } from '../../node/errors.ts'
import { Cluster, type ClusterNode } from '../cluster/cluster.ts'
import { readView } from '../cluster/node-api.ts'
import { type PreparedTestnet, prepareTestnet } from '../founding/prepare.ts'
import type { RegionSet } from '../regions/region-set.ts'
import { MAKER_GRANT, makerOf } from './fleet.ts'

/** What net is wanted. */
export interface BenchNetOptions {
  readonly members: number
  readonly regionSet: RegionSet
  readonly makers: number
  /** Below it the net gets a folder of its own; on the disk that shall be measured. */
  readonly parentFolder: string
  /** Whether the folder stays, for a look at logs and data. */
  readonly isKept: boolean
  /** Nodes without a seat, which are not started yet. */
  readonly late?: number
  /** Other programs than the product's that nodes run, by their indexes. */
  readonly programs?: ReadonlyMap<number, string>
  /** Whether nodes with no distance between them call each other by relays, which count bytes. */
  readonly relayEveryLink?: boolean
  /** Settings of a node that are to be otherwise than usual, by their paths. */
  readonly settingsOf?: (index: number) => Readonly<Record<string, unknown>>
}

/** What a phase tells, and asks of the run. */
export interface PhasePorts {
  readonly note: (text: string) => void
  /** Hears how to end at once what the phase has started. */
  readonly onOpened: (kill: () => Promise<void>) => void
}

/** A running net. */
export interface BenchNet {
  readonly home: string
  readonly testnet: PreparedTestnet
  readonly cluster: Cluster
  /** Seeds of the makers whose devices may speak here. */
  readonly makerSeeds: readonly Uint8Array[]
  /** Whether a node ended by itself. */
  readonly hasCrashed: () => boolean
  readonly close: (how: 'stop' | 'kill') => Promise<void>
}

const SEED_BYTES = 32
const JOIN_WAIT_MS = 60_000
const JOIN_POLL_MS = 200

/**
 * Brings a net up and waits until all members see each other.
 *
 * @throws {@link NodeError} NODE_NOT_READY when they do not
 */
export async function openBenchNet(options: BenchNetOptions, ports: PhasePorts): Promise<BenchNet> {
  const home = mkdtempSync(join(options.parentFolder, '.bench-'))
  const forget = (): void => {
    if (!options.isKept) rmSync(home, { recursive: true, force: true })
  }
  const makerSeeds = Array.from(
    { length: options.makers },
    () => new Uint8Array(randomBytes(SEED_BYTES))
  )
  let testnet: PreparedTestnet
  try {
    testnet = await prepareTestnet(home, wantedOf(options, makerSeeds), Date.now())
  } catch (error) {
    forget()
    throw error
  }
  let hasCrashed = false
  const { programs = new Map<number, string>() } = options
  const cluster = new Cluster(
    { ...testnet, programs },
    {
      onCrash: (node, { code, signal }, logPath) => {
        hasCrashed = true
        ports.note(`${node.name} ended by itself, ${signal ?? `exit code ${code}`}: see ${logPath}`)
      },
      onTrouble: (error) => ports.note(error.message)
    }
  )
  const close = async (how: 'stop' | 'kill'): Promise<void> => {
    await cluster.close(how)
    forget()
  }
  ports.onOpened(() => close('kill'))
  try {
    await cluster.open()
    const started = cluster.nodes.filter(({ node }) => node.role === 'member')
    await Promise.all(started.map(({ node }) => cluster.startNode(node.index)))
    await awaitMembers(started)
  } catch (error) {
    await close('kill')
    throw error
  }
  return { home, testnet, cluster, makerSeeds, hasCrashed: () => hasCrashed, close }
}

/** The addresses of the HTTP API of all nodes. */
export function nodeUrls({ cluster }: BenchNet): readonly string[] {
  return cluster.nodes.map(({ url }) => url)
}

/** The processes of all nodes that run. */
export function nodePids({ cluster }: BenchNet): readonly number[] {
  return cluster.nodes.map(({ pid }) => pid()).filter((pid) => pid !== undefined)
}

function wantedOf(
  options: BenchNetOptions,
  makerSeeds: readonly Uint8Array[]
): Parameters<typeof prepareTestnet>[1] {
  const vendorGrants = makerSeeds.map((seed) => ({
    vendorId: makerOf(seed).vendorId,
    ...MAKER_GRANT
  }))
  const { members, regionSet, late = 0, relayEveryLink = false, settingsOf = () => ({}) } = options
  const shape = { members, observers: late, regionSet, isFresh: false }
  return { ...shape, vendorGrants, relayEveryLink, settingsOf }
}

async function awaitMembers(nodes: readonly ClusterNode[]): Promise<void> {
  const endMs = performance.now() + JOIN_WAIT_MS
  const waiting = new Set(nodes)
  while (waiting.size > 0) {
    for (const one of waiting) {
      const view = await readView(one.url)
      if (view?.state === 'ready' && view.peers >= nodes.length - 1) waiting.delete(one)
    }
    if (waiting.size === 0) return
    const [first] = waiting
    if (performance.now() > endMs)
      throw new NodeError(
        'NODE_NOT_READY',
        `${first?.node.name} does not see all other members after ${JOIN_WAIT_MS / 1000} s (see ${first?.logPath})`
      )
    await sleep(JOIN_POLL_MS)
  }
}
