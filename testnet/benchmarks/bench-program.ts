/**
 * The command line of the benchmark.
 *
 * @module
 */

import { Command } from 'commander'
import { parseCount, usage } from '../../node/cli/command.ts'
import { parseRegionSet, REGION_SETS } from '../regions/region-set.ts'
import { type BenchOptions, PHASES, type Phase } from './bench.ts'
import type { SyncBenchOptions } from './sync-bench.ts'

/** What a command line asks for. */
export interface BenchWish extends BenchOptions {
  readonly isJson: boolean
}

/** What a command line of `sync` asks for. */
export interface SyncBenchWish extends SyncBenchOptions {
  readonly isJson: boolean
}

interface SyncFlags {
  readonly transactions: string
  readonly devices: string
  readonly keep?: boolean
  readonly json?: boolean
}

interface Flags {
  readonly phases: string
  readonly nodes: string
  readonly seconds: string
  readonly warmUp: string
  readonly devices: string
  readonly inflight: string
  readonly rateMax: string
  readonly regions: string
  readonly latencySeconds: string
  readonly latencyRate: string
  readonly keep?: boolean
  readonly json?: boolean
}

/** Builds the program; commander's own ends are thrown. */
export function createBenchProgram(
  folder: string,
  run: (wish: BenchWish) => Promise<void>,
  runSync: (wish: SyncBenchWish) => Promise<void>
): Command {
  const program = new Command('thingmoot bench')
    .description('How fast Thingmoot is on this machine, beside what this machine allows')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({
      outputError: (text, write) => write(text.replace(/^error:/, 'thingmoot:'))
    })
    .option('--phases <list>', `of ${PHASES.join(',')}`, PHASES.join(','))
    .option('--nodes <number>', 'members of the net', '4')
    .option('--seconds <number>', 'throughput: measured window', '15')
    .option('--warm-up <seconds>', 'throughput: poured before it is measured', '8')
    .option('--devices <number>', 'throughput: devices that send', '1024')
    .option('--inflight <number>', 'throughput: requests under way at each node', '4')
    .option('--rate-max <number>', 'throughput: messages are signed for so many a second', '6000')
    .option('--regions <set>', `latency: ${REGION_SETS.join(', ')}`, 'global')
    .option('--latency-seconds <number>', 'latency: measured window', '20')
    .option('--latency-rate <number>', 'latency: messages a second in all', '5')
    .option('--keep', 'leave the folders of the nodes behind')
    .option('--json', 'print nothing but the JSON line')
    .option('--verbose', 'with an error, show where in the program it arose')
    .action((flags: Flags) => run(readFlags(flags, folder)))
  addSync(program, folder, runSync)
  return program
}

function addSync(
  program: Command,
  folder: string,
  run: (wish: SyncBenchWish) => Promise<void>
): void {
  program
    .command('sync')
    .description(
      'how fast a late node joins, killed midway through its snapshot, and one by blocks'
    )
    .exitOverride()
    .option('--transactions <number>', 'device messages on the ledger before it joins', '100000')
    .option('--devices <number>', 'devices that send them', '5000')
    .option('--keep', 'leave the folders of the nodes behind')
    .option('--json', 'print nothing but the JSON line')
    .option('--verbose', 'with an error, show where in the program it arose')
    .action((flags: SyncFlags) =>
      run({
        transactions: within(flags.transactions, '--transactions', [1000, 10_000_000]),
        devices: within(flags.devices, '--devices', [16, 1_000_000]),
        folder,
        isKept: flags.keep === true,
        isJson: flags.json === true
      })
    )
}

function readFlags(flags: Flags, folder: string): BenchWish {
  const regions = parseRegionSet(flags.regions)
  if (regions === undefined)
    throw usage(`--regions: "${flags.regions}" is unknown, there are ${REGION_SETS.join(', ')}`)
  return {
    phases: flags.phases.split(',').map(parsePhase),
    nodes: within(flags.nodes, '--nodes', [1, 16]),
    seconds: within(flags.seconds, '--seconds', [1, 600]),
    warmUpSeconds: within(flags.warmUp, '--warm-up', [0, 600]),
    devices: within(flags.devices, '--devices', [16, 100_000]),
    inflight: within(flags.inflight, '--inflight', [1, 16]),
    rateMax: within(flags.rateMax, '--rate-max', [1, 100_000]),
    regions,
    latencySeconds: within(flags.latencySeconds, '--latency-seconds', [1, 3600]),
    latencyRate: within(flags.latencyRate, '--latency-rate', [1, 50]),
    folder,
    isKept: flags.keep === true,
    isJson: flags.json === true
  }
}

function parsePhase(text: string): Phase {
  const phase = PHASES.find((name) => name === text)
  if (phase === undefined)
    throw usage(`--phases: "${text}" is unknown, there are ${PHASES.join(', ')}`)
  return phase
}

function within(text: string, name: string, [min, max]: readonly [number, number]): number {
  const value = parseCount(text, name)
  if (value < min || value > max) throw usage(`${name}: ${value} is not within ${min} to ${max}`)
  return value
}
