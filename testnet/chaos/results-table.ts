/**
 * The table of a run.
 *
 * @module
 */

import type { RowResult } from './run-rows.ts'

/** One line for each row: its id, how it ended, and what it measured or why not. */
export function resultsTable(results: readonly RowResult[]): readonly string[] {
  const count = (wanted: RowResult['result']): number =>
    results.filter(({ result }) => result === wanted).length
  return [
    'row | result | figures',
    '--- | ------ | -------',
    ...results.map(resultLine),
    `${count('passed')} passed, ${count('failed')} failed, ${count('skipped')} skipped`
  ]
}

/** The line of one row. */
export function resultLine({ id, title, result, reasons, figures, seconds }: RowResult): string {
  const why = reasons.map((reason) => reason.replaceAll('\n', ' ')).join('; ')
  const measured = Object.entries(figures).map(([name, value]) => `${name} ${value}`)
  const told = result === 'skipped' ? '' : [...measured, `took ${seconds} s`].join(', ')
  const outcome = why === '' ? result : `${result}: ${why}`
  return `${id} ${title} | ${outcome} | ${told}`
}
