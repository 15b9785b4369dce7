/**
 * The fleet: the simulated devices of a testnet, each beside one of its members.
 *
 * Half of them speak MQTT and half HTTP. A device's nearest node is the one in its own region; the
 * others follow by the very table that delays the links.
 *
 * @module
 */

import { setTimeout as sleep } from 'node:timers/promises'
import { ClientError, createHttpClient, openDevice, systemRandomBytes } from '../../client/index.ts'
import { bytesOf, withDeviceFolder } from '../../node/cli/device-folder.ts'
import { openMaker } from '../../node/cli/maker.ts'
import { type NetworkTrust, trustNetwork } from '../../node/cli/network-trust.ts'
import { createValueReader } from '../../node/cli/node-request.ts'
import { NodeError } from '../../node/errors.ts'
import { invariant, toHex } from '../../protocol/index.ts'
import type { RegisteredNode } from '../cluster/registry.ts'
import type { PreparedTestnet } from '../founding/prepare.ts'
import { deviceFolder, makerFolder } from '../home.ts'
import type { FleetNode } from './device-link.ts'
import { FleetRecord } from './fleet-record.ts'
import { registerFleet } from './fleet-registration.ts'
import { openHttpLink } from './http-link.ts'
import { openMqttLink } from './mqtt-link.ts'
import { SimulatedDevice } from './simulated-device.ts'

/** How many devices there are and how they speak. */
export interface FleetOptions {
  readonly testnet: PreparedTestnet
  readonly devices: number
  /** Messages a second of each device. */
  readonly rate: number
}

/** What a fleet needs from outside. */
export interface FleetPorts {
  readonly nowMs: () => number
  readonly random: () => number
  readonly note: (text: string) => void
  /** A device failed by our own fault. */
  readonly onBug: (error: unknown) => void
}

/** The name of the device that is left to the person at the terminal. */
export const OWN_DEVICE = 'kitchen'

const DRAIN_POLL_MS = 100
const REGISTRATION_WAIT_MS = 30_000

/** Runs the devices. */
export class Fleet {
  readonly record: FleetRecord = new FleetRecord()
  readonly #options: FleetOptions
  readonly #ports: FleetPorts
  readonly #network: NetworkTrust
  readonly #running: SimulatedDevice[] = []
  readonly #lives: Promise<void>[] = []
  #end: () => void = () => undefined
  readonly #ended: Promise<void>

  constructor(options: FleetOptions, ports: FleetPorts) {
    this.#options = options
    this.#ports = ports
    this.#network = trustNetwork(options.testnet.genesis)
    this.#ended = new Promise((resolve) => {
      this.#end = resolve
    })
  }

  /**
   * Brings all devices onto the ledger, the person's own among them.
   *
   * @returns how many were registered now
   * @throws NodeError or ClientError
   */
  async register(): Promise<number> {
    const { testnet } = this.#options
    const members = memberNodes(testnet)
    const [first] = members
    invariant(first !== undefined, 'a testnet has members')
    const maker = await openMaker(makerFolder(testnet.home))
    const folders = [OWN_DEVICE, ...this.#names()].map((name) => deviceFolder(testnet.home, name))
    return await registerFleet(folders, maker, {
      network: this.#network,
      transport: createHttpClient({
        baseUrls: members.map(({ httpUrl }) => httpUrl),
        waitMs: REGISTRATION_WAIT_MS
      }),
      readValue: createValueReader(first.httpUrl),
      now: Date.now,
      onStep: () => undefined
    })
  }

  /** Lets the devices speak. */
  start(): void {
    for (const [index, name] of this.#names().entries())
      this.#lives.push(this.#live(index, name).catch((error: unknown) => this.#tell(name, error)))
  }

  /** Messages that no device has seen final yet. */
  get pendingCount(): number {
    return this.#running.reduce((sum, device) => sum + device.pendingCount, 0)
  }

  /** No new messages; waits until those pending are final, or the time is up. */
  async drain(timeoutMs: number): Promise<void> {
    for (const device of this.#running) device.stop()
    const endMs = this.#ports.nowMs() + timeoutMs
    while (this.pendingCount > 0 && this.#ports.nowMs() < endMs) await sleep(DRAIN_POLL_MS)
  }

  /** Ends all devices; what is pending stays in their outboxes. */
  async close(): Promise<void> {
    this.#end()
    await Promise.all(this.#lives)
  }

  #tell(name: string, error: unknown): void {
    if (error instanceof ClientError || error instanceof NodeError)
      this.#ports.note(`device ${name} is out: ${error.message}`)
    else this.#ports.onBug(error)
  }

  #names(): readonly string[] {
    const { devices } = this.#options
    return Array.from({ length: devices }, (_, index) => String(index + 1).padStart(3, '0'))
  }

  /** One device from its folder's lock to its release. */
  async #live(index: number, name: string): Promise<void> {
    const { testnet, rate } = this.#options
    const { nowMs, random, note } = this.#ports
    const nodes = nearestFirst(testnet, index)
    await withDeviceFolder(deviceFolder(testnet.home, name), async (folder) => {
      const born = await folder.readBorn()
      invariant(born !== undefined, 'a device is registered before it speaks')
      const device = await openDevice({ storage: folder.storage, randomBytes: systemRandomBytes })
      const base = `tm/${born.networkId}/d/${toHex(bytesOf(born.deviceId))}`
      const topics = { up: `${base}/up`, down: `${base}/down` }
      const simulated = new SimulatedDevice(
        { name: `device ${name}`, device, rate },
        {
          openLink: (ports) =>
            index % 2 === 0 ? openMqttLink(nodes, topics, ports) : openHttpLink(nodes, ports),
          ledger: {
            network: this.#network,
            transport: createHttpClient({ baseUrls: nodes.map(({ httpUrl }) => httpUrl) })
          },
          record: this.record,
          nowMs,
          random,
          note
        }
      )
      this.#running.push(simulated)
      const speaking = simulated.run()
      try {
        await Promise.race([this.#ended, speaking.then(() => this.#ended)])
      } finally {
        await simulated.close()
        await speaking
      }
    })
  }
}

function memberNodes({ registry }: PreparedTestnet): readonly FleetNode[] {
  return registry.nodes.filter(({ role }) => role === 'member').map(fleetNodeOf)
}

/** The members as device number `index` has them: its own region first. */
function nearestFirst({ registry, regions }: PreparedTestnet, index: number): readonly FleetNode[] {
  const members = registry.nodes.filter(({ role }) => role === 'member')
  // Pairs of devices share a node, so that each node has both kinds.
  const home = Math.floor(index / 2) % members.length
  const distance = ({ index: other }: RegisteredNode): number =>
    other === home ? -1 : regions.oneWayMs(home, other)
  return [...members].sort((left, right) => distance(left) - distance(right)).map(fleetNodeOf)
}

function fleetNodeOf({ ports }: RegisteredNode): FleetNode {
  return {
    httpUrl: `http://127.0.0.1:${ports.http}`,
    mqttUrl: `mqtt://127.0.0.1:${ports.mqtt}`
  }
}
