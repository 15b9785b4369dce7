#!/usr/bin/env node
/**
 * The entry of the simulator.
 *
 * Exit code 0 when everything was kept, 1 when not, 64 for a command line that cannot be meant.
 *
 * @module
 */

import '../../node/shims.ts'
import { fileURLToPath } from 'node:url'
import { EXIT_READER_GONE, quietPipes } from '../../node/cli/quiet-pipes.ts'
import { reportError } from '../../node/cli/run.ts'
import { Terminal } from '../report/terminal.ts'
import { createSimProgram } from './run/sim-program.ts'
import { simulate } from './run/simulate.ts'
import { Stage } from './run/stage.ts'

const EXIT_BROKEN = 1
const EXIT_INTERRUPTED = 130
const root = fileURLToPath(new URL('../../..', import.meta.url))
const isVerbose = process.argv.includes('--verbose')

// Variants are taken away when the process ends in order, and so are workers.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(signal, () => process.exit(EXIT_INTERRUPTED))
quietPipes(process).addEventListener('abort', () => process.exit(EXIT_READER_GONE))

const program = createSimProgram(async (wish) => {
  const terminal = new Terminal(
    { isJson: wish.isJson, isHeadless: false },
    {
      environment: process.env,
      stdout: process.stdout,
      stderr: process.stderr,
      columns: () => process.stdout.columns
    }
  )
  const stage = new Stage({ root, workers: wish.workers })
  try {
    const isKept = await simulate(wish, { stage, terminal, nowMs: () => performance.now() })
    process.exitCode = isKept ? 0 : EXIT_BROKEN
  } finally {
    stage.clear()
  }
})
try {
  await program.parseAsync(process.argv.slice(2), { from: 'user' })
} catch (error) {
  process.exitCode = reportError(error, { stderr: process.stderr, isVerbose })
}
