/**
 * The hunt for mutants: each must be caught, by scenarios, by plans or by seeds.
 *
 * @module
 */

import type { Failure } from '../run-plan.ts'
import type { Plan } from '../world/plan.ts'
import type { Job } from './job.ts'
import type { Mutant } from './mutants.ts'
import type { Variant } from './variant.ts'
import { forEachAtOnce, WorkerPool } from './worker-pool.ts'

/** What the hunt needs of others. */
export interface HuntPorts {
  /** The program with the mutant in it. */
  readonly createVariant: (mutant: Mutant) => Variant
  readonly readScenario: (name: string) => string
  readonly readPlan: (name: string) => Plan
  /** Workers of the program without any mutant: what fails there too has caught nothing. */
  readonly sound: WorkerPool
  readonly nowMs: () => number
}

/** How a mutant fared. */
export interface HuntReport {
  readonly name: string
  /** What caught it; null when it survived. */
  readonly caughtBy: string | null
  /** Runs until then, by seeds. */
  readonly seeds: number
  readonly wallMs: number
}

const MESSAGE_SHOWN = 60
/** A sound trial takes a few seconds: what a mutant makes go on for ever is caught. */
const TRIAL_MAX_MS = 60_000

/**
 * Hunts one mutant.
 *
 * @throws NodeError USAGE_WRONG when its line is no longer there
 */
export async function huntMutant(mutant: Mutant, ports: HuntPorts): Promise<HuntReport> {
  const startMs = ports.nowMs()
  const variant = ports.createVariant(mutant)
  const pool = new WorkerPool({
    folder: variant.folder,
    workers: ports.sound.size,
    jobMaxMs: TRIAL_MAX_MS
  })
  try {
    const directed = await huntByFiles(mutant, pool, ports)
    const found =
      directed === null ? await huntBySeeds(mutant, pool, ports) : { by: directed, seeds: 0 }
    const wallMs = ports.nowMs() - startMs
    return { name: mutant.name, caughtBy: found.by, seeds: found.seeds, wallMs }
  } finally {
    pool.close()
    variant.remove()
  }
}

/** The table of all mutants. */
export function huntTable(reports: readonly HuntReport[]): string[] {
  const head = ['MUTANT', 'CAUGHT BY', 'SEEDS', 'SECONDS']
  const rows = reports.map(({ name, caughtBy, seeds, wallMs }) => [
    name,
    caughtBy ?? 'SURVIVED',
    String(seeds),
    (wallMs / 1000).toFixed(1)
  ])
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0))
  )
  return [head, ...rows].map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd()
  )
}

async function huntByFiles(
  { hunt }: Mutant,
  pool: WorkerPool,
  ports: HuntPorts
): Promise<string | null> {
  for (const name of hunt.scenarios ?? []) {
    const text = ports.readScenario(name)
    const caught = await complaintAgainst({ kind: 'scenario', name, text }, pool, ports.sound)
    if (caught !== null) return `scenario ${name}`
  }
  for (const name of hunt.plans ?? []) {
    const caught = await complaintAgainst(
      { kind: 'plan', plan: ports.readPlan(name) },
      pool,
      ports.sound
    )
    if (caught !== null) return `plan ${name}: ${caught}`
  }
  return null
}

async function huntBySeeds(
  { hunt: { seedsMax, seconds, from = 1 } }: Mutant,
  pool: WorkerPool,
  { sound }: HuntPorts
): Promise<{ readonly by: string | null; readonly seeds: number }> {
  let by: string | null = null
  let done = 0
  function* seeds(): Generator<number> {
    for (let at = 0; at < seedsMax && by === null; at++) yield from + at
  }
  await forEachAtOnce(seeds(), pool.size, async (seed) => {
    const caught = await complaintAgainst(
      { kind: 'seed', seed, seconds, isTwice: false },
      pool,
      sound
    )
    done++
    if (caught !== null) by ??= `seed ${seed}: ${caught}`
  })
  return { by, seeds: done }
}

type Trial = Extract<Job, { kind: 'scenario' | 'plan' | 'seed' }>

/** What a trial says against the mutant, and not against the program itself; null for nothing. */
async function complaintAgainst(
  trial: Trial,
  pool: WorkerPool,
  sound: WorkerPool
): Promise<string | null> {
  const caught = await complaintOf(trial, pool)
  if (caught === null || (await complaintOf(trial, sound)) !== null) return null
  return caught
}

async function complaintOf(trial: Trial, pool: WorkerPool): Promise<string | null> {
  try {
    if (trial.kind === 'scenario')
      return (await pool.do(trial)).text === trial.text ? null : 'it goes otherwise'
    const { report } = await pool.do(trial)
    return report.failure && brief(report.failure)
  } catch (error) {
    // A mutant may well bring its worker to an end, or to none.
    return brief({ invariant: 'WORKER', message: String(error) })
  }
}

function brief({ invariant, message }: Pick<Failure, 'invariant' | 'message'>): string {
  const [line = ''] = message.split('\n')
  const shown = line.length > MESSAGE_SHOWN ? `${line.slice(0, MESSAGE_SHOWN)}…` : line
  return `${invariant} ${shown}`
}
