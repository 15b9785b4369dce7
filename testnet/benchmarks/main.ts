/**
 * The entry of the benchmarks: one run, a table, and as the last line one JSON object.
 *
 * Exit code 0 for a valid run, 1 when something was lost, refused or differs, and when a comparison
 * finds something worse. A disturbed run is valid and says so.
 *
 * @module
 */

import '../../node/shims.ts'
import { EXIT_READER_GONE, quietPipes } from '../../node/cli/quiet-pipes.ts'
import { reportError } from '../../node/cli/run.ts'
import { compareWithBaseline, findingLines, keepBaseline } from './baseline-file.ts'
import { createBenchProgram } from './bench-program.ts'
import type { Benchmark, Wish } from './benchmark.ts'
import { CATALOGUE } from './catalogue.ts'
import { runBenchmark } from './run-benchmark.ts'

const EXIT_INVALID = 1
const EXIT_INTERRUPTED = 130
const isVerbose = process.argv.includes('--verbose')
const failed = (error: unknown): number => reportError(error, { stderr: process.stderr, isVerbose })
const opened: (() => Promise<void>)[] = []
const folder = process.cwd()

// Settings for a node of one's own must not reach the nodes of a benchmark.
for (const name of Object.keys(process.env))
  if (name.startsWith('THINGMOOT_')) delete process.env[name]

function endWith(code: number): void {
  Promise.all(opened.map((kill) => kill()))
    .catch(failed)
    .finally(() => process.exit(code))
}

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => endWith(EXIT_INTERRUPTED))
quietPipes(process).addEventListener('abort', () => endWith(EXIT_READER_GONE))

/** Four places after the point: what lies beyond was not measured. */
function rounded(_key: string, value: unknown): unknown {
  return typeof value === 'number' ? Math.round(10_000 * value) / 10_000 : value
}

const teller =
  (isJson: boolean) =>
  (line: string): void => {
    if (!isJson) process.stdout.write(`${line}\n`)
  }

async function run(benchmark: Benchmark, wish: Wish, isJson: boolean): Promise<void> {
  const report = await runBenchmark(benchmark, wish, {
    note: teller(isJson),
    onOpened: (kill) => void opened.push(kill)
  })
  process.stdout.write(`${JSON.stringify(report, rounded)}\n`)
  process.exitCode = report.valid ? 0 : EXIT_INVALID
}

async function keep(paths: readonly string[]): Promise<void> {
  process.stdout.write(`kept: ${keepBaseline(folder, paths).join(', ')}\n`)
}

async function compare(paths: readonly string[], isJson: boolean): Promise<void> {
  const findings = compareWithBaseline(folder, paths)
  for (const line of findingLines(findings)) teller(isJson)(line)
  if (isJson) process.stdout.write(`${JSON.stringify(findings, rounded)}\n`)
  if (findings.some(({ kind }) => kind === 'regression')) process.exitCode = EXIT_INVALID
}

const program = createBenchProgram(folder, CATALOGUE, { run, keep, compare })
try {
  await program.parseAsync(process.argv.slice(2), { from: 'user' })
} catch (error) {
  const exitCode = failed(error)
  // Nodes that came up before the trouble would keep this process alive.
  await Promise.all(opened.map((kill) => kill()))
  process.exit(exitCode)
}
