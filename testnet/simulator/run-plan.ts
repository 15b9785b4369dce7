/**
 * One run: a plan brought about in a fresh world, with everything watched.
 *
 * @module
 */

import { AgreementChecker } from './checkers/agreement.ts'
import { type Checker, Violation } from './checkers/checker.ts'
import { ConductChecker } from './checkers/conduct.ts'
import { LedgerRecord } from './checkers/ledger-record.ts'
import { LightClientChecker } from './checkers/light-client.ts'
import { PromiseChecker } from './checkers/promises.ts'
import { SignatureChecker } from './checkers/signatures.ts'
import { ThingsChecker } from './checkers/things.ts'
import type { Plan } from './world/plan.ts'
import { World } from './world/world.ts'

/** What was broken first. */
export interface Failure {
  /** The invariant of the design, or `BUG`. */
  readonly invariant: string
  readonly message: string
  readonly atMs: number
}

/** How a run went. */
export interface RunReport {
  readonly seed: number
  /** Null when everything was kept. */
  readonly failure: Failure | null
  readonly hash: number
  readonly events: number
  readonly height: number
  readonly final: number
  readonly nodeSeconds: number
  readonly marks: Readonly<Record<string, number>>
}

/** Who looks at a run beside the checkers. */
export interface RunLookers {
  /** Told of everything, in front of the checkers. */
  readonly watchers?: readonly Checker[]
  /** Called before anything has started. */
  readonly prepare?: (world: World) => void
  /** Called when it is over, whatever came of it. */
  readonly look?: (world: World) => void
}

/** A world with all checkers. */
export interface WatchedWorld {
  readonly world: World
  readonly agreement: AgreementChecker
  readonly signatures: SignatureChecker
  readonly conduct: ConductChecker
}

/** Makes the world of a plan, watched by every checker. */
export function watchWorld(plan: Plan, watchers: readonly Checker[] = []): WatchedWorld {
  const agreement = new AgreementChecker()
  const signatures = new SignatureChecker(() => world)
  const conduct = new ConductChecker(() => world, signatures)
  const lightClient = new LightClientChecker(() => world, agreement)
  const record = new LedgerRecord(agreement)
  const promises = new PromiseChecker(agreement, record)
  const things = new ThingsChecker(record)
  const world: World = new World(plan, {
    checkers: [...watchers, agreement, record, signatures, conduct, promises, lightClient, things],
    answers: {
      onFinal: (node, id, height) => promises.onFinal(node, id, height),
      onAccepted: (node, id, receipt) => promises.onAccepted(node, id, receipt),
      isFinal: (id) => record.heightOf(id) !== undefined,
      outcomeOf: (id) => record.outcomeOf(id),
      isTrueAt: (height, id, outcome) => record.isTrueAt(height, id, outcome)
    }
  })
  return { world, agreement, signatures, conduct }
}

/** Brings a plan about. */
export async function runPlan(plan: Plan, lookers: RunLookers = {}): Promise<RunReport> {
  const { world, agreement, signatures } = watchWorld(plan, lookers.watchers)
  let failure: Failure | null = null
  process.on('unhandledRejection', world.onRejection)
  try {
    lookers.prepare?.(world)
    world.start()
    await world.runUntil(plan.endMs)
    world.finish()
  } catch (error) {
    failure = failureOf(error, world.nowMs)
  } finally {
    process.off('unhandledRejection', world.onRejection)
  }
  lookers.look?.(world)
  if (signatures.nullified > 0) world.mark('view:nullified')
  return {
    seed: plan.seed,
    failure,
    hash: world.hash,
    events: world.events,
    height: agreement.height,
    final: [...world.clients.told.values()].filter(({ final }) => final !== null).length,
    nodeSeconds: (plan.weights.length * world.nowMs) / 1000,
    marks: Object.fromEntries(world.marks)
  }
}

/** What was thrown, as a failure: a broken promise, or a bug with its stack. */
export function failureOf(error: unknown, atMs: number): Failure {
  if (error instanceof Violation)
    return { invariant: error.invariant, message: error.message, atMs }
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return { invariant: 'BUG', message, atMs }
}
