/**
 * Peers for the live tests of this folder: in this process, or in one of their own.
 *
 * Run as a program it is a peer that is told by its parent what to do, so that a
 * test can kill or freeze it.
 *
 * @module
 */

import '../shims.ts'
import { type ChildProcess, fork } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { NetworkLimits } from './limits.ts'
import { createNetwork, type MemberAddress, type Network, type NetworkMetric } from './network.ts'

/** How a peer of a test differs from the others. */
export interface TestPeerOptions {
  readonly port?: number
  readonly observersMax?: number
  readonly bootstrapAddresses?: readonly string[]
  readonly networkId?: string
  readonly limits?: Partial<NetworkLimits>
}

/** A network and what it has counted and logged. */
export interface TestPeer {
  readonly network: Network
  readonly counted: (metric: NetworkMetric, label?: string) => number
  readonly warnings: readonly string[]
}

/** Everybody is on one host here. */
const LOCAL_LIMITS: Partial<NetworkLimits> = {
  connectionsPerHostPerSecond: 200,
  observersPerHostMax: 100,
  handshakeBurstPerHost: 200,
  pendingPerHostMax: 100
}

/** The seed that goes with a name. */
export function seedOf(name: string): Uint8Array {
  return createHash('sha256').update(name).digest()
}

/** A peer in this process, not yet started. */
export function createTestPeer(name: string, options: TestPeerOptions = {}): TestPeer {
  const counts = new Map<string, number>()
  const warnings: string[] = []
  const network = createNetwork(
    {
      networkId: options.networkId ?? 'test',
      identitySeed: seedOf(name),
      listenAddresses: [`/ip4/127.0.0.1/tcp/${options.port ?? 0}`],
      announceAddresses: [],
      bootstrapAddresses: options.bootstrapAddresses ?? [],
      observersMax: options.observersMax ?? 10,
      limits: { ...LOCAL_LIMITS, ...options.limits }
    },
    {
      log: {
        debug: () => undefined,
        info: () => undefined,
        warn: (message) => warnings.push(message)
      },
      now: () => performance.now(),
      count: (metric, label, amount) => {
        for (const name_ of [metric, `${metric} ${label}`]) {
          counts.set(name_, (counts.get(name_) ?? 0) + amount)
        }
      },
      random: Math.random
    }
  )
  const counted = (metric: NetworkMetric, label?: string): number => {
    return counts.get(label === undefined ? metric : `${metric} ${label}`) ?? 0
  }
  return { network, counted, warnings }
}

/** Started peers, made members of one another. */
export async function startMembers(
  names: readonly string[],
  options: TestPeerOptions = {}
): Promise<readonly TestPeer[]> {
  const peers = names.map((name) => createTestPeer(name, options))
  await Promise.all(peers.map(({ network }) => network.start()))
  const members = peers.map(({ network }) => addressOf(network))
  for (const { network } of peers) network.setMembers(members)
  return peers
}

/** Stops what a test has started. */
export async function stopAll(peers: Iterable<TestPeer>): Promise<void> {
  await Promise.all([...peers].map(({ network }) => network.stop()))
}

/** A peer as the electorate lists it. */
export function addressOf(network: Network): MemberAddress {
  return { key: network.self, addresses: network.listening() }
}

/** The state of one peer as another sees it. */
export function stateOf(network: Network, peer: string): string {
  return network.peers().find(({ key }) => key === peer)?.state ?? 'unknown'
}

/** Resolves when a condition holds; a test that waits in vain fails by name. */
export async function until(what: string, holds: () => boolean, waitMaxMs = 10_000): Promise<void> {
  const deadlineMs = performance.now() + waitMaxMs
  while (!holds()) {
    if (performance.now() > deadlineMs) throw new Error(`waited in vain until ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** A peer in a process of its own. */
export interface RemotePeer {
  readonly process: ChildProcess
  readonly address: MemberAddress
}

/** Starts a peer process, a member together with the given others; it echoes votes. */
export async function forkMember(
  name: string,
  port: number,
  others: readonly MemberAddress[]
): Promise<RemotePeer> {
  const child = fork(fileURLToPath(import.meta.url), [name, String(port), JSON.stringify(others)])
  const [address] = (await once(child, 'message')) as [MemberAddress]
  return { process: child, address }
}

async function runAsMember(name: string, port: number, others: MemberAddress[]): Promise<void> {
  const { network } = createTestPeer(name, { port })
  await network.start()
  network.onMemberMessage((protocol, from, message) => {
    network.sendToMember(protocol, from, message)
  })
  network.setMembers([...others, addressOf(network)])
  process.send?.(addressOf(network))
  process.once('disconnect', () => process.exit(0))
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [name = '', port = '0', others = '[]'] = process.argv.slice(2)
  await runAsMember(name, Number(port), JSON.parse(others) as MemberAddress[])
}
