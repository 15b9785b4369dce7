/**
 * `thingmoot start`: runs the node until it is told to stop or cannot go on.
 *
 * @module
 */

import type { Command } from 'commander'
import type { Config, GenesisDocument } from '../../config/index.ts'
import { NodeError } from '../errors.ts'
import type { CommandPorts } from './command.ts'
import { createOutput, type Output } from './output.ts'
import { addSettingFlags, type OptionValues, readGenesis, readSettings } from './settings.ts'

/** What a node starts with. */
export interface NodeStartOptions {
  readonly config: Config
  readonly genesis: GenesisDocument
  /** Lower-case hexadecimal. */
  readonly genesisHash: string
}

/** A node that is up. */
export interface RunningNode {
  /** What stands behind READY: `height=… peers=… http=…`. */
  readonly readyLine: () => string
  /** Takes no more transactions, hands over, flushes and closes. May be called twice. */
  readonly stop: () => Promise<void>
  /** Resolves with the trouble if the node cannot go on; never, if all is well. */
  readonly failed: Promise<NodeError>
  /** Resolves when a snapshot is installed: stopped and started again, the node goes on from it. */
  readonly ended: Promise<'snapshot-installed'>
  /** The settings with the ports that it took, so that it comes back where it was. */
  readonly settledConfig: () => Config
}

/**
 * Starts a node; resolves when it answers its users.
 *
 * @throws ConfigError or NodeError, with everything that was opened closed again
 */
export type NodeStarter = (options: NodeStartOptions) => Promise<RunningNode>

/** The signals of a process. */
export interface SignalPorts {
  readonly onSignal: (signal: NodeJS.Signals, listener: () => void) => void
  /** Ends the process at once. */
  readonly exit: (code: number) => never
}

/** What `start` needs. */
export interface StartPorts extends CommandPorts, SignalPorts {
  readonly startNode: NodeStarter
}

const DAMAGE_CODES: readonly string[] = ['STORAGE_DAMAGED', 'STORAGE_MISSING', 'VOTE_LOG_MISSING']
/** How long a node may take to stop before it is ended; whoever supervises it must wait longer. */
export const STOP_DEADLINE_MS = 30_000
/** As shells count a process that SIGINT ended. */
const EXIT_INTERRUPTED = 130

/** Adds `start`. */
export function addStartCommand(program: Command, ports: StartPorts): void {
  const command = program
    .command('start')
    .description('run the node')
    .option('--verbose', 'with an error, show where in the program it arose')
  addSettingFlags(command).action((options: OptionValues) => start(options, ports))
}

async function start(options: OptionValues, ports: StartPorts): Promise<void> {
  const { config, filePath } = await readSettings(options, ports)
  const { genesis, genesisHash } = await readGenesis(config.genesis, config.networkId)
  const output = createOutput({}, ports)
  const stopAsked = listen(ports, output)
  const startNode = (settled: typeof config): ReturnType<NodeStarter> =>
    ports.startNode({ config: settled, genesis, genesisHash }).catch((error) => {
      throw withRepairLine(error, filePath)
    })
  let node = await startNode(config)
  output.line(`READY ${node.readyLine()}`)
  for (;;) {
    const event = await Promise.race([node.failed, stopAsked, node.ended])
    await withDeadline(node.stop(), ports, output)
    if (event instanceof NodeError) throw withRepairLine(event, filePath)
    if (event === undefined) return
    // The ledger is another one: everything that knew the old one begins anew.
    node = await startNode(node.settledConfig())
  }
}

/** Damage is followed by the very line that looks into it. */
function withRepairLine(error: unknown, filePath: string): unknown {
  if (!(error instanceof NodeError) || !DAMAGE_CODES.includes(error.code)) return error
  const line = `thingmoot repair --plan --config ${filePath}`
  return new NodeError(error.code, `${error.message}; to look into it: ${line}`, { cause: error })
}

/** Resolves at the first request to stop; the second one ends the process at once. */
function listen(ports: SignalPorts, output: Output): Promise<void> {
  ports.onSignal('SIGHUP', () => {
    output.note('SIGHUP is ignored: settings are read at the start only')
  })
  return new Promise((resolve) => {
    let isAsked = false
    const ask = (signal: NodeJS.Signals): void => {
      if (isAsked && signal === 'SIGINT') ports.exit(EXIT_INTERRUPTED)
      if (!isAsked) output.note(`${signal}: stopping; a SIGINT now ends it at once`)
      isAsked = true
      resolve()
    }
    for (const signal of ['SIGTERM', 'SIGINT'] as const) ports.onSignal(signal, () => ask(signal))
  })
}

/** A node that does not stop is ended: what it had promised is durable already. */
async function withDeadline(
  stopped: Promise<void>,
  ports: SignalPorts,
  output: Output
): Promise<void> {
  const timer = setTimeout(() => {
    output.note(`the node did not stop within ${STOP_DEADLINE_MS / 1000} s and is ended`)
    ports.exit(EXIT_INTERRUPTED)
  }, STOP_DEADLINE_MS)
  try {
    await stopped
  } finally {
    clearTimeout(timer)
  }
}
