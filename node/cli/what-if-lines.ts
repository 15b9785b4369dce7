/**
 * What a motion would lead to, in lines for people.
 *
 * @module
 */

import type { WhatIfAnswer } from './governance-answers.ts'
import type { Paint } from './output.ts'

/** The answer in lines: the question, the outlook, what is needed, and every warning. */
export function whatIfLines(
  { question, fault, needed, warnings, sentence }: WhatIfAnswer,
  paint: Paint
): readonly string[] {
  const outlook = fault === null ? sentence : paint.red(sentence)
  return [
    `${paint.bold(`To ${question}:`)} ${outlook}.`,
    ...(fault === null ? [`  to carry it: ${needed}`] : []),
    ...warnings.map((warning) => `  ${paint.yellow('!')} ${warning}`)
  ]
}
