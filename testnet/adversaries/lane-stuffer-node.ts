#!/usr/bin/env node
/**
 * A member's node that, once it is sent SIGUSR2, batches whatever anybody hands it: no gate, no
 * quotas. Its own lane is full of it from then on.
 *
 * The whole product runs here. The product itself holds no switch for any of this.
 *
 * @module
 */

import '../../node/shims.ts'
import { quietPipes } from '../../node/cli/quiet-pipes.ts'
import { reportError, runCommandLine } from '../../node/cli/run.ts'
import { IntakeGate } from '../../node/intake/intake-gate.ts'
import { QuotaBook } from '../../node/intake/quota-book.ts'

process.on('SIGUSR2', () => {
  IntakeGate.prototype.enter = () => 'admitted'
  IntakeGate.prototype.leave = () => undefined
  QuotaBook.prototype.judge = () => 'enough'
})

process.exitCode = await runCommandLine(process.argv.slice(2), {
  environment: process.env,
  stdout: process.stdout,
  stderr: process.stderr,
  readerGone: quietPipes(process),
  onSignal: (signal, listener) => void process.on(signal, listener),
  exit: (code) => process.exit(code),
  startNode: async (options) => (await import('../../node/node.ts')).startNode(options)
}).catch((error: unknown) => reportError(error, { stderr: process.stderr, isVerbose: true }))
