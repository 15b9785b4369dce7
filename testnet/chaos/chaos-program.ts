/**
 * The command line of the chaos rows.
 *
 * @module
 */

import { Command } from 'commander'
import { parseCount, usage } from '../../node/cli/command.ts'
import { ROWS } from './registry.ts'
import type { Row } from './row.ts'
import type { RunOptions } from './run-rows.ts'

/** What a command line asks for. */
export interface ChaosWish extends RunOptions {
  readonly isJson: boolean
  /** Only tell which rows there are. */
  readonly isList: boolean
}

interface Flags {
  readonly rows?: string
  readonly cycles?: string
  readonly long?: boolean
  readonly list?: boolean
  readonly json?: boolean
}

const CYCLES_MAX = 10_000

/** Builds the program; commander's own ends are thrown. */
export function createChaosProgram(run: (wish: ChaosWish) => Promise<void>): Command {
  return new Command('thingmoot chaos')
    .description('What happens to real nodes when machines, disks and links fail')
    .helpOption('-h, --help', 'print this help')
    .exitOverride()
    .configureOutput({
      outputError: (text, write) => write(text.replace(/^error:/, 'thingmoot:'))
    })
    .option('--rows <list>', 'of the rows that --list names, as C01,D05 (default: all)')
    .option('--cycles <number>', 'how often loops run, instead of each row’s own number')
    .option('--long', 'spans of time as in the acceptance list, not the shorter ones')
    .option('--list', 'name the rows and end')
    .option('--json', 'print nothing but the JSON line')
    .option('--verbose', 'with an error, show where in the program it arose')
    .action((flags: Flags) => run(readFlags(flags)))
}

function readFlags({ rows, cycles, long, list, json }: Flags): ChaosWish {
  const count = cycles === undefined ? undefined : parseCount(cycles, '--cycles')
  if (count !== undefined && (count < 1 || count > CYCLES_MAX))
    throw usage(`--cycles: ${count} is not within 1 to ${CYCLES_MAX}`)
  return {
    rows: rows === undefined ? ROWS : rows.split(',').map(findRow),
    cycles: count,
    isLong: long === true,
    isList: list === true,
    isJson: json === true
  }
}

function findRow(text: string): Row {
  const row = ROWS.find(({ id }) => id === text.trim().toUpperCase())
  if (row === undefined)
    throw usage(`--rows: "${text}" is unknown, there are ${ROWS.map(({ id }) => id).join(', ')}`)
  return row
}
