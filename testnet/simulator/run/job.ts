/**
 * What workers are asked to do, and what they answer.
 *
 * @module
 */

import type { RunReport } from '../run-plan.ts'
import type { TwinRange, TwinReport } from '../twins/run-twins.ts'
import type { Plan } from '../world/plan.ts'

/** One piece of work. */
export type Job =
  /** The plan of a seed; twice, to see that it leads to the same run both times. */
  | {
      readonly kind: 'seed'
      readonly seed: number
      readonly seconds: number
      readonly isTwice: boolean
      /** Whether the members put motions to the vote for sure. */
      readonly isChurning?: boolean
    }
  | { readonly kind: 'plan'; readonly plan: Plan }
  /** A plan once more, written down. */
  | { readonly kind: 'explain'; readonly plan: Plan; readonly linesMax: number }
  | { readonly kind: 'twins'; readonly range: TwinRange }
  | { readonly kind: 'scenario'; readonly name: string; readonly text: string }
  /** How many writes and sends a node makes from one time until another. */
  | {
      readonly kind: 'points'
      readonly plan: Plan
      readonly node: number
      readonly fromMs: number
      readonly untilMs: number
    }

/** A run with what it cost. */
export interface TimedReport {
  readonly plan: Plan
  readonly report: RunReport
  readonly wallMs: number
  /** What the processor spent on it, whoever else was at work. */
  readonly processorMs: number
}

/** A run as it was written down. */
export interface Explanation {
  readonly report: RunReport
  readonly rows: readonly string[]
  /** The last lines of each node, and of the world. */
  readonly lines: readonly { readonly node: number | null; readonly text: string }[]
}

/** A scenario as it went. */
export interface PlayedScenario {
  /** The whole file with the output that came. */
  readonly text: string
}

/** The answer to each kind of work. */
export interface Answers {
  readonly seed: TimedReport
  readonly plan: TimedReport
  readonly explain: Explanation
  readonly scenario: PlayedScenario
  readonly points: number
  readonly twins: TwinReport
}

/** The answer to a piece of work. */
export type AnswerTo<Work extends Job> = Answers[Work['kind']]

/** What a worker sends back: an answer, or why there is none. */
export type Reply = { readonly answer: unknown } | { readonly error: string }
