/**
 * What people read of a failure: how to see it again, what was broken, and how everybody stood.
 *
 * @module
 */

import type { Failure } from '../run-plan.ts'
import type { Explanation } from './job.ts'

/** One failure. */
export interface FailureFacts {
  /** The command that leads to it again. */
  readonly command: string
  /** The commit it was found at; null where that is unknown. */
  readonly commit: string | null
  /** Where the plan was written to. */
  readonly planFile: string
  readonly failure: Failure
  readonly explanation: Explanation
}

/** Lines of the transcript that are shown of each node involved. */
export const LINES_SHOWN = 60

/** The lines. */
export function failureReport(facts: FailureFacts): string[] {
  const { command, commit, planFile, failure, explanation } = facts
  const again = explanation.report.failure
  const involved = involvedNodes(failure.message)
  const lines = explanation.lines.filter(
    ({ node }) => node === null || involved.length === 0 || involved.includes(node)
  )
  return [
    '',
    `${failure.invariant} at ${(failure.atMs / 1000).toFixed(3)} s: ${failure.message}`,
    `  ${command}${commit === null ? '' : `   # at ${commit}`}`,
    `  plan: ${planFile}`,
    ...(again?.invariant === failure.invariant
      ? []
      : [`  run again it was another: ${again?.invariant ?? 'nothing failed'}`]),
    '',
    ...explanation.rows.map((row) => `  ${row}`),
    '',
    ...lines.map(({ text }) => `  ${text}`)
  ]
}

/** The nodes that a message names; none when it names nobody. */
function involvedNodes(message: string): number[] {
  const named = [...message.matchAll(/\bnode (\d+)/g)].map(([, index]) => Number(index))
  return [...new Set(named)]
}

/** The command that runs one seed again. */
export function seedCommand(
  seed: number,
  run: {
    readonly seconds: number
    readonly crypto: 'stub' | 'real'
    readonly isChurning: boolean
  }
): string {
  const real = run.crypto === 'real' ? ' --real-crypto' : ''
  const churn = run.isChurning ? ' --churn' : ''
  return `npm run sim -- --seed=0x${seed.toString(16)} --seconds=${run.seconds}${churn}${real}`
}
