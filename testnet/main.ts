#!/usr/bin/env node
/**
 * The entry of the testnet: hands the process to its commands.
 *
 * @module
 */

import '../node/shims.ts'
import { quietPipes } from '../node/cli/quiet-pipes.ts'
import { reportError } from '../node/cli/run.ts'
import { createTestnetProgram } from './program.ts'

const isVerbose = process.argv.includes('--verbose')
const failed = (error: unknown): number => reportError(error, { stderr: process.stderr, isVerbose })

for (const event of ['uncaughtException', 'unhandledRejection'] as const)
  process.on(event, (error: unknown) => {
    // The guards beside the nodes end them with this process.
    process.exit(failed(error))
  })

// Whoever reads the output may leave: the testnet goes on.
quietPipes(process)

// Settings for a node of one's own must not reach the nodes of a testnet.
for (const name of Object.keys(process.env))
  if (name.startsWith('THINGMOOT_')) delete process.env[name]

const program = createTestnetProgram(
  {
    environment: process.env,
    stdout: process.stdout,
    stderr: process.stderr,
    columns: () => process.stdout.columns,
    onSignal: (signal, listener) => void process.on(signal, listener),
    exit: (code) => process.exit(code),
    onBug: (error) => process.exit(failed(error))
  },
  (code) => {
    process.exitCode = code
  }
)
try {
  await program.parseAsync(process.argv.slice(2), { from: 'user' })
} catch (error) {
  process.exitCode = failed(error)
}
