/**
 * The driver: one event at a time into the core, and its effects carried out in order.
 *
 * Nothing overtakes anything: an effect is finished before the next one starts,
 * and the next event waits for the last effect. Who feeds the driver from a
 * stream waits with it, so the queue is bounded by the streams.
 *
 * @module
 */

import { type CoreState, type Effect, type Event, type News, step } from '../../protocol/index.ts'

/** Events waiting beyond which whoever feeds from a stream is made to wait. */
const QUEUE_SOFT_MAX = 512

type EffectOf<Kind extends Effect['kind']> = Extract<Effect, { kind: Kind }>

/** One port per effect. Forget one and this room no longer compiles. */
export type EffectPorts = {
  readonly [Kind in Effect['kind']]: (effect: EffectOf<Kind>) => Promise<void> | void
}

/** What the driver needs beside the effects' ports. */
export interface DriverPorts {
  readonly effects: EffectPorts
  readonly nowMs: () => number
  readonly timeMs: () => number
  /** An effect failed: the core must not step again. */
  readonly onFailure: (error: unknown) => void
}

/** Drives the core. */
export class Driver {
  #core: CoreState
  #effects: EffectPorts
  readonly #ports: DriverPorts
  readonly #queue: News[] = []
  #isRunning = false
  readonly #idle: (() => void)[] = []
  #isStopped = false
  #drained: (() => void)[] = []

  constructor(core: CoreState, ports: DriverPorts) {
    this.#core = core
    this.#effects = ports.effects
    this.#ports = ports
  }

  /**
   * Goes on with the core of the next epoch: whatever was still to be done or told in the old one is
   * dropped, so that nothing is signed there any more. Final blocks of the new one may have come before.
   */
  turn(core: CoreState, effects: EffectPorts): void {
    this.#core = core
    this.#effects = effects
    const { epoch } = core.electorate
    const kept = this.#queue.filter(
      (news) =>
        (news.kind === 'block-received' && news.block.header.epoch === epoch) ||
        (news.kind === 'certificate-received' && news.certificate.vote.epoch === epoch)
    )
    this.#queue.splice(0, this.#queue.length, ...kept)
  }

  /** What the core knows; to be read only. */
  get core(): Readonly<CoreState> {
    return this.#core
  }

  /** Events that wait. */
  get queueLength(): number {
    return this.#queue.length
  }

  /** Hands in news. The answer resolves at once, or when the queue is short again. */
  post(news: News): Promise<void> | undefined {
    if (this.#isStopped) return undefined
    this.#queue.push(news)
    if (!this.#isRunning) void this.#run()
    if (this.#queue.length <= QUEUE_SOFT_MAX) return undefined
    return new Promise((resolve) => this.#drained.push(resolve))
  }

  /** Ends the driver; the effect under way is finished. */
  async stop(): Promise<void> {
    this.#isStopped = true
    this.#queue.length = 0
    if (this.#isRunning) await new Promise<void>((resolve) => this.#idle.push(resolve))
  }

  async #run(): Promise<void> {
    this.#isRunning = true
    try {
      for (let news = this.#queue.shift(); news !== undefined; news = this.#queue.shift()) {
        const event: Event = { ...news, nowMs: this.#ports.nowMs(), timeMs: this.#ports.timeMs() }
        await this.#think(event)
        if (this.#isStopped) return
        if (this.#queue.length <= QUEUE_SOFT_MAX) this.#release()
      }
    } catch (error) {
      this.#isStopped = true
      this.#ports.onFailure(error)
    } finally {
      this.#isRunning = false
      this.#release()
      for (const resolve of this.#idle.splice(0)) resolve()
    }
  }

  /** One event, and its effects as long as it is this core's turn. */
  async #think(event: Event): Promise<void> {
    const core = this.#core
    for (const effect of step(core, event)) {
      if (this.#isStopped || this.#core !== core) return
      const done = (this.#effects[effect.kind] as (e: Effect) => Promise<void> | void)(effect)
      if (done !== undefined) await done
    }
  }

  #release(): void {
    const waiting = this.#drained
    this.#drained = []
    for (const resolve of waiting) resolve()
  }
}
