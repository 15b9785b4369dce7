/**
 * Reads untrusted text and judges it by a schema in one go, every fault with its line.
 *
 * @module
 */

import type { z } from 'zod'
import { ConfigError, type ConfigProblem, compareProblems } from './config-error.ts'
import { type DocumentOptions, readDocument } from './document.ts'
import { type Fault, judge } from './judge.ts'
import { showPath } from './show-value.ts'

/** A document in its schema's form. */
export interface JudgedDocument<Value> {
  readonly value: Value
  /** Throws a ConfigError that names these faults, unless there are none. */
  readonly refuse: (faults: readonly Fault[]) => void
}

/**
 * Reads `text` as a document of `schema`.
 *
 * @throws {@link ConfigError} one line for each fault
 */
export function readJudged<Value>(
  text: string,
  schema: z.ZodType<Value>,
  options: DocumentOptions
): JudgedDocument<Value> {
  const { source, code } = options
  const document = readDocument(text, options)
  const refusal = (faults: readonly Fault[]): ConfigError => {
    const problems = faults.map(
      ({ path, part, what }): ConfigProblem => ({
        source,
        ...document.locate(path, part),
        path: showPath(path),
        what
      })
    )
    return new ConfigError(code, problems.toSorted(compareProblems))
  }
  const judged = judge(schema, document.value)
  if (!judged.ok) throw refusal(judged.faults)
  return {
    value: judged.value,
    refuse: (faults) => {
      if (faults.length > 0) throw refusal(faults)
    }
  }
}
