/**
 * A network of real node processes for the live tests, in a home of its own that vanishes with it.
 *
 * @module
 */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { GenesisDocument } from '../../config/index.ts'
import { type NetworkTrust, trustNetwork } from '../../node/cli/network-trust.ts'
import { Cluster } from '../cluster/cluster.ts'
import { readBlock, readView } from '../cluster/node-api.ts'
import type { NodeExit } from '../cluster/node-process.ts'
import type { RegisteredNode } from '../cluster/registry.ts'
import { prepareTestnet } from '../founding/prepare.ts'
import type { RegionSet } from '../regions/region-set.ts'

/** A network that runs. */
export interface LiveNet {
  readonly home: string
  readonly genesis: GenesisDocument
  readonly network: NetworkTrust
  readonly cluster: Cluster
  /** Members first, with their member ids; the ids of observers are not asked for. */
  readonly nodes: readonly LiveNode[]
  /** Ends of nodes that the cluster had not asked for. */
  readonly ends: readonly NodeEnd[]
  /** Kills the nodes and removes the home. */
  readonly close: () => Promise<void>
}

/** One node of a live network. */
export interface LiveNode extends RegisteredNode {
  readonly url: string
  readonly logPath: string
  /** Lower-case hex; undefined for observers. */
  readonly memberId: string | undefined
}

/** How a node ended. */
export interface NodeEnd {
  readonly slug: string
  readonly exit: NodeExit
}

/** Generous, for a machine that others use too; a test that works never waits as long. */
const WAIT_MAX_MS = 120_000
const POLL_MS = 50

/** What a live network may have otherwise. */
export interface LiveNetChange {
  /** Settings of a node, by their paths. */
  readonly settingsOf?: (index: number) => Readonly<Record<string, unknown>>
  /** Whether every link leads through a relay, so that it can be made to fail. */
  readonly relayEveryLink?: boolean
  /** Where the nodes stand, and so how far apart; `local` unless said. */
  readonly regionSet?: RegionSet
  /** How many of the last nodes are not started yet. */
  readonly late?: number
  /** Programs that run in place of the node's own, by the nodes' indexes. */
  readonly programs?: ReadonlyMap<number, string>
}

/** Founds a network, starts its nodes at once and waits until all are ready. */
export async function openLiveNet(
  members: number,
  observers: number,
  {
    settingsOf = () => ({}),
    relayEveryLink = false,
    regionSet = 'local',
    late = 0,
    programs = new Map()
  }: LiveNetChange = {}
): Promise<LiveNet> {
  const home = mkdtempSync(join(tmpdir(), 'thingmoot-live-'))
  const shape = { members, observers, regionSet, isFresh: false }
  const wanted = { ...shape, settingsOf, relayEveryLink }
  const testnet = await prepareTestnet(home, wanted, Date.now())
  const ends: NodeEnd[] = []
  const world = { ...testnet, programs }
  const cluster = new Cluster(world, {
    onCrash: ({ slug }, exit) => void ends.push({ slug, exit }),
    onTrouble: (error) => {
      throw error
    }
  })
  const close = async (): Promise<void> => {
    await cluster.close('kill')
    rmSync(home, { recursive: true, force: true })
  }
  const memberIds = new Map([...testnet.memberNodes].map(([id, { index }]) => [index, id]))
  try {
    await cluster.open()
    const started = cluster.nodes.slice(0, members + observers - late)
    await Promise.all(started.map(({ node }) => cluster.startNode(node.index)))
    await Promise.all(started.map(({ url }) => waitForState(url, 'ready')))
  } catch (error) {
    await close()
    throw error
  }
  return {
    home,
    genesis: testnet.genesis,
    network: trustNetwork(testnet.genesis),
    cluster,
    nodes: cluster.nodes.map(({ node, url, logPath }) => ({
      ...node,
      url,
      logPath,
      memberId: memberIds.get(node.index)
    })),
    ends,
    close
  }
}

/** Asks until there is an answer; a test that waits in vain fails by name. */
export async function waitFor<Answer>(
  what: string,
  ask: () => Promise<Answer | undefined>
): Promise<Answer> {
  const endMs = performance.now() + WAIT_MAX_MS
  for (;;) {
    const answer = await ask()
    if (answer !== undefined) return answer
    if (performance.now() > endMs) throw new Error(`waited in vain for ${what}`)
    await sleep(POLL_MS)
  }
}

/** Waits until a node says that it is in a state. */
async function waitForState(url: string, state: string): Promise<void> {
  await waitFor(`${url} to be ${state}`, async () => {
    const view = await readView(url)
    return view?.state === state ? view : undefined
  })
}

/** The height of a node's ledger. */
export async function heightOf(url: string): Promise<number> {
  return (await waitFor(`an answer of ${url}`, () => readView(url))).height
}

/**
 * The state roots of nodes at one height that all of them have reached.
 *
 * @returns one for each node, and the height
 */
export async function rootsOf(
  urls: readonly string[]
): Promise<{ readonly height: number; readonly roots: readonly string[] }> {
  const height = Math.max(...(await Promise.all(urls.map(heightOf))))
  await Promise.all(
    urls.map((url) =>
      waitFor(`height ${height} at ${url}`, async () =>
        (await heightOf(url)) >= height ? true : undefined
      )
    )
  )
  const blocks = await Promise.all(urls.map((url) => readBlock(url, height)))
  return { height, roots: blocks.map(({ stateRoot }) => stateRoot) }
}
