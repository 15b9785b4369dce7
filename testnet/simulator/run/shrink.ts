/**
 * Shrinking: a smaller plan that breaks the same invariant.
 *
 * The seed stays, and each stream of dice with it; so what is taken out leaves the rest as it was.
 *
 * @module
 */

import type { Failure } from '../run-plan.ts'
import type { Fault, Plan } from '../world/plan.ts'
import { ddmin } from './ddmin.ts'

/** What shrinking needs of others. */
export interface ShrinkPorts {
  /** What a plan leads to. */
  readonly run: (plan: Plan) => Promise<Failure | null>
  /** Whether there is time for another run. */
  readonly hasTime: () => boolean
  readonly onStep?: (plan: Plan, runs: number) => void
}

/** A smaller plan. */
export interface Shrunk {
  readonly plan: Plan
  readonly failure: Failure
  readonly runs: number
}

/** Rounds after which whatever still shrinks does so too slowly. */
const ROUNDS_MAX = 4
const AFTER_FAILURE_MS = 1_000
const OUTAGE_LEAST_MS = 250
/** Fifteen messages a minute are enough for ten new heights. */
const PAUSE_PER_DEVICE_MS = 4_000
const RATES: readonly string[] = [
  'lossPermille',
  'duplicatePermille',
  'reorderPermille',
  'corruptPermille',
  'bytesPerSecond'
]

/** Makes a failing plan smaller. */
export async function shrinkPlan(
  plan: Plan,
  failure: Failure,
  ports: ShrinkPorts
): Promise<Shrunk> {
  const shrinking = new Shrinking(plan, failure, ports)
  for (let round = 0; round < ROUNDS_MAX && ports.hasTime(); round++) {
    const before = JSON.stringify(shrinking.best)
    await shrinking.round()
    if (JSON.stringify(shrinking.best) === before) break
  }
  return { plan: shrinking.best, failure: shrinking.failure, runs: shrinking.runs }
}

class Shrinking {
  best: Plan
  failure: Failure
  runs = 0
  readonly #ports: ShrinkPorts

  constructor(plan: Plan, failure: Failure, ports: ShrinkPorts) {
    this.best = plan
    this.failure = failure
    this.#ports = ports
  }

  async round(): Promise<void> {
    await ddmin(this.best.faults, (faults) => this.#try({ ...this.best, faults }))
    for (let devices = this.#devicesLeast(); devices < this.best.devices; devices++)
      if (await this.#try({ ...this.best, devices })) break
    await this.#tellLess()
    await this.#shorten()
    for (const sinner of this.best.vices)
      await this.#try({ ...this.best, vices: this.best.vices.filter((one) => one !== sinner) })
    for (let place = 0; place < this.best.faults.length; place++) await this.#ease(place)
    await this.#straightenClocks()
    if (this.best.snapshots !== null) await this.#try({ ...this.best, snapshots: null })
  }

  /** Where too little is said, too little is final: what is promised of progress supposes traffic. */
  #devicesLeast(): number {
    const isAboutProgress = this.failure.invariant.startsWith('L')
    return isAboutProgress ? Math.max(1, Math.ceil(this.best.pauseMs / PAUSE_PER_DEVICE_MS)) : 1
  }

  /** Fewer devices with a story of their own, or none. */
  async #tellLess(): Promise<void> {
    const { things } = this.best
    if (things === null || (await this.#try({ ...this.best, things: null }))) return
    await ddmin(things.stories, (stories) =>
      this.#try({ ...this.best, things: { ...things, stories } })
    )
  }

  /** An earlier end; and an earlier mending, with as much time after it as there was. */
  async #shorten(): Promise<void> {
    const { best } = this
    const overMs = Math.ceil(this.failure.atMs) + AFTER_FAILURE_MS
    if (overMs < best.endMs) await this.#try({ ...best, endMs: overMs })
    const lastMs = Math.max(0, ...this.best.faults.map(endOf))
    const sparedMs = this.best.healMs - lastMs - AFTER_FAILURE_MS
    if (sparedMs > 0)
      await this.#try({
        ...this.best,
        healMs: this.best.healMs - sparedMs,
        endMs: this.best.endMs - sparedMs
      })
  }

  /** One fault, made smaller in each of its ways. */
  async #ease(place: number): Promise<void> {
    for (const length of ['forMs', 'downMs'] as const) while (await this.#halve(place, length));
    for (const rate of RATES)
      if (this.#fact(place, rate) > 0) await this.#try(this.#replaced(place, { [rate]: 0 }))
    const fault = this.best.faults[place] as Fault
    if ('directions' in fault && fault.directions !== 'all')
      await ddmin(fault.directions, (directions) =>
        this.#try(this.#replaced(place, { directions }))
      )
  }

  async #halve(place: number, length: 'forMs' | 'downMs'): Promise<boolean> {
    const half = Math.floor(this.#fact(place, length) / 2)
    return half >= OUTAGE_LEAST_MS && (await this.#try(this.#replaced(place, { [length]: half })))
  }

  #fact(place: number, name: string): number {
    const facts = this.best.faults[place] as unknown as Readonly<Record<string, number>>
    return facts[name] ?? 0
  }

  #replaced(place: number, change: object): Plan {
    const faults = this.best.faults.map((fault, at) =>
      at === place ? ({ ...fault, ...change } as Fault) : fault
    )
    return { ...this.best, faults }
  }

  async #straightenClocks(): Promise<void> {
    const straight = this.best.weights.map(() => 0)
    for (const name of ['clockOffsetsMs', 'driftsPpm'] as const)
      if (this.best[name].some((value) => value !== 0))
        await this.#try({ ...this.best, [name]: straight })
  }

  /** Takes a plan over if it breaks the same invariant. */
  async #try(plan: Plan): Promise<boolean> {
    if (!this.#ports.hasTime()) return false
    this.runs++
    const failure = await this.#ports.run(plan)
    if (failure?.invariant !== this.failure.invariant) return false
    this.best = plan
    this.failure = failure
    this.#ports.onStep?.(plan, this.runs)
    return true
  }
}

function endOf(fault: Fault): number {
  return fault.atMs + ('forMs' in fault ? fault.forMs : 0)
}
