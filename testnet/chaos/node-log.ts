/**
 * What a node has logged: read from its log file, from a place on.
 *
 * @module
 */

import { existsSync, readFileSync } from 'node:fs'
import { oldLogPath } from '../cluster/line-log.ts'

const ERROR_LEVEL = 50

/** Every line that the log still holds, oldest first. */
export function readLogLines(path: string): readonly string[] {
  return [oldLogPath(path), path]
    .filter((each) => existsSync(each))
    .flatMap((each) => readFileSync(each, 'utf8').split('\n'))
    .filter((line) => line !== '')
}

/** Whether a line says that a human must act: of level error or above, or the program's last words. */
export function isErrorLine(line: string): boolean {
  if (!line.startsWith('{')) return /^thingmoot: |^node:|Error\b/.test(line)
  try {
    const { level } = JSON.parse(line) as { readonly level?: unknown }
    return typeof level === 'number' && level >= ERROR_LEVEL
  } catch {
    // A line cut off by a kill tells nothing.
    return false
  }
}
