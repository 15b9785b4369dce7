/**
 * The option of every command that says which testnet is meant.
 *
 * @module
 */

import type { Command } from 'commander'
import { DEFAULT_HOME } from './home.ts'

/** What every command can be told. */
export interface HomeOptions {
  readonly home?: string
  readonly json?: boolean
}

/** Adds `--home`. */
export function withHome(command: Command): Command {
  return command.option('--home <dir>', `folder of the testnet (default: ${DEFAULT_HOME})`)
}
