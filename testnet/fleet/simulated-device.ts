/**
 * A simulated device: speaks at its rate through the nearest node, and lets nothing get lost.
 *
 * It is the client's own device with an outbox on disk. What it simulates is a sensor; the rest is
 * what a real device does.
 *
 * @module
 */

import { setTimeout as sleep } from 'node:timers/promises'
import { ClientError, type Device, senmlContent } from '../../client/index.ts'
import { keepUp, type LedgerPorts } from '../../node/cli/device-ledger.ts'
import { NodeError } from '../../node/errors.ts'
import { toHex } from '../../protocol/index.ts'
import type { DeviceLink, DeviceLinkPorts, FinalNews } from './device-link.ts'
import type { FleetRecord } from './fleet-record.ts'

/** How a device behaves. */
export interface SimulatedDeviceOptions {
  readonly name: string
  readonly device: Device
  /** Messages a second. */
  readonly rate: number
}

/** What a device needs from outside. */
export interface SimulatedDevicePorts {
  readonly openLink: (ports: DeviceLinkPorts) => DeviceLink
  readonly ledger: LedgerPorts
  readonly record: FleetRecord
  readonly nowMs: () => number
  readonly random: () => number
  /** Something went wrong that a person may want to know. */
  readonly note: (text: string) => void
}

const READING = 0
/** As many as the ledger pools of one device that speaks ahead. */
const PENDING_MAX = 64
const RESEND_MS = 1_000
/** How long a message is left alone before it is sent again. */
const PATIENCE_MS = 4_000
/** Silence after which a device looks for another node. */
const SILENCE_MS = 8_000
/** How often it adopts a newer anchor. */
const KEEP_UP_MS = 300_000
const WARMTH_CELSIUS = 20
const STEP_CELSIUS = 0.2

/** Runs one device. */
export class SimulatedDevice {
  readonly #options: SimulatedDeviceOptions
  readonly #ports: SimulatedDevicePorts
  readonly #sentAtMs = new Map<string, number>()
  readonly #settling = new Set<Promise<unknown>>()
  readonly #link: DeviceLink
  readonly #resender: NodeJS.Timeout
  #heardAtMs: number
  #keptUpAtMs = 0
  #celsius: number
  #isStopped = false

  constructor(options: SimulatedDeviceOptions, ports: SimulatedDevicePorts) {
    this.#options = options
    this.#ports = ports
    this.#heardAtMs = ports.nowMs()
    this.#celsius = WARMTH_CELSIUS + ports.random()
    ports.record.resumed(options.device.pending(Number.POSITIVE_INFINITY).length)
    this.#link = ports.openLink({
      onFinal: (news) => this.#track(this.#settle(news)),
      onRefused: (messageId) => {
        ports.record.wasRefused()
        // Sent again with the next round.
        this.#sentAtMs.delete(toHex(messageId))
      },
      onConnected: () => {
        this.#sentAtMs.clear()
        this.#pump()
      }
    })
    this.#resender = setInterval(() => this.#lookAfter(), RESEND_MS)
  }

  /** Messages without a final outcome yet. */
  get pendingCount(): number {
    return this.#options.device.pending().length
  }

  /** Says nothing new from now on; what is pending is still sent until {@link close}. */
  stop(): void {
    this.#isStopped = true
  }

  /** Closes the link; what is pending stays in the outbox for the next run. */
  async close(): Promise<void> {
    this.#isStopped = true
    clearInterval(this.#resender)
    await this.#link.close()
    await Promise.all(this.#settling)
  }

  /** Speaks until it is stopped. */
  async run(): Promise<void> {
    const { rate } = this.#options
    const { nowMs, random } = this.#ports
    const periodMs = 1000 / rate
    await this.#keepUp()
    let dueMs = nowMs() + periodMs * random()
    while (!this.#isStopped) {
      await sleep(Math.max(0, dueMs - nowMs()))
      if (this.#isStopped) return
      await this.#say()
      // After a pause it goes on at its rate instead of making up for it.
      dueMs = Math.max(dueMs + periodMs, nowMs() - periodMs)
      if (nowMs() - this.#keptUpAtMs > KEEP_UP_MS) await this.#keepUp()
    }
  }

  async #say(): Promise<void> {
    const { device } = this.#options
    const { nowMs, random, record } = this.#ports
    if (this.pendingCount >= PENDING_MAX) return
    this.#celsius += (random() - 0.5) * STEP_CELSIUS
    const v = Math.round(this.#celsius * 100) / 100
    const said = await device.say(READING, senmlContent([{ n: 'temperature', u: 'Cel', v }]))
    if (!said.ok) {
      this.#ports.note(`${this.#options.name} cannot speak: ${said.fault}`)
      return
    }
    const { messageId } = said.value
    if (this.pendingCount === 1) this.#heardAtMs = nowMs()
    record.submitted(toHex(messageId), nowMs())
    this.#pump()
  }

  /** Sends the oldest messages that are not under way. */
  #pump(): void {
    const nowMs = this.#ports.nowMs()
    for (const { messageId, wire } of this.#options.device.pending(this.#link.windowMax)) {
      const name = toHex(messageId)
      const sentAtMs = this.#sentAtMs.get(name)
      if (sentAtMs !== undefined && nowMs - sentAtMs <= PATIENCE_MS) continue
      this.#sentAtMs.set(name, nowMs)
      this.#link.send(messageId, wire)
    }
  }

  #lookAfter(): void {
    const nowMs = this.#ports.nowMs()
    if (this.pendingCount === 0) this.#heardAtMs = nowMs
    if (nowMs - this.#heardAtMs > SILENCE_MS) {
      this.#heardAtMs = nowMs
      this.#link.moveOn()
    }
    this.#pump()
  }

  async #settle({ messageId, outcome, code, height }: FinalNews): Promise<void> {
    const { record, nowMs, note } = this.#ports
    const heardAtMs = nowMs()
    const settled = await this.#options.device.settle(messageId, outcome, code)
    if (!settled.ok) {
      // Told twice, or an outcome that does not count: then it is sent again.
      if (settled.fault === 'MESSAGE_NOT_COUNTED') {
        record.wasRefused()
        this.#sentAtMs.delete(toHex(messageId))
      }
      return
    }
    this.#heardAtMs = heardAtMs
    this.#sentAtMs.delete(toHex(messageId))
    record.becameFinal({ messageId: toHex(messageId), height }, heardAtMs)
    if (settled.value.kind !== 'confirmed')
      note(`${this.#options.name}: a message was void, ${code}`)
    if (settled.value.kind === 'said-again')
      record.submitted(toHex(settled.value.message.messageId), nowMs())
    this.#pump()
  }

  async #keepUp(): Promise<void> {
    this.#keptUpAtMs = this.#ports.nowMs()
    try {
      const { settled } = await keepUp(this.#options.device, this.#ports.ledger)
      this.#ports.record.provedFinal(settled)
    } catch (error) {
      if (!(error instanceof ClientError || error instanceof NodeError)) throw error
      // Its present anchor serves for days; it asks again in time.
      this.#ports.note(`${this.#options.name} could not keep up: ${error.message}`)
    }
  }

  #track(work: Promise<unknown>): void {
    const tracked = work
      .catch((error: unknown) => {
        if (!(error instanceof ClientError)) throw error
        this.#ports.note(`${this.#options.name}: ${error.message}`)
      })
      .finally(() => this.#settling.delete(tracked))
    this.#settling.add(tracked)
  }
}
