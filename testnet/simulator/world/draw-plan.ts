/**
 * Drawing a plan: each run has faults of its own kinds and rates, many of them none at all.
 *
 * Whatever is drawn, no more than the fault weight of the members may lie or lose
 * what they had on disk: beyond that nothing is promised.
 *
 * @module
 */

import { Dice } from '../virtual/dice.ts'
import { drawSnapshots } from './draw-snapshots.ts'
import { drawThings } from './draw-things.ts'
import type { Fault, Plan } from './plan.ts'

/** A shape of network that runs are drawn for. */
export interface PlanShape {
  readonly weights: readonly number[]
  readonly faultModel: 'byzantine' | 'crash'
}

/** The shapes of the law: n of 4, 7 and 10 among liars, 3 and 5 among the merely mortal, and weights. */
const SHAPES: readonly PlanShape[] = [
  { weights: [1, 1, 1, 1], faultModel: 'byzantine' },
  { weights: [1, 1, 1, 1, 1, 1, 1], faultModel: 'byzantine' },
  { weights: [1, 1, 1], faultModel: 'crash' },
  { weights: [1, 1, 1, 1, 1, 1, 1, 1, 1, 1], faultModel: 'byzantine' },
  { weights: [3, 2, 2, 1, 1], faultModel: 'byzantine' },
  { weights: [1, 1, 1, 1, 1], faultModel: 'crash' }
]

/** What a plan is drawn from beside its seed. */
export interface DrawOptions {
  readonly seconds: number
  /** Names of the vices that may be drawn. */
  readonly vices: readonly string[]
  /** Whether the members put questions to the vote in every run, and not only in some. */
  readonly isChurning?: boolean
}

/** One run in so many is without any fault, to see that nothing is amiss by itself. */
const FAIR_WEATHER_EVERY = 10
const FIRST_FAULT_MS = 3_000
/** Faults end before this share of a run, in hundredths. */
const STORM_PERCENT = 45

/** Draws the plan of a seed. */
export function drawPlan(seed: number, options: DrawOptions): Plan {
  const dice = new Dice(seed, 'topology')
  const shape = SHAPES[seed % SHAPES.length] as PlanShape
  const count = shape.weights.length
  const isFair = dice.below(FAIR_WEATHER_EVERY) === 0
  const sinners = isFair ? [] : drawSinners(shape, dice)
  const liars = shape.faultModel === 'crash' ? [] : sinners.slice(0, dice.below(sinners.length + 1))
  const endMs = 1000 * options.seconds
  const healMs = Math.floor((endMs * STORM_PERCENT) / 100)
  const isNear = dice.happens(500)
  const damaged = sinners.filter((node) => !liars.includes(node))
  const plan: Plan = {
    seed,
    ...shape,
    vices: liars.map((node) => ({ node, vice: dice.pick(options.vices) })),
    baseMs: isNear ? [1, 10] : [5, 120],
    tailMs: dice.pick([0, 2, 10, 40]),
    clockOffsetsMs: shape.weights.map(() => (isFair ? 0 : dice.between(-400, 400))),
    driftsPpm: shape.weights.map(() => (isFair ? 0 : dice.between(-200, 200))),
    devices: dice.between(2, 4),
    pauseMs: dice.pick([1_000, 4_000, 8_000, 8_000]),
    churnMs: drawChurn(seed, options.isChurning === true),
    snapshots: null,
    things: drawThings(seed, { healMs, endMs }),
    healMs,
    endMs,
    faults: isFair ? [] : drawFaults({ count, healMs, damaged }, seed)
  }
  return drawSnapshots(plan, { damaged, vices: options.vices })
}

function drawChurn(seed: number, isAlways: boolean): number {
  const dice = new Dice(seed, 'churn')
  return isAlways || dice.happens(500) ? dice.pick([2_000, 5_000, 10_000]) : 0
}

/** Members of at most the fault weight: those that may lie, or lose what they had. */
function drawSinners({ weights, faultModel }: PlanShape, dice: Dice): number[] {
  const total = weights.reduce((sum, each) => sum + each, 0)
  const bearable =
    faultModel === 'byzantine' ? Math.floor((total - 1) / 3) : Math.floor((total - 1) / 2)
  const sinners: number[] = []
  let weight = 0
  for (const node of dice.shuffled(weights.map((_, index) => index))) {
    const own = weights[node] as number
    if (weight + own > bearable) continue
    sinners.push(node)
    weight += own
  }
  return sinners
}

/** How often each kind of fault happens in one run, in the mean; most runs know only some of them. */
function drawRates(dice: Dice): Readonly<Record<Fault['kind'], number>> {
  const some = (most: number): number => (dice.happens(450) ? 1 + dice.below(most) : 0)
  return {
    crash: some(8),
    cut: some(5),
    weather: some(3),
    clog: some(4),
    'slow-disk': some(2),
    'full-disk': some(1),
    'refusing-disk': some(2),
    'log-hole': some(1),
    'marker-lost': some(1),
    'bit-flip': some(2),
    'clock-jump': some(2)
  }
}

interface Field {
  readonly count: number
  readonly healMs: number
  /** Members whose disks may be damaged. */
  readonly damaged: readonly number[]
}

function drawFaults(field: Field, seed: number): Fault[] {
  const dice = new Dice(seed, 'faults')
  const rates = drawRates(dice)
  const faults: Fault[] = []
  for (const [kind, rate] of Object.entries(rates) as [Fault['kind'], number][])
    for (let number = 0; number < rate; number++) {
      const fault = drawFault(kind, field, dice)
      if (fault !== undefined) faults.push(fault)
    }
  return faults.sort((a, b) => a.atMs - b.atMs)
}

function drawFault(kind: Fault['kind'], field: Field, dice: Dice): Fault | undefined {
  const atMs = dice.between(FIRST_FAULT_MS, field.healMs - 1_000)
  const node = dice.below(field.count)
  const forMs = dice.between(500, 20_000)
  const damaged = field.damaged.length === 0 ? undefined : dice.pick(field.damaged)
  switch (kind) {
    case 'crash': {
      const atPoint = dice.happens(500) ? 1 + dice.below(60) : 0
      return { kind, atMs, node, ending: dice.pick(['kill', 'power']), downMs: forMs, atPoint }
    }
    case 'cut':
      return { kind, atMs, forMs, ...drawCut(field.count, dice) }
    case 'weather':
      return { kind, atMs, forMs, directions: 'all', ...drawWeather(dice) }
    case 'clog':
      return { kind, atMs, forMs: Math.min(forMs, 5_000), directions: drawDirections(field, dice) }
    case 'slow-disk':
      return { kind, atMs, node, forMs, syncMs: dice.pick([20, 200, 1_000]) }
    case 'full-disk':
    case 'refusing-disk':
      return { kind, atMs, node, forMs }
    case 'clock-jump':
      return { kind, atMs, node, byMs: dice.between(-300, 300) }
    case 'log-hole':
    case 'marker-lost':
      if (damaged === undefined) return undefined
      return { kind, atMs, node: damaged, where: dice.pick(['ledger', 'sign']), downMs: forMs }
    case 'bit-flip':
      if (damaged === undefined) return undefined
      return { kind, atMs, node: damaged, place: dice.below(1_000_000), downMs: forMs }
  }
}

function drawWeather(
  dice: Dice
): Pick<
  Extract<Fault, { kind: 'weather' }>,
  'lossPermille' | 'duplicatePermille' | 'reorderPermille' | 'corruptPermille' | 'bytesPerSecond'
> {
  const some = (most: number): number => (dice.happens(500) ? dice.below(most + 1) : 0)
  return {
    lossPermille: some(300),
    duplicatePermille: some(500),
    reorderPermille: some(300),
    corruptPermille: some(10),
    bytesPerSecond: dice.happens(200) ? dice.pick([8_000, 32_000, 256_000]) : 0
  }
}

function drawDirections({ count }: Field, dice: Dice): (readonly [number, number])[] {
  const some = allDirections(count).filter(() => dice.happens(250))
  return dice.shuffled(some)
}

/** A partition of one of the shapes that are known to hurt. */
function drawCut(
  count: number,
  dice: Dice
): { readonly shape: string; readonly directions: readonly (readonly [number, number])[] } {
  const shape = dice.pick(['isolate', 'halves', 'one-way', 'ring', 'bridge', 'random'] as const)
  const all = allDirections(count)
  const [chosen] = dice.shuffled(all.map(([from]) => from)) as [number]
  const side = Array.from({ length: count }, () => dice.happens(500))
  const isCut: Readonly<Record<typeof shape, (from: number, to: number) => boolean>> = {
    isolate: (from, to) => from === chosen || to === chosen,
    halves: (from, to) => side[from] !== side[to],
    'one-way': (from) => from === chosen,
    ring: (from, to) => (from + 1) % count !== to && (to + 1) % count !== from,
    bridge: (from, to) => from !== chosen && to !== chosen && side[from] !== side[to],
    random: () => dice.happens(300)
  }
  return { shape, directions: all.filter(([from, to]) => isCut[shape](from, to)) }
}

/** Every direction between two different nodes. */
export function allDirections(count: number): (readonly [number, number])[] {
  const places = Array.from({ length: count }, (_, index) => index)
  return places.flatMap((from) =>
    places.filter((to) => to !== from).map((to) => [from, to] as const)
  )
}
