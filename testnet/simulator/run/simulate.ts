/**
 * The simulator's commands: each runs something, says how it went, and answers whether all was kept.
 *
 * @module
 */

import { join } from 'node:path'
import { usage } from '../../../node/cli/command.ts'
import type { Terminal } from '../../report/terminal.ts'
import { type BatchReport, type FailedSeed, runBatch } from './batch.ts'
import { batchSummary, progressLine } from './batch-summary.ts'
import { CRASH_SWEEPS, type CrashSweep, chosenPoints, cutAtPoint } from './crash-points.ts'
import { seedCommand } from './failure-report.ts'
import { type HuntReport, huntMutant, huntTable } from './hunt.ts'
import { MUTANTS } from './mutants.ts'
import { readSavedPlan } from './saved-plan.ts'
import { readScenario, SCENARIO_FOLDER, scenarioNames, writeScenario } from './scenario-files.ts'
import { shrinkFailure, tellFailure } from './show-failure.ts'
import type { SimWish } from './sim-program.ts'
import type { Stage } from './stage.ts'
import { sweepTwins } from './sweep-twins.ts'
import { forEachAtOnce } from './worker-pool.ts'

/** What the commands work with. */
export interface SimPorts {
  readonly stage: Stage
  readonly terminal: Terminal
  readonly nowMs: () => number
}

type WishFor<Kind extends SimWish['kind']> = Extract<SimWish, { kind: Kind }>

const TWICE_EVERY = 50
const FAILURES_TOLD = 3
/** Lines of one node that a whole transcript may have. */
const TRANSCRIPT_LINES_MAX = 100_000
/** Runs between two lines where nobody watches. */
const QUIET_PROGRESS_EVERY = 100

/**
 * Does what a command line asks for.
 *
 * @returns whether everything was kept
 */
export async function simulate(wish: SimWish, ports: SimPorts): Promise<boolean> {
  switch (wish.kind) {
    case 'batch':
      return await simulateBatch(wish, ports)
    case 'one':
      return await simulateOne(wish, ports)
    case 'crash-points':
      return await sweepCrashPoints(wish, ports)
    case 'twins':
      return await runTwinSweep(wish, ports)
    case 'mutants':
      return await huntMutants(wish, ports)
    case 'scenarios':
      return await playScenarios(wish, ports)
  }
}

async function simulateBatch(wish: WishFor<'batch'>, ports: SimPorts): Promise<boolean> {
  const { stage, terminal } = ports
  const report = await runBatch(
    { ...wish, twiceEvery: TWICE_EVERY },
    {
      pools: { stub: stage.pool('stub'), real: stage.pool('real') },
      onProgress: (now) => showProgress(now, wish.seeds, terminal),
      onFailure: ({ seed, crypto, failure }) =>
        terminal.say(`${failure.invariant}: ${seedCommand(seed, { ...wish, crypto })}`)
    }
  )
  for (const line of batchSummary(report)) terminal.say(line)
  for (const [place, failed] of report.failed.slice(0, FAILURES_TOLD).entries())
    await tellFailedSeed(failed, { wish, ports, isFirst: place === 0 })
  for (const { seed, crypto, failure } of report.failed.slice(FAILURES_TOLD))
    terminal.say(`${failure.invariant}: ${seedCommand(seed, { ...wish, crypto })}`)
  if (wish.isJson) terminal.answer(report)
  return report.failed.length === 0 && report.missing.length === 0
}

function showProgress(report: BatchReport, seeds: number, terminal: Terminal): void {
  const done = report.tallies.stub.runs + report.tallies.real.runs
  if (terminal.isLive || done % QUIET_PROGRESS_EVERY === 0)
    terminal.show(progressLine(report, seeds))
}

async function tellFailedSeed(
  { seed, crypto, failure }: FailedSeed,
  {
    wish,
    ports: { stage, terminal, nowMs },
    isFirst
  }: { readonly wish: WishFor<'batch'>; readonly ports: SimPorts; readonly isFirst: boolean }
): Promise<void> {
  const say = (line: string): void => terminal.say(line)
  const command = seedCommand(seed, { ...wish, crypto })
  if (failure.invariant === 'WORKER') {
    say(`${command}   # ${failure.message}`)
    return
  }
  const { seconds, shrinkMs, isChurning } = wish
  const job = { kind: 'seed' as const, seed, seconds, isTwice: false, isChurning }
  const { plan } = await stage.pool(crypto).do(job)
  const run = { plan, crypto, failure, command }
  await tellFailure(run, { stage, say, nowMs })
  if (isFirst && shrinkMs > 0) await shrinkFailure(run, shrinkMs, { stage, say, nowMs })
}

async function simulateOne(wish: WishFor<'one'>, ports: SimPorts): Promise<boolean> {
  const { source, crypto, seconds, isChurning } = wish
  const { stage, terminal, nowMs } = ports
  const say = (line: string): void => terminal.say(line)
  const pool = stage.pool(crypto)
  const { plan, report } = await pool.do(
    'seed' in source
      ? { kind: 'seed', seed: source.seed, seconds, isTwice: false, isChurning }
      : { kind: 'plan', plan: readSavedPlan(source.planFile).plan }
  )
  if (wish.hasTranscript) {
    const told = await pool.do({ kind: 'explain', plan, linesMax: TRANSCRIPT_LINES_MAX })
    for (const { text } of told.lines) say(text)
    for (const row of told.rows) say(row)
  }
  say(
    `seed 0x${plan.seed.toString(16)}: ${plan.weights.length} nodes, ${plan.faults.length} faults, ${plan.vices.length} vices, ${report.height} heights, ${report.final} transactions final, hash ${report.hash.toString(16)}`
  )
  const { failure } = report
  if (failure !== null) {
    const command = 'seed' in source ? seedCommand(source.seed, wish) : undefined
    const run = { plan, crypto, failure, ...(command === undefined ? {} : { command }) }
    await tellFailure(run, { stage, say, nowMs })
    if (wish.shrinkMs > 0) await shrinkFailure(run, wish.shrinkMs, { stage, say, nowMs })
  }
  if (wish.isJson) terminal.answer({ plan, report })
  return failure === null
}

async function sweepCrashPoints(wish: WishFor<'crash-points'>, ports: SimPorts): Promise<boolean> {
  const sweeps: SweepReport[] = []
  for (const sweep of CRASH_SWEEPS) sweeps.push(await cutEverywhere(sweep, wish, ports))
  if (wish.isJson) ports.terminal.answer(sweeps)
  return sweeps.every(({ failed }) => failed.length === 0)
}

interface SweepReport {
  readonly name: string
  readonly points: number
  readonly stride: number
  readonly cuts: number
  readonly failed: readonly number[]
}

async function cutEverywhere(
  sweep: CrashSweep,
  wish: WishFor<'crash-points'>,
  { stage, terminal, nowMs }: SimPorts
): Promise<SweepReport> {
  const say = (line: string): void => terminal.say(line)
  const { name, plan: whole, node, fromMs, untilMs } = sweep
  const pool = stage.pool(wish.crypto)
  const points = await pool.do({ kind: 'points', plan: whole, node, fromMs, untilMs })
  const { stride, chosen } = chosenPoints(points, wish.triesMax)
  const which = stride === 1 ? 'each of them' : `every ${stride}th`
  say(`${name}: node ${node} writes and sends ${points} times; the power is cut at ${which}`)
  const failed: number[] = []
  let done = 0
  await forEachAtOnce(chosen, pool.size, async (point) => {
    const plan = cutAtPoint(sweep, point)
    const { failure } = (await pool.do({ kind: 'plan', plan })).report
    done++
    if (terminal.isLive) terminal.show(`${done} of ${chosen.length} cuts, ${failed.length} failed`)
    if (failure === null) return
    failed.push(point)
    if (failed.length > FAILURES_TOLD) return
    say(`cut at point ${point}:`)
    await tellFailure({ plan, crypto: wish.crypto, failure }, { stage, say, nowMs })
  })
  say(`${chosen.length} cuts, ${failed.length} failed${failed.length === 0 ? '' : `: ${failed}`}`)
  return { name, points, stride, cuts: chosen.length, failed }
}

async function runTwinSweep(wish: WishFor<'twins'>, ports: SimPorts): Promise<boolean> {
  const { stage, terminal } = ports
  const sweep = await sweepTwins(wish, {
    pool: stage.pool(wish.crypto),
    onProgress: (done, failing) => {
      if (terminal.isLive) terminal.show(`${done} schedules, ${failing} failed`)
    }
  })
  const { exhaustive, exhaustiveOf, sampled, failed, failures } = sweep
  terminal.say(
    `${exhaustive} of ${exhaustiveOf} schedules of 4 members and 4 rounds, ${sampled} samples of 7 members: ${failed} failed`
  )
  for (const failure of failures.slice(0, FAILURES_TOLD)) terminal.say(JSON.stringify(failure))
  if (wish.isJson) terminal.answer(sweep)
  return failed === 0
}

async function huntMutants(wish: WishFor<'mutants'>, ports: SimPorts): Promise<boolean> {
  const { stage, terminal, nowMs } = ports
  const chosen = MUTANTS.filter(({ name }) => wish.only === undefined || name === wish.only)
  if (chosen.length === 0)
    throw usage(`there are ${MUTANTS.map(({ name }) => `"${name}"`).join(', ')}`)
  const reports: HuntReport[] = []
  for (const mutant of chosen) {
    if (terminal.isLive) terminal.show(`hunting ${mutant.name}`)
    reports.push(
      await huntMutant(mutant, {
        createVariant: (mutation) => stage.variant(mutation),
        readScenario: (name) => readScenario(stage.root, name),
        readPlan: (name) => readSavedPlan(join(stage.root, SCENARIO_FOLDER, name)).plan,
        sound: stage.pool('stub'),
        nowMs
      })
    )
    const latest = reports[reports.length - 1]
    if (latest?.caughtBy === null) terminal.say(`${mutant.name}: survives`)
  }
  for (const line of huntTable(reports)) terminal.say(line)
  if (wish.isJson) terminal.answer(reports)
  return reports.every(({ caughtBy }) => caughtBy !== null)
}

async function playScenarios(wish: WishFor<'scenarios'>, ports: SimPorts): Promise<boolean> {
  const { stage, terminal } = ports
  const names = scenarioNames(stage.root).filter(
    (name) => wish.only === undefined || name === wish.only
  )
  if (names.length === 0)
    throw usage(`there are ${scenarioNames(stage.root).join(', ') || 'no scenarios'}`)
  const pool = stage.pool('stub')
  const other: string[] = []
  await forEachAtOnce(names, pool.size, async (name) => {
    const text = readScenario(stage.root, name)
    const played = await pool.do({ kind: 'scenario', name, text })
    const isSame = played.text === text
    if (!isSame) other.push(name)
    if (wish.isRewriting) writeScenario(stage.root, name, played.text)
    terminal.say(`${isSame ? 'same ' : 'OTHER'}  ${name}`)
    if (!isSame && !wish.isRewriting)
      for (const line of firstDifference(text, played.text)) terminal.say(`  ${line}`)
  })
  if (wish.isJson) terminal.answer({ scenarios: names.length, other })
  return wish.isRewriting || other.length === 0
}

/** Where two texts part, in two lines. */
function firstDifference(expected: string, came: string): string[] {
  const [wanted, found] = [expected.split('\n'), came.split('\n')]
  const at = wanted.findIndex((line, index) => line !== found[index])
  const place = at < 0 ? wanted.length : at
  return [
    `line ${place + 1} was: ${wanted[place] ?? '(nothing)'}`,
    `line ${place + 1} is:  ${found[place] ?? '(nothing)'}`
  ]
}
