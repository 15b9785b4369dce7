/**
 * All devices whose keys a node holds: opened at its start, handed over to its ledger as they speak.
 *
 * @module
 */

import { openDevice, systemRandomBytes } from '../../../client/index.ts'
import type { Config } from '../../../config/index.ts'
import { equalBytes } from '../../../protocol/index.ts'
import { NodeError } from '../../errors.ts'
import type { Custody, CustodyCounts, HeldSaid } from '../../gateways/custody.ts'
import type { LedgerService } from '../../ledger-service.ts'
import { bytesOf } from '../device-folder.ts'
import { HeldDevice } from './held-device.ts'
import { HELD_MAX, isPasswordOf, listHeld, openHeldFolder, openHeldSeal } from './held-folder.ts'

/** What the devices are opened for. */
export interface HeldDevicesOptions {
  readonly config: Config
  readonly networkTag: Uint8Array
  readonly warn: (sentence: string, error: unknown) => void
}

/** How often the outboxes are gone through where nothing asks for it. */
const FLUSH_EVERY_MS = 2_000

/**
 * Opens all devices that a node holds; null where there are none.
 *
 * @throws NodeError CONFIGURATION_WRONG where a mapped topic is of a device that is not held
 */
export async function openHeldDevices(options: HeldDevicesOptions): Promise<Custody | null> {
  const { config, warn } = options
  const names = await listHeld(config.dataDirectory)
  const missing = config.mqtt.topics.find(({ device }) => !names.includes(device))
  if (missing !== undefined)
    throw new NodeError(
      'CONFIGURATION_WRONG',
      `mqtt.topics: no device "${missing.device}" is held here; make it with thingmoot gateway new ${missing.device}, without its topics`
    )
  if (names.length === 0) return null
  const devices = new Map<string, HeldDevice>()
  const seal = await openHeldSeal(config)
  for (const name of names.slice(0, HELD_MAX)) {
    try {
      const device = await openOne(options, name, seal)
      if (device !== undefined) devices.set(name, device)
    } catch (error) {
      // One that is damaged must not keep the node, and all others, from working.
      warn(`the device ${name} is held here and cannot be opened: it does not speak`, error)
    }
  }
  return new HeldDevices(devices, warn)
}

async function openOne(
  { config, networkTag, warn }: HeldDevicesOptions,
  name: string,
  seal: Awaited<ReturnType<typeof openHeldSeal>>
): Promise<HeldDevice | undefined> {
  const folder = await openHeldFolder(config.dataDirectory, name, seal)
  try {
    const born = await folder.readBorn()
    if (born === undefined || (await folder.storage.read()) === undefined) {
      await folder.release()
      return undefined
    }
    if (!equalBytes(bytesOf(born.networkTag), networkTag))
      throw new NodeError('GENESIS_WRONG', `${folder.path}: the device is of another network`)
    const device = await openDevice({ storage: folder.storage, randomBytes: systemRandomBytes })
    if (device.state.headMessageId === null)
      warn(`the device ${name} is not claimed yet: thingmoot gateway new ${name} goes on`, null)
    const passwordHash = await folder.readPasswordHash()
    return new HeldDevice({ folder, device, deviceId: bytesOf(born.deviceId), passwordHash })
  } catch (error) {
    await folder.release()
    throw error
  }
}

class HeldDevices implements Custody {
  readonly #devices: ReadonlyMap<string, HeldDevice>
  readonly #warn: (sentence: string, error: unknown) => void
  #ledger: LedgerService | undefined
  #running: Promise<void> | undefined
  #isAsked = false
  #isStopped = false
  #timer: NodeJS.Timeout | undefined
  #unfollow: () => void = () => undefined

  constructor(
    devices: ReadonlyMap<string, HeldDevice>,
    warn: (sentence: string, error: unknown) => void
  ) {
    this.#devices = devices
    this.#warn = warn
  }

  deviceIdOf(name: string): string | undefined {
    return this.#devices.get(name)?.hexId
  }

  isPassword(name: string, password: Uint8Array): boolean {
    const hash = this.#devices.get(name)?.passwordHash
    return hash !== undefined && isPasswordOf(hash, password)
  }

  async say(name: string, records: Parameters<HeldDevice['say']>[0]): Promise<HeldSaid> {
    const device = this.#devices.get(name)
    if (device === undefined) return { kind: 'busy', code: 'DEVICE_NOT_FOUND' }
    const said = await device.say(records)
    if (said.kind === 'stored') this.#run()
    return said
  }

  counts(): CustodyCounts {
    const devices = [...this.#devices.values()]
    return {
      devices: devices.length,
      pending: devices.reduce((sum, { pending }) => sum + pending, 0),
      stopped: devices.filter(({ stoppedBy }) => stoppedBy !== null).length
    }
  }

  start(ledger: LedgerService): void {
    this.#ledger = ledger
    this.#unfollow = ledger.onFinalBlock(() => {
      if (this.counts().pending > 0) this.#run()
    })
    this.#timer = setInterval(() => this.#run(), FLUSH_EVERY_MS).unref()
    this.#run()
  }

  async stop(): Promise<void> {
    if (this.#isStopped) return
    this.#isStopped = true
    clearInterval(this.#timer)
    this.#unfollow()
    this.#ledger = undefined
    await this.#running
    for (const device of this.#devices.values()) await device.release()
  }

  /** One run at a time; what is asked for meanwhile is done in the next. */
  #run(): void {
    this.#isAsked = true
    this.#running ??= this.#runAll().finally(() => {
      this.#running = undefined
    })
  }

  async #runAll(): Promise<void> {
    while (this.#isAsked && this.#ledger !== undefined) {
      this.#isAsked = false
      for (const [name, device] of this.#devices) await this.#runOne(name, device)
    }
  }

  async #runOne(name: string, device: HeldDevice): Promise<void> {
    const ledger = this.#ledger
    if (ledger === undefined) return
    try {
      const before = device.stoppedBy
      const code = await device.check(ledger)
      if (code !== null && code !== before)
        this.#warn(`the device ${name} is held here and does not speak: ${code}`, null)
      if (device.pending > 0) await device.flush(ledger, performance.now())
    } catch (error) {
      // Tried again in the next run: what is signed lies in its outbox.
      this.#warn(`what the device ${name} said could not be handed over`, error)
    }
  }
}
