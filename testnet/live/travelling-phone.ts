/**
 * A phone that travels: it says numbered readings and reads its own record back, all through whichever
 * node is nearest, and believes nothing that is not proved.
 *
 * @module
 */

import { setTimeout as sleep } from 'node:timers/promises'
import {
  ClientError,
  checkRead,
  checkReceipt,
  createDevice,
  createRoamingClient,
  type Device,
  type Roaming,
  senmlContent,
  systemRandomBytes
} from '../../client/index.ts'
import { devices, invariant } from '../../protocol/index.ts'
import type { FleetDevice } from '../benchmarks/fleet.ts'
import { memoryRecord } from './light-load.ts'
import type { LiveNet } from './live-net.ts'

/** A proved read of the phone's own record. */
export interface PhoneRead {
  /** The node that was nearest when it was asked. */
  readonly url: string
  readonly tookMs: number
  readonly height: number
  /** How many messages of the phone had counted. */
  readonly sequence: number
}

/** A phone at work. */
export interface TravellingPhone {
  readonly roaming: Roaming
  readonly reads: readonly PhoneRead[]
  /** Readings that were said, and those whose receipts proved them applied. */
  readonly said: () => number
  readonly settled: () => number
  /** Questions that no node answered, or that moved or broke away under way. */
  readonly troubles: readonly string[]
  /** Says nothing new; resolves once all that was said is settled, by proof. */
  readonly finish: () => Promise<void>
}

const READING_KIND = 0
const WRITE_PAUSE_MS = 150
const READ_PAUSE_MS = 100
const ON_THEIR_WAY_MAX = 16
const TROUBLES_MAX = 1_000

/** Starts a phone that knows these nodes. */
export async function startPhone(
  network: LiveNet['network'],
  { deviceId, signingKey, claimId }: FleetDevice,
  urls: readonly string[]
): Promise<TravellingPhone> {
  const { networkTag, genesisId } = network
  const device = await createDevice(
    { networkTag, genesisId, deviceId, signingKey, ratchetEvery: 1 },
    { storage: memoryRecord(), randomBytes: systemRandomBytes }
  )
  const begun = await device.beginIncarnation(0, claimId)
  invariant(begun.ok, 'a claimed device begins to speak')
  const roaming = createRoamingClient({ seeds: urls }, { nowMs: () => performance.now() })
  await roaming.refresh()
  const phone = new Phone(device, roaming, network)
  const writing = phone.write()
  const reading = phone.read()
  return {
    roaming,
    reads: phone.reads,
    said: () => phone.said,
    settled: () => phone.settled,
    troubles: phone.troubles,
    finish: async () => {
      phone.isFinishing = true
      await Promise.all([writing, reading])
    }
  }
}

class Phone {
  readonly reads: PhoneRead[] = []
  readonly troubles: string[] = []
  said = 0
  settled = 0
  isFinishing = false
  readonly #device: Device
  readonly #roaming: Roaming
  readonly #network: LiveNet['network']

  constructor(device: Device, roaming: Roaming, network: LiveNet['network']) {
    this.#device = device
    this.#roaming = roaming
    this.#network = network
  }

  /** Says, sends all that is not settled again in its order, and settles what is proved. */
  async write(): Promise<void> {
    while (!this.isFinishing || this.#device.pending(1).length > 0) {
      if (!this.isFinishing && this.#device.pending().length < ON_THEIR_WAY_MAX) await this.#say()
      await this.#tolerate(async () => {
        for (const { wire } of this.#device.pending()) {
          const report = await this.#roaming.transport.submit(wire)
          if (report.kind === 'refused') this.#note(report.code)
        }
        while (await this.#settleNext());
      })
      await sleep(WRITE_PAUSE_MS)
    }
  }

  async read(): Promise<void> {
    const { deviceId } = this.#device.state
    const place = { table: devices.number, key: deviceId }
    while (!this.isFinishing) {
      await this.#tolerate(async () => {
        const url = this.#roaming.nodes.present ?? ''
        const startMs = performance.now()
        const encoded = await this.#roaming.transport.readProof(place.table, place.key)
        const tookMs = performance.now() - startMs
        const checked = checkRead(this.#network.ledger, place, encoded)
        invariant(checked.ok, `what a node proves is genuine: ${checked.ok || checked.fault}`)
        invariant(checked.value.value !== null, 'a device that was claimed is on the ledger')
        const { sequence } = devices.decode(checked.value.value)
        this.reads.push({ url, tookMs, height: checked.value.header.height, sequence })
      })
      await sleep(READ_PAUSE_MS)
    }
  }

  async #say(): Promise<void> {
    const content = senmlContent([{ n: 'step', u: 'count', v: this.said }])
    const message = await this.#device.say(READING_KIND, content)
    invariant(message.ok, 'an outbox has room for what is on its way')
    this.said++
  }

  /** Settles the oldest message, if a receipt proves what became of it. */
  async #settleNext(): Promise<boolean> {
    const [oldest] = this.#device.pending(1)
    if (oldest === undefined) return false
    const encoded = await this.#roaming.transport.receipt(oldest.messageId)
    if (encoded === null) return false
    const checked = checkReceipt(this.#network.ledger, oldest.messageId, encoded)
    invariant(checked.ok, 'a receipt of a node is genuine')
    const { outcome, code } = checked.value.outcome
    await this.#device.settle(oldest.messageId, outcome, code)
    if (outcome === 'applied') this.settled++
    else this.#note(`${outcome} ${code}`)
    return true
  }

  /** A phone without a network goes on when it has one again. */
  async #tolerate(task: () => Promise<void>): Promise<void> {
    try {
      await task()
    } catch (error) {
      if (!(error instanceof ClientError)) throw error
      this.#note(error.code)
    }
  }

  #note(trouble: string): void {
    if (this.troubles.length < TROUBLES_MAX) this.troubles.push(trouble)
  }
}
