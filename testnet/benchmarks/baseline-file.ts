/**
 * The file of the baseline, and the two commands about it.
 *
 * @module
 */

import { existsSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { usage } from '../../node/cli/command.ts'
import {
  type Baseline,
  type ComparedRun,
  compareRuns,
  type Finding,
  formatBaseline,
  keepRuns,
  parseBaseline,
  parseRuns
} from './baseline.ts'

const FILE_MAX_BYTES = 16 * 1024 * 1024

/** Where the baseline lies in a repository. */
export function baselinePath(folder: string): string {
  return join(folder, 'testnet/benchmarks/baseline.json')
}

/**
 * Keeps the ratios of runs.
 *
 * @returns the names of the benchmarks that were kept
 * @throws NodeError USAGE_WRONG
 */
export function keepBaseline(folder: string, paths: readonly string[]): readonly string[] {
  const path = baselinePath(folder)
  const runs = readRuns(paths)
  const baseline = keepRuns(existsSync(path) ? readBaseline(path) : {}, runs)
  writeFileSync(`${path}.draft`, formatBaseline(baseline))
  renameSync(`${path}.draft`, path)
  return [...new Set(runs.map(({ benchmark }) => benchmark))]
}

/**
 * Holds runs against the baseline.
 *
 * @throws NodeError USAGE_WRONG
 */
export function compareWithBaseline(folder: string, paths: readonly string[]): readonly Finding[] {
  const path = baselinePath(folder)
  const runs = readRuns(paths)
  if (!existsSync(path))
    throw usage(
      `${path}: nothing was kept yet: \`npm run bench -- baseline <reports>\` keeps good runs`
    )
  return compareRuns(readBaseline(path), runs)
}

/** What was found, for people: regressions last, where they are read. */
export function findingLines(findings: readonly Finding[]): readonly string[] {
  const isWorse = ({ kind }: Finding): boolean => kind === 'regression'
  const regressions = findings.filter(isWorse)
  return [
    ...findings.filter((finding) => !isWorse(finding)).map(({ sentence }) => `  ${sentence}`),
    ...regressions.map(({ sentence }) => `WORSE  ${sentence}`),
    regressions.length === 0
      ? 'Nothing became worse by more than a tenth.'
      : `${regressions.length} became worse by more than a tenth.`
  ]
}

function readBaseline(path: string): Baseline {
  return parseBaseline(readBounded(path), path)
}

function readRuns(paths: readonly string[]): readonly ComparedRun[] {
  return paths.flatMap((path) => parseRuns(readBounded(path), path))
}

function readBounded(path: string): string {
  if (!existsSync(path)) throw usage(`${path}: is not there`)
  if (statSync(path).size > FILE_MAX_BYTES) throw usage(`${path}: is too large to be a report`)
  return readFileSync(path, 'utf8')
}
