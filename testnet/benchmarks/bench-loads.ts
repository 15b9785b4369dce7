/**
 * What a bench net is given to do: load generators beside it, and devices that keep to their share.
 *
 * Each has makers of its own among those of the net, so none uses up another's grant.
 *
 * @module
 */

import { trustNetwork } from '../../node/cli/network-trust.ts'
import { genesisPath } from '../home.ts'
import { type BenchNet, nodeUrls, type PhasePorts } from './bench-net.ts'
import type { Sender } from './fair-senders.ts'
import { createFleet, makerOf } from './fleet.ts'
import { type LoadOptions, type ReadyLoad, startLoad } from './load-process.ts'
import { signChain } from './messages.ts'
import { registerFleet } from './submit.ts'

/** Which makers of a net: from the first, up to and not including the second. */
export type MakerSpan = readonly [first: number, end: number]

/** A load for a net; it goes to all nodes and is of all makers unless said. */
export interface NetLoad extends Omit<LoadOptions, 'urls' | 'genesis' | 'makerSeeds'> {
  readonly makers?: MakerSpan
  readonly urls?: readonly string[]
}

/** Devices that say one thing after the other. */
export interface NetSenders {
  readonly makers: MakerSpan
  readonly devices: number
  /** What each has to say in all. */
  readonly messages: number
  /** Of which kind that is; readings unless said. */
  readonly contentKind?: number
  /** What their class is granted. */
  readonly classRate?: number
  /** The nodes that they use in turn; all unless said. */
  readonly urls?: readonly string[]
}

/** Loopback addresses that differ in their last part alone. */
const ADDRESSES = 250
/** The content kind of an alarm. */
export const ALARM_KIND = 1

/** Starts a load generator; its devices are registered and its messages signed when this resolves. */
export async function readyLoad(
  net: BenchNet,
  load: NetLoad,
  { onOpened }: Pick<PhasePorts, 'onOpened'>
): Promise<ReadyLoad> {
  const { makers = [0, net.makerSeeds.length], urls = nodeUrls(net), ...rest } = load
  const ready = await startLoad({
    ...rest,
    urls,
    genesis: genesisPath(net.home),
    makerSeeds: net.makerSeeds.slice(...makers)
  })
  onOpened(async () => ready.kill())
  return ready
}

/** Brings devices onto the ledger and signs what they shall say. */
export async function bringSenders(net: BenchNet, wish: NetSenders): Promise<readonly Sender[]> {
  const network = trustNetwork(net.testnet.genesis)
  const { makers, devices, messages, contentKind = 0, urls = nodeUrls(net) } = wish
  const fleet = createFleet(network, {
    makers: net.makerSeeds.slice(...makers).map(makerOf),
    devices,
    timeMs: Date.now(),
    vendorSequence: 1,
    ...(wish.classRate === undefined ? {} : { rateUnitsPerHour: wish.classRate })
  })
  await registerFleet(urls[0] ?? '', fleet)
  return fleet.devices.map((device, index) => ({
    deviceId: device.deviceId,
    nodeUrl: urls[index % urls.length] as string,
    address: `127.${1 + contentKind}.${Math.floor(index / ADDRESSES)}.${1 + (index % ADDRESSES)}`,
    chain: signChain(network, device, messages, { contentKind }),
    next: 0
  }))
}
