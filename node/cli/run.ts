/**
 * Runs one command line, and turns whatever goes wrong into one line and an exit code.
 *
 * A person never sees a stack unless they ask for it with --verbose.
 *
 * @module
 */

import { CommanderError } from 'commander'
import { ClientError, type ClientErrorCode } from '../../client/index.ts'
import { ConfigError } from '../../config/index.ts'
import { EXIT_CODES, NodeError } from '../errors.ts'
import { readOptionalText } from './files.ts'
import { createOutput, type OutputStream } from './output.ts'
import { createProgram, type ProgramPorts } from './program.ts'
import { settingsFileOf } from './settings.ts'

const NO_NODE_YET = `No node here yet.
  npm run testnet         a whole network on this machine
  thingmoot init --help   a node of your own
  thingmoot --help        everything else`

const HINTS: Readonly<Record<string, string>> = {
  ADDRESS_IN_USE: 'another process listens there: choose another port, 0 takes any free one',
  DATA_DIRECTORY_EXISTS: 'choose another --data-directory, or move this one away yourself',
  DATA_DIRECTORY_LOCKED: 'stop the other process first',
  DATA_DIRECTORY_MISSING: 'thingmoot init makes one',
  DISK_FULL: 'free some space; nothing that was acknowledged is lost',
  NODE_NOT_REACHED: 'is the node running? thingmoot start',
  STORAGE_DAMAGED: 'nothing was changed; repair says what is whole and what can be done',
  STORAGE_FORMAT_UNKNOWN: 'a newer program wrote this: upgrade',
  STORAGE_MISSING: 'nothing was changed; repair says what is whole and what can be done',
  VOTE_LOG_MISSING: 'without it the node could vote twice; repair says what can be done'
}

const CLIENT_EXIT_CODES: Readonly<Record<ClientErrorCode, number>> = {
  RECORD_NOT_WRITTEN: EXIT_CODES.disk,
  RECORD_EXISTS: EXIT_CODES.usage,
  RECORD_MISSING: EXIT_CODES.damaged,
  RECORD_DAMAGED: EXIT_CODES.damaged,
  DEVICE_CLOSED: EXIT_CODES.disk,
  WALLET_CLOSED: EXIT_CODES.disk,
  DEVICE_BUSY: EXIT_CODES.bug,
  NODES_UNREACHABLE: EXIT_CODES.noPeers,
  NODE_REFUSED: EXIT_CODES.noPeers,
  NODE_ANSWER_MALFORMED: EXIT_CODES.noPeers,
  SEALS_FORGED: EXIT_CODES.damaged
}

/**
 * Runs a command line.
 *
 * @param args - what stands behind the program's name
 * @returns the exit code of the process
 */
export async function runCommandLine(
  args: readonly string[],
  ports: ProgramPorts
): Promise<number> {
  try {
    const resolved = args.length > 0 ? args : await withoutArguments(ports)
    if (resolved.length > 0) await createProgram(ports).parseAsync(resolved, { from: 'user' })
    return EXIT_CODES.ok
  } catch (error) {
    return reportError(error, { stderr: ports.stderr, isVerbose: args.includes('--verbose') })
  }
}

/**
 * Tells an error and gives its exit code.
 */
export function reportError(
  error: unknown,
  { stderr, isVerbose }: { readonly stderr: OutputStream; readonly isVerbose: boolean }
): number {
  // commander has told its own already, with a suggestion where there is one
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_CODES.usage
  const { exitCode, message, hint } = explain(error)
  const stack = isVerbose && error instanceof Error ? `${stackOf(error)}\n` : ''
  stderr.write(`${prefixed(message)}\n${hint === undefined ? '' : `  ${hint}\n`}${stack}`)
  return exitCode
}

interface Explanation {
  readonly exitCode: number
  readonly message: string
  readonly hint?: string | undefined
}

function explain(error: unknown): Explanation {
  if (error instanceof ConfigError)
    return { exitCode: EXIT_CODES.configuration, message: error.message }
  if (error instanceof NodeError)
    return { exitCode: error.exitCode, message: error.message, hint: HINTS[error.code] }
  if (error instanceof ClientError)
    return {
      exitCode: CLIENT_EXIT_CODES[error.code],
      message: `${error.message}${reasonOf(error)}`
    }
  const text = error instanceof Error ? error.message : String(error)
  return {
    exitCode: EXIT_CODES.bug,
    message: `a bug of Thingmoot: ${text.split('\n')[0]}`,
    hint: 'please report it with what you did; --verbose shows where it arose'
  }
}

/** With settings the node is meant; without any it says how to get one. */
async function withoutArguments(ports: ProgramPorts): Promise<readonly string[]> {
  const path = settingsFileOf({}, ports.environment)
  if ((await readOptionalText(path)) !== undefined) return ['start']
  createOutput({}, ports).line(NO_NODE_YET)
  return []
}

function prefixed(message: string): string {
  return message
    .split('\n')
    .map((line) => `thingmoot: ${line}`)
    .join('\n')
}

function reasonOf({ cause }: Error): string {
  return cause instanceof ClientError || cause instanceof NodeError ? ` (${cause.message})` : ''
}

function stackOf(error: Error): string {
  const beneath = error.cause instanceof Error ? `\ncaused by ${stackOf(error.cause)}` : ''
  return `${error.stack ?? error.message}${beneath}`
}
