/**
 * The load of chaos: devices that say one thing after the other, each until it is final.
 *
 * As a real device each sends what it does not know to be final again, the same bytes, to the next
 * node when its own does not answer; and it comes back to its own later.
 *
 * @module
 */

import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { senmlContent } from '../../client/index.ts'
import { quantile } from '../fleet/fleet-record.ts'
import type { LiveDevice, Spoken } from '../live/spoken.ts'
import type { FinalPlace } from './checker.ts'
import { type Said, submitTo } from './questions.ts'

/** A load that shall run. */
export interface LoadOptions {
  readonly devices: readonly LiveDevice[]
  readonly urls: readonly string[]
  /** Pause of a device between two messages. */
  readonly pauseMs: number
  /** Bytes of no meaning that go with each reading; at most 7,900. */
  readonly ballastBytes: number
}

/** What the load tells. */
export interface LoadPorts {
  readonly onFinal: (id: string, place: FinalPlace) => void
  readonly onFault: (fault: string) => void
}

/** One message that became final. */
export interface Finality {
  /** The node to which the device belongs. */
  readonly home: number
  readonly atMs: number
  readonly tookMs: number
}

const WAIT_MS = 3_000
const RETRY_MS = 200
/** How long a device stays away from a node that did not serve it. */
const AVOID_MS = 5_000
const FINALITIES_MAX = 100_000
const RECENT_MAX = 200

/** The lanes of a load. */
export class ChaosLoad {
  readonly #options: LoadOptions
  readonly #ports: LoadPorts
  readonly #finalities: Finality[] = []
  readonly #wires = new Map<string, Uint8Array>()
  #pauseMs: number
  #isStopped = false
  #isHeld = false
  #lanes: Promise<unknown> = Promise.resolve()

  constructor(options: LoadOptions, ports: LoadPorts) {
    this.#options = options
    this.#ports = ports
    this.#pauseMs = options.pauseMs
  }

  /** How many messages became final. */
  get finalCount(): number {
    return this.#finalities.length
  }

  /** The last final messages that were said, oldest first: id and bytes. */
  get recent(): readonly (readonly [id: string, wire: Uint8Array])[] {
    return [...this.#wires]
  }

  /** Begins. */
  start(): void {
    this.#lanes = Promise.all(
      this.#options.devices.map((device, lane) =>
        this.#run(device, lane % this.#options.urls.length)
      )
    )
  }

  /** Says nothing new until it is let go on. */
  hold(isHeld: boolean): void {
    this.#isHeld = isHeld
  }

  /** Says more, or less, from now on. */
  setPause(pauseMs: number): void {
    this.#pauseMs = pauseMs
  }

  /** Ends; what is under way is given up. */
  async stop(): Promise<void> {
    this.#isStopped = true
    await this.#lanes
  }

  /** How long messages took that began within a span of time, by devices of some nodes. */
  quantileMs(
    share: number,
    span: { readonly fromMs: number; readonly homes: readonly number[] }
  ): number {
    const { fromMs, homes } = span
    const took = this.#finalities
      .filter(({ home, atMs, tookMs }) => homes.includes(home) && atMs - tookMs >= fromMs)
      .map(({ tookMs }) => tookMs)
    return (
      quantile(
        took.sort((a, b) => a - b),
        share
      ) ?? Number.NaN
    )
  }

  async #run(device: LiveDevice, home: number): Promise<void> {
    let avoidUntilMs = 0
    while (!this.#isStopped) {
      if (this.#isHeld) {
        await sleep(RETRY_MS)
        continue
      }
      const spoken = device.say({ content: this.#content(device.sequence) })
      const startMs = performance.now()
      const node = startMs < avoidUntilMs ? home + 1 : home
      const isByHome = await this.#carry(spoken, node)
      if (!isByHome && node === home) avoidUntilMs = performance.now() + AVOID_MS
      const atMs = performance.now()
      if (!this.#isStopped && this.#finalities.length < FINALITIES_MAX)
        this.#finalities.push({ home, atMs, tookMs: atMs - startMs })
      await sleep(this.#pauseMs)
    }
  }

  /** Sends a message until it is final; false when the first node did not make it so. */
  async #carry({ name, wire }: Spoken, firstNode: number): Promise<boolean> {
    const { urls } = this.#options
    for (let node = firstNode; !this.#isStopped; node++) {
      const said = await submitTo(urls[node % urls.length] as string, wire, WAIT_MS)
      if (this.#hear(name, said)) {
        this.#remember(name, wire)
        return node === firstNode
      }
      await sleep(RETRY_MS)
    }
    return false
  }

  #hear(id: string, said: Said): boolean {
    if (said.kind !== 'stands' || said.transaction.stage !== 'final') return false
    const { height, outcome } = said.transaction
    this.#ports.onFinal(id, { height, outcome })
    if (outcome !== 'applied') this.#ports.onFault(`${id.slice(0, 8)} became ${outcome}`)
    return true
  }

  #remember(id: string, wire: Uint8Array): void {
    this.#wires.set(id, wire)
    const [oldest] = this.#wires.keys()
    if (this.#wires.size > RECENT_MAX && oldest !== undefined) this.#wires.delete(oldest)
  }

  #content(sequence: number): Uint8Array {
    const { ballastBytes } = this.#options
    const reading = { n: 't', u: 'Cel', v: 20 + (sequence % 10) }
    if (ballastBytes === 0) return senmlContent([reading])
    return senmlContent([reading, { n: 'b', vd: randomBytes(ballastBytes) }])
  }
}
