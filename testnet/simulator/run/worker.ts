/**
 * The entry of a worker: a process that does one piece of work after the other.
 *
 * It runs from a variant or from the program itself; who started it knows from which.
 *
 * @module
 */

import { VICE_NAMES } from '../adversaries/vices.ts'
import { type RunReport, runPlan } from '../run-plan.ts'
import { runTwins } from '../twins/run-twins.ts'
import { drawPlan } from '../world/draw-plan.ts'
import type { Plan } from '../world/plan.ts'
import type { World } from '../world/world.ts'
import { countPoints } from './crash-points.ts'
import type { Answers, Explanation, Job, Reply, TimedReport } from './job.ts'
import { LineKeeper } from './line-keeper.ts'
import { playScenario } from './scenario.ts'
import { statusRows } from './status-rows.ts'
import { Transcript } from './transcript.ts'

type Hands = {
  readonly [Kind in Job['kind']]: (job: Extract<Job, { kind: Kind }>) => Promise<Answers[Kind]>
}

const hands: Hands = {
  seed: ({ seed, seconds, isTwice, isChurning = false }) =>
    timed(drawPlan(seed, { seconds, vices: VICE_NAMES, isChurning }), isTwice),
  plan: ({ plan }) => timed(plan, false),
  explain,
  scenario: async ({ name, text }) => ({ text: await playScenario(name, text) }),
  points: countPoints,
  twins: async ({ range }) => runTwins(range)
}

async function timed(plan: Plan, isTwice: boolean): Promise<TimedReport> {
  const startMs = performance.now()
  const spent = process.cpuUsage()
  const first = await runPlan(plan)
  const { user, system } = process.cpuUsage(spent)
  const wallMs = performance.now() - startMs
  const report = isTwice ? compared(first, await runPlan(plan)) : first
  return { plan, report, wallMs, processorMs: (user + system) / 1000 }
}

/** The same plan must lead to the same run. */
function compared(first: RunReport, second: RunReport): RunReport {
  if (first.failure !== null || first.hash === second.hash) return first
  const message = `hash ${first.hash} and then ${second.hash}`
  const failure = { invariant: 'DETERMINISM', message, atMs: second.nodeSeconds }
  return { ...first, failure }
}

async function explain({
  plan,
  linesMax
}: Extract<Job, { kind: 'explain' }>): Promise<Explanation> {
  const keeper = new LineKeeper(linesMax)
  let world: World | undefined
  let rows: readonly string[] = []
  const transcript = new Transcript({
    world: () => world as World,
    keep: (line) => keeper.keep(line)
  })
  const report = await runPlan(plan, {
    watchers: [transcript],
    prepare: (made) => {
      world = made
    },
    look: (made) => {
      transcript.atEnd()
      rows = statusRows(made)
    }
  })
  return { report, rows, lines: keeper.lines }
}

async function work(job: Job): Promise<Reply> {
  try {
    // Each hand takes the jobs of its own name.
    const hand = hands[job.kind] as (job: Job) => Promise<unknown>
    return { answer: await hand(job) }
  } catch (error) {
    return { error: error instanceof Error ? (error.stack ?? error.message) : String(error) }
  }
}

process.on('message', (job: Job) => {
  void work(job).then((reply) => process.send?.(reply))
})
// Whoever started it is gone.
process.on('disconnect', () => process.exit())
