/**
 * `thingmoot testnet`: hands over to the testnet's own entry.
 *
 * The testnet stands above the node and may use all of it, so the node cannot import it: it is
 * started as the program it is.
 *
 * @module
 */

import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Command } from 'commander'
import { usage } from './command.ts'
import type { SignalPorts } from './start.ts'

/** What `testnet` needs of the process. */
export type TestnetPorts = SignalPorts

const ENTRY = fileURLToPath(new URL('../../testnet/main.js', import.meta.url))
const EXIT_KILLED = 130

/** Adds `testnet`. */
export function addTestnetCommand(program: Command, ports: TestnetPorts): void {
  program
    .command('testnet')
    .description(
      'run a whole network on this machine: up, status, kill, pause, heal, join, vote, down'
    )
    .argument('[arguments...]', 'see thingmoot testnet --help')
    .helpOption(false)
    .allowUnknownOption()
    .passThroughOptions()
    .action((args: readonly string[]) => handOver(args, ports))
}

async function handOver(args: readonly string[], ports: TestnetPorts): Promise<void> {
  if (!existsSync(ENTRY)) throw usage('this installation comes without the testnet')
  const child = spawn(process.execPath, [ENTRY, ...args], { stdio: 'inherit' })
  // A terminal tells the whole group, so the testnet has its SIGINT already.
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    ports.onSignal(signal, () => signal === 'SIGTERM' && child.kill(signal))
  const code = await new Promise<number>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (exitCode) => resolve(exitCode ?? EXIT_KILLED))
  })
  // Its exit code is ours; what was wrong it has said itself.
  if (code !== 0) ports.exit(code)
}
