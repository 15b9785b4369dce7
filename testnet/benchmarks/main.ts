/**
 * The entry of the benchmark: one run, a table, and as the last line one JSON object.
 *
 * Exit code 0 for a valid run, 1 when something was lost, refused or differs. A disturbed run is
 * valid and says so.
 *
 * @module
 */

import '../../node/shims.ts'
import { reportError } from '../../node/cli/run.ts'
import { runBench } from './bench.ts'
import { type BenchWish, createBenchProgram, type SyncBenchWish } from './bench-program.ts'
import { benchTable } from './bench-table.ts'
import { measureSync } from './sync-bench.ts'
import { syncTable } from './sync-report.ts'

const EXIT_INVALID = 1
const EXIT_INTERRUPTED = 130
const isVerbose = process.argv.includes('--verbose')
const failed = (error: unknown): number => reportError(error, { stderr: process.stderr, isVerbose })
const opened: (() => Promise<void>)[] = []

// Settings for a node of one's own must not reach the nodes of a benchmark.
for (const name of Object.keys(process.env))
  if (name.startsWith('THINGMOOT_')) delete process.env[name]

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => {
    Promise.all(opened.map((kill) => kill()))
      .catch(failed)
      .finally(() => process.exit(EXIT_INTERRUPTED))
  })

/** Four places after the point: what lies beyond was not measured. */
function rounded(_key: string, value: unknown): unknown {
  return typeof value === 'number' ? Math.round(10_000 * value) / 10_000 : value
}

const teller =
  (isJson: boolean) =>
  (line: string): void => {
    if (!isJson) process.stdout.write(`${line}\n`)
  }

async function runThroughputAndLatency({ isJson, ...options }: BenchWish): Promise<void> {
  const say = teller(isJson)
  const report = await runBench(options, {
    note: say,
    onOpened: (kill) => void opened.push(kill)
  })
  say('')
  for (const line of benchTable(report)) say(line)
  process.stdout.write(`${JSON.stringify(report, rounded)}\n`)
  process.exitCode = report.valid ? 0 : EXIT_INVALID
}

async function runSync({ isJson, ...options }: SyncBenchWish): Promise<void> {
  const say = teller(isJson)
  const report = await measureSync(options, {
    note: say,
    onOpened: (kill) => void opened.push(kill)
  })
  say('')
  for (const line of syncTable(report)) say(line)
  process.stdout.write(`${JSON.stringify(report, rounded)}\n`)
  process.exitCode = report.valid ? 0 : EXIT_INVALID
}

const program = createBenchProgram(process.cwd(), runThroughputAndLatency, runSync)
try {
  await program.parseAsync(process.argv.slice(2), { from: 'user' })
} catch (error) {
  const exitCode = failed(error)
  // Nodes that came up before the trouble would keep this process alive.
  await Promise.all(opened.map((kill) => kill()))
  process.exit(exitCode)
}
