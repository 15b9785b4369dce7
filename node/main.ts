#!/usr/bin/env node
/**
 * The one entry of the program `thingmoot`: hands the process to the command line.
 *
 * @module
 */

import './shims.ts'
import { quietPipes } from './cli/quiet-pipes.ts'
import { reportError, runCommandLine } from './cli/run.ts'
import type { NodeStarter } from './cli/start.ts'

/** Loaded for `start` alone: all other commands answer without the weight of the daemon. */
const startNode: NodeStarter = async (options) => {
  const { openHeldDevices } = await import('./cli/held/held-devices.ts')
  return (await import('./node.ts')).startNode({ ...options, openCustody: openHeldDevices })
}

const isVerbose = process.argv.includes('--verbose')

for (const event of ['uncaughtException', 'unhandledRejection'] as const)
  process.on(event, (error: unknown) => {
    process.exit(reportError(error, { stderr: process.stderr, isVerbose }))
  })

const readerGone = quietPipes(process)

process.exitCode = await runCommandLine(process.argv.slice(2), {
  environment: process.env,
  // Opened when it is read: most commands read none.
  get stdin() {
    return process.stdin
  },
  stdout: process.stdout,
  stderr: process.stderr,
  readerGone,
  onSignal: (signal, listener) => void process.on(signal, listener),
  exit: (code) => process.exit(code),
  startNode
})
