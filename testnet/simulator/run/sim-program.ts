/**
 * The command line of the simulator.
 *
 * @module
 */

import { availableParallelism } from 'node:os'
import { Command } from 'commander'
import { parseCount, parseDurationMs, usage } from '../../../node/cli/command.ts'
import type { CryptoName } from './batch.ts'

/** What every command line says. */
export interface CommonWish {
  readonly seconds: number
  readonly workers: number
  readonly crypto: CryptoName
  /** How long a failing plan is made smaller at most; 0 for not at all. */
  readonly shrinkMs: number
  readonly isJson: boolean
  /** Whether the members put motions to the vote in every run. */
  readonly isChurning: boolean
}

/** What a command line asks for. */
export type SimWish = CommonWish &
  (
    | {
        readonly kind: 'batch'
        readonly from: number
        readonly seeds: number
        readonly realCryptoEvery: number
      }
    | {
        readonly kind: 'one'
        readonly source: { readonly seed: number } | { readonly planFile: string }
        readonly hasTranscript: boolean
      }
    | { readonly kind: 'crash-points'; readonly triesMax: number }
    | { readonly kind: 'twins'; readonly stride: number; readonly samples: number }
    | { readonly kind: 'mutants'; readonly only: string | undefined }
    | {
        readonly kind: 'scenarios'
        readonly only: string | undefined
        readonly isRewriting: boolean
      }
  )

interface Flags {
  readonly seeds: string
  readonly from: string
  readonly seconds: string
  readonly workers?: string
  readonly realCryptoEvery: string
  readonly realCrypto?: boolean
  readonly seed?: string
  readonly plan?: string
  readonly transcript?: boolean
  readonly shrink?: boolean
  readonly shrinkFor: string
  readonly crashPoints?: boolean
  readonly triesMax: string
  readonly twins?: boolean
  readonly stride: string
  readonly samples: string
  readonly mutants?: boolean | string
  readonly scenarios?: boolean | string
  readonly rewrite?: boolean
  readonly churn?: boolean
  readonly json?: boolean
}

const SEED_MAX = 0xffff_ffff
const SEEDS_MAX = 100_000_000
const SECONDS_MAX = 86_400
const WORKERS_MAX = 256
const TRIES_MAX = 1_000_000

const EXAMPLES = `
Examples:
  npm run sim -- --seeds 2000                     many seeds, each with faults of its own
  npm run sim -- --seed=0x1f --transcript         one seed, line by line
  npm run sim -- --seed=0x1f --shrink             the least that makes it fail
  npm run sim -- --crash-points                   the power is cut at every write and send
  npm run sim -- --twins                          two processes of one key, every schedule
  npm run sim -- --mutants                        wrong lines, each of which must be noticed
  npm run sim -- --scenarios partition-heals      a script, compared word by word

Exit code 0 when everything was kept, 1 when not.`

/** Builds the program; commander's own ends are thrown. */
export function createSimProgram(run: (wish: SimWish) => Promise<void>): Command {
  return new Command('thingmoot sim')
    .description('Whole networks in virtual time, with faults, liars and checkers')
    .helpOption('-h, --help', 'print this help')
    .addHelpText('after', EXAMPLES)
    .exitOverride()
    .configureOutput({
      outputError: (text, write) => write(text.replace(/^error:/, 'thingmoot:'))
    })
    .option('--seeds <number>', 'run so many seeds', '200')
    .option('--from <seed>', 'the first of them', '1')
    .option('--seconds <number>', 'virtual time of each run', '120')
    .option('--workers <number>', 'processes (default: one for each core)')
    .option('--real-crypto-every <number>', 'one seed in so many with Ed25519; 0 for none', '20')
    .option('--churn', 'have the members put motions to the vote in every run, not in half of them')
    .option('--seed <seed>', 'run one seed: 31 or 0x1f')
    .option('--plan <file>', 'run one plan')
    .option('--real-crypto', 'with --seed or --plan: with Ed25519')
    .option('--transcript', 'with --seed or --plan: print everything that happens')
    .option('--shrink', 'with --seed or --plan: make a failing plan smaller')
    .option('--shrink-for <span>', 'how long to try to; 0s for not at all', '60s')
    .option('--crash-points', 'cut the power at each write and send of one node')
    .option('--tries-max <number>', 'with --crash-points: beyond so many, every n-th', '400')
    .option('--twins', 'two processes of one key: every schedule of four members, samples of seven')
    .option('--stride <number>', 'with --twins: take every n-th schedule', '1')
    .option('--samples <number>', 'with --twins: networks of seven members', '5000')
    .option('--mutants [name]', 'hunt all mutants, or one')
    .option('--scenarios [name]', 'play all scenarios, or one')
    .option('--rewrite', 'with --scenarios: write down what came')
    .option('--json', 'print nothing but the answer, as one line of JSON')
    .option('--verbose', 'with an error, show where in the program it arose')
    .action((flags: Flags) => run(readWish(flags)))
}

function readWish(flags: Flags): SimWish {
  const common = readCommon(flags)
  const { seed, plan, crashPoints, twins, mutants, scenarios } = flags
  const modes = [seed, plan, crashPoints, twins, mutants, scenarios]
  if (modes.filter((mode) => mode !== undefined).length > 1)
    throw usage(
      'only one of --seed, --plan, --crash-points, --twins, --mutants and --scenarios can be meant'
    )
  if (flags.crashPoints === true)
    return {
      ...common,
      kind: 'crash-points',
      triesMax: within(flags.triesMax, '--tries-max', [1, TRIES_MAX])
    }
  if (flags.twins === true)
    return {
      ...common,
      kind: 'twins',
      stride: within(flags.stride, '--stride', [1, TRIES_MAX]),
      samples: within(flags.samples, '--samples', [0, SEEDS_MAX])
    }
  if (flags.mutants !== undefined)
    return { ...common, kind: 'mutants', only: nameIn(flags.mutants) }
  if (flags.scenarios !== undefined)
    return {
      ...common,
      kind: 'scenarios',
      only: nameIn(flags.scenarios),
      isRewriting: flags.rewrite === true
    }
  const source = readSource(flags)
  if (source !== undefined)
    return { ...common, kind: 'one', source, hasTranscript: flags.transcript === true }
  return {
    ...common,
    kind: 'batch',
    from: parseSeed(flags.from, '--from'),
    seeds: within(flags.seeds, '--seeds', [1, SEEDS_MAX]),
    realCryptoEvery: within(flags.realCryptoEvery, '--real-crypto-every', [0, SEEDS_MAX])
  }
}

function readCommon(flags: Flags): CommonWish {
  const isOne = flags.seed !== undefined || flags.plan !== undefined
  const isShrinking = !isOne || flags.shrink === true
  return {
    seconds: within(flags.seconds, '--seconds', [10, SECONDS_MAX]),
    workers:
      flags.workers === undefined
        ? availableParallelism()
        : within(flags.workers, '--workers', [1, WORKERS_MAX]),
    crypto: flags.realCrypto === true ? 'real' : 'stub',
    shrinkMs: isShrinking ? parseDurationMs(flags.shrinkFor) : 0,
    isJson: flags.json === true,
    isChurning: flags.churn === true
  }
}

function readSource({
  seed,
  plan
}: Flags): { readonly seed: number } | { readonly planFile: string } | undefined {
  if (seed !== undefined) return { seed: parseSeed(seed, '--seed') }
  return plan === undefined ? undefined : { planFile: plan }
}

function nameIn(flag: boolean | string): string | undefined {
  return typeof flag === 'string' ? flag : undefined
}

function parseSeed(text: string, name: string): number {
  const isHex = /^0x[0-9a-f]{1,8}$/i.test(text)
  const seed = isHex ? Number.parseInt(text, 16) : parseCount(text, name)
  if (seed > SEED_MAX) throw usage(`${name}: ${text} is above 0xffffffff`)
  return seed
}

function within(text: string, name: string, [min, max]: readonly [number, number]): number {
  const value = parseCount(text, name)
  if (value < min || value > max) throw usage(`${name}: ${value} is not within ${min} to ${max}`)
  return value
}
