/**
 * The command line of the benchmarks.
 *
 * @module
 */

import { Command } from 'commander'
import { type Benchmark, fallbackText, readFlag, type Wish } from './benchmark.ts'

/** Who carries out what a command line asks for. */
export interface BenchRunners {
  readonly run: (benchmark: Benchmark, wish: Wish, isJson: boolean) => Promise<void>
  /** Takes the ratios of runs as those that later runs are held against. */
  readonly keep: (paths: readonly string[]) => Promise<void>
  /** Holds runs against the ratios that were kept. */
  readonly compare: (paths: readonly string[], isJson: boolean) => Promise<void>
}

/** What there is to run. */
export interface BenchCatalogue {
  /** What runs when nothing is named. */
  readonly usual: Benchmark
  readonly named: readonly Benchmark[]
}

type Flags = Readonly<Record<string, string | boolean | undefined>>

/** Builds the program; commander's own ends are thrown. */
export function createBenchProgram(
  folder: string,
  { usual, named }: BenchCatalogue,
  { run, keep, compare }: BenchRunners
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
  addFlags(program, usual, folder, run)
  for (const benchmark of named)
    addFlags(
      program.command(benchmark.name).description(benchmark.about).exitOverride(),
      benchmark,
      folder,
      run
    )
  program
    .command('baseline <reports...>')
    .description('keep the ratios of runs, files of what --json printed, in baseline.json')
    .exitOverride()
    .option('--verbose', 'with an error, show where in the program it arose')
    .action((paths: readonly string[]) => keep(paths))
  program
    .command('report <reports...>')
    .description('name what became worse than baseline.json by more than a tenth')
    .exitOverride()
    .option('--json', 'print nothing but the JSON line')
    .option('--verbose', 'with an error, show where in the program it arose')
    .action((paths: readonly string[], flags: Flags) => compare(paths, flags['json'] === true))
  return program
}

function addFlags(
  command: Command,
  benchmark: Benchmark,
  folder: string,
  run: BenchRunners['run']
): void {
  for (const flag of benchmark.flags)
    command.option(`--${flag.name} <${placeholderOf(flag.kind)}>`, flag.about, fallbackText(flag))
  command
    .option('--keep', 'leave the folders of the nodes behind')
    .option('--json', 'print nothing but the JSON line')
    .option('--verbose', 'with an error, show where in the program it arose')
    .action((flags: Flags) => {
      const inputs = Object.fromEntries(
        benchmark.flags.map((flag) => [flag.name, readFlag(flag, String(flags[camel(flag.name)]))])
      )
      const wish = { folder, isKept: flags['keep'] === true, inputs }
      return run(benchmark, wish, flags['json'] === true)
    })
}

function placeholderOf(kind: Benchmark['flags'][number]['kind']): string {
  return { count: 'number', counts: 'numbers', choice: 'name' }[kind]
}

/** As commander names an option's value. */
function camel(name: string): string {
  return name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())
}
