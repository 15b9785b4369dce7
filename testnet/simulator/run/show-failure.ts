/**
 * A failure, told in full: run once more with a transcript, its plan kept, and made smaller.
 *
 * @module
 */

import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Failure } from '../run-plan.ts'
import type { Plan } from '../world/plan.ts'
import type { CryptoName } from './batch.ts'
import { failureReport, LINES_SHOWN } from './failure-report.ts'
import { writeSavedPlan } from './saved-plan.ts'
import { type Shrunk, shrinkPlan } from './shrink.ts'
import type { Stage } from './stage.ts'

/** A run that failed. */
export interface FailedRun {
  readonly plan: Plan
  readonly crypto: CryptoName
  readonly failure: Failure
  /** The command that leads to it again; without one, the plan's file does. */
  readonly command?: string
}

/** What telling needs. */
export interface TellPorts {
  readonly stage: Stage
  readonly say: (line: string) => void
  readonly nowMs: () => number
}

const SENTENCE_MAX = 200

/** Tells a failure. */
export async function tellFailure(run: FailedRun, { stage, say }: TellPorts): Promise<void> {
  const { plan, crypto, failure } = run
  const planFile = join('.sim', `${fileName(failure, plan)}.plan.json`)
  writeSavedPlan(join(stage.root, planFile), savedPlan(plan, failure))
  const command = run.command ?? planCommand(planFile, crypto)
  const explanation = await stage.pool(crypto).do({ kind: 'explain', plan, linesMax: LINES_SHOWN })
  const commit = commitOf(stage.root)
  for (const line of failureReport({ command, commit, planFile, failure, explanation })) say(line)
}

/** Makes a failing plan smaller and keeps it as a scenario. */
export async function shrinkFailure(
  { plan, crypto, failure }: FailedRun,
  shrinkMs: number,
  { stage, say, nowMs }: TellPorts
): Promise<Shrunk> {
  const endMs = nowMs() + shrinkMs
  const pool = stage.pool(crypto)
  const shrunk = await shrinkPlan(plan, failure, {
    hasTime: () => nowMs() < endMs,
    run: async (tried) => (await pool.do({ kind: 'plan', plan: tried })).report.failure
  })
  const { faults, vices, devices, endMs: lastMs } = shrunk.plan
  const path = join('testnet/scenarios', `${fileName(failure, plan)}.plan.json`)
  writeSavedPlan(join(stage.root, path), savedPlan(shrunk.plan, shrunk.failure))
  say('')
  say(
    `Smaller after ${shrunk.runs} runs: ${faults.length} of ${plan.faults.length} faults, ${vices.length} of ${plan.vices.length} vices, ${devices} devices, ${(lastMs / 1000).toFixed(1)} s`
  )
  say(`  ${shrunk.failure.invariant}: ${firstLine(shrunk.failure.message)}`)
  say(`  ${planCommand(path, crypto)}`)
  return shrunk
}

function savedPlan(plan: Plan, failure: Failure): Parameters<typeof writeSavedPlan>[1] {
  const seed = `0x${plan.seed.toString(16)}`
  return {
    name: `${failure.invariant} broken by seed ${seed}`,
    sentence: `At ${(failure.atMs / 1000).toFixed(3)} s: ${firstLine(failure.message)}`,
    invariant: failure.invariant,
    plan
  }
}

function fileName({ invariant }: Failure, { seed }: Plan): string {
  return `${invariant.toLowerCase()}-0x${seed.toString(16)}`
}

function planCommand(path: string, crypto: CryptoName): string {
  return `npm run sim -- --plan=${path}${crypto === 'real' ? ' --real-crypto' : ''}`
}

function firstLine(message: string): string {
  return (message.split('\n')[0] ?? '').slice(0, SENTENCE_MAX)
}

/** The commit that is checked out; null outside of a repository. */
function commitOf(root: string): string | null {
  if (!existsSync(join(root, '.git'))) return null
  try {
    const head = execFileSync('git', ['rev-parse', '--short', 'HEAD'], {
      cwd: root,
      encoding: 'utf8'
    })
    return head.trim()
  } catch {
    // Without git the failure can still be told.
    return null
  }
}
