/**
 * ConfigError: settings, genesis or bootstrap text that an operator has to put right.
 *
 * Its message has one line for each problem, and each line names the file (or variable, or flag),
 * where possible line and column, the key, the value and what is allowed.
 *
 * @module
 */

/** One thing that is wrong, and where. */
export interface ConfigProblem {
  /** The file, environment variable or flag. */
  readonly source: string
  /** Position in the file, counted from 1. */
  readonly line?: number | undefined
  readonly column?: number | undefined
  /** The dotted path of the key; empty when the problem is not with one key. */
  readonly path: string
  readonly what: string
}

/** The codes that a ConfigError may carry. */
export type ConfigErrorCode = 'CONFIGURATION_WRONG' | 'GENESIS_WRONG'

const PROBLEMS_SHOWN_MAX = 10

function lineOf({ source, line, column, path, what }: ConfigProblem): string {
  const position = line === undefined ? '' : `:${line}:${column ?? 1}`
  return `${source}${position}: ${path === '' ? '' : `${path}: `}${what}`
}

function messageOf(problems: readonly ConfigProblem[]): string {
  const lines = problems.slice(0, PROBLEMS_SHOWN_MAX).map(lineOf)
  if (problems.length > PROBLEMS_SHOWN_MAX) lines.push('and more')
  return lines.join('\n')
}

/** Text from the operator that cannot be used as it is. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly code: ConfigErrorCode
  readonly problems: readonly ConfigProblem[]

  constructor(
    code: ConfigErrorCode,
    problems: readonly ConfigProblem[],
    options?: { cause?: unknown }
  ) {
    super(messageOf(problems), options)
    this.code = code
    this.problems = problems
  }
}

/** Orders problems as they stand in their file; those without a position come last. */
export function compareProblems(left: ConfigProblem, right: ConfigProblem): number {
  const lineGap = (left.line ?? Number.MAX_SAFE_INTEGER) - (right.line ?? Number.MAX_SAFE_INTEGER)
  return lineGap === 0 ? (left.column ?? 0) - (right.column ?? 0) : lineGap
}
