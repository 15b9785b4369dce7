/**
 * The scenarios of the repository.
 *
 * @module
 */

import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Where scenarios and kept plans lie, from the top of the repository. */
export const SCENARIO_FOLDER: string = 'testnet/scenarios'

/** The names of all scripts. */
export function scenarioNames(root: string): string[] {
  return filesWith(root, '.txt')
}

/** The file names of all kept plans. */
export function keptPlans(root: string): string[] {
  return filesWith(root, '.plan.json').map((name) => `${name}.plan.json`)
}

/** The text of a script. */
export function readScenario(root: string, name: string): string {
  return readFileSync(join(root, SCENARIO_FOLDER, `${name}.txt`), 'utf8')
}

/** Writes a script down as it went. */
export function writeScenario(root: string, name: string, text: string): void {
  writeFileSync(join(root, SCENARIO_FOLDER, `${name}.txt`), text)
}

function filesWith(root: string, ending: string): string[] {
  const folder = join(root, SCENARIO_FOLDER)
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .filter((name) => name.endsWith(ending))
    .map((name) => name.slice(0, -ending.length))
    .sort()
}
