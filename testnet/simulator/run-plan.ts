/**
 * One run: a plan brought about in a fresh world, with everything watched.
 *
 * @module
 */

import { AgreementChecker } from './checkers/agreement.ts'
import { Violation } from './checkers/checker.ts'
import { ConductChecker } from './checkers/conduct.ts'
import { PromiseChecker } from './checkers/promises.ts'
import { SignatureChecker } from './checkers/signatures.ts'
import type { Plan } from './world/plan.ts'
import { World } from './world/world.ts'

/** How a run went. */
export interface RunReport {
  readonly seed: number
  /** Null when everything was kept. */
  readonly failure: {
    readonly invariant: string
    readonly message: string
    readonly atMs: number
  } | null
  readonly hash: number
  readonly events: number
  readonly height: number
  readonly final: number
  readonly nodeSeconds: number
  readonly marks: Readonly<Record<string, number>>
}

/** Brings a plan about. */
export async function runPlan(plan: Plan): Promise<RunReport> {
  const agreement = new AgreementChecker()
  const signatures = new SignatureChecker(() => world)
  const conduct = new ConductChecker(() => world, signatures)
  const promises = new PromiseChecker(agreement)
  const world: World = new World(plan, {
    checkers: [agreement, signatures, conduct, promises],
    answers: {
      onFinal: (node, id, height) => promises.onFinal(node, id, height),
      onAccepted: (node, id, receipt) => promises.onAccepted(node, id, receipt)
    }
  })
  let failure: RunReport['failure'] = null
  process.on('unhandledRejection', world.onRejection)
  try {
    world.start()
    await world.runUntil(plan.endMs)
    world.finish()
  } catch (error) {
    failure = { ...describe(error), atMs: world.nowMs }
  } finally {
    process.off('unhandledRejection', world.onRejection)
  }
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

function describe(error: unknown): { readonly invariant: string; readonly message: string } {
  if (error instanceof Violation) return { invariant: error.invariant, message: error.message }
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return { invariant: 'BUG', message }
}
