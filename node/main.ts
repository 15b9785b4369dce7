#!/usr/bin/env node
/**
 * The one entry of the program `thingmoot`: hands the process to the command line.
 *
 * @module
 */

import './shims.ts'
import { reportError, runCommandLine } from './cli/run.ts'
import type { NodeStarter } from './cli/start.ts'

/** Loaded for `start` alone: all other commands answer without the weight of the daemon. */
const startNode: NodeStarter = async (options) => (await import('./node.ts')).startNode(options)

const isVerbose = process.argv.includes('--verbose')

for (const event of ['uncaughtException', 'unhandledRejection'] as const)
  process.on(event, (error: unknown) => {
    process.exit(reportError(error, { stderr: process.stderr, isVerbose }))
  })

for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    // whoever read our output has gone; a node goes on, and a command ends by itself
    if (error.code !== 'EPIPE') throw error
  })

process.exitCode = await runCommandLine(process.argv.slice(2), {
  environment: process.env,
  stdout: process.stdout,
  stderr: process.stderr,
  onSignal: (signal, listener) => void process.on(signal, listener),
  exit: (code) => process.exit(code),
  startNode
})
