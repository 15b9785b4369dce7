/**
 * The baseline: the ratios of the last runs that were accepted, and what became worse since.
 *
 * Ratios alone are kept. A figure of one machine says nothing about another; how it stands to what
 * that machine allows does.
 *
 * @module
 */

import { z } from 'zod'
import { usage } from '../../node/cli/command.ts'

/** The kept ratios of one benchmark, and with what inputs they were measured. */
export interface KeptRatios {
  readonly inputs: Readonly<Record<string, string>>
  readonly ratios: Readonly<
    Record<string, { readonly value: number; readonly better: 'higher' | 'lower' }>
  >
}

/** The kept ratios by benchmark. */
export type Baseline = Readonly<Record<string, KeptRatios>>

/** A run as far as it is compared. */
export interface ComparedRun extends KeptRatios {
  readonly benchmark: string
  readonly valid: boolean
  readonly disturbed: boolean
}

/** What is to be said about one ratio, or about a whole run where `ratio` is null. */
export interface Finding {
  readonly benchmark: string
  readonly ratio: string | null
  readonly kind: 'same' | 'better' | 'regression' | 'new' | 'gone' | 'not-compared'
  /** By what factor it is worse; below 1 it is better. Null where there is nothing to compare. */
  readonly worse: number | null
  readonly sentence: string
}

/** Beyond it a ratio counts as changed: runs of a quiet machine differ by some hundredths. */
const TOLERANCE = 1.1
const NAME_MAX_CHARACTERS = 100
const DIGITS = 4

const name = z.string().min(1).max(NAME_MAX_CHARACTERS)
const input = z
  .union([z.string().max(NAME_MAX_CHARACTERS), z.number(), z.array(z.number())])
  .transform(String)
const inputs = z.record(name, input)
const ratios = z.record(
  name,
  z.object({ value: z.number().nonnegative(), better: z.enum(['higher', 'lower']) })
)
const baselineShape = z.record(name, z.strictObject({ inputs, ratios }))
const runShape = z.object({
  benchmark: name,
  valid: z.boolean(),
  disturbed: z.boolean(),
  inputs,
  ratios
})

/**
 * Reads the runs of a file: every line that is a report of `--json`.
 *
 * @throws NodeError USAGE_WRONG when it holds none
 */
export function parseRuns(text: string, path: string): readonly ComparedRun[] {
  const runs = text
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => runShape.safeParse(parseJson(line)))
    .flatMap((read) => (read.success ? [read.data] : []))
  if (runs.length === 0) throw usage(`${path}: holds no report of \`npm run bench -- … --json\``)
  return runs
}

/**
 * Reads the baseline.
 *
 * @throws NodeError USAGE_WRONG when it is none
 */
export function parseBaseline(text: string, path: string): Baseline {
  const read = baselineShape.safeParse(parseJson(text))
  if (read.success) return read.data
  throw usage(`${path}: is no baseline; take it away and write it anew from good runs`)
}

/** The baseline as its file has it, so that a change of it reads well. */
export function formatBaseline(baseline: Baseline): string {
  const sorted = Object.entries(baseline).toSorted(([one], [other]) => (one < other ? -1 : 1))
  return `${JSON.stringify(Object.fromEntries(sorted), null, 2)}\n`
}

/**
 * A baseline with the ratios of some runs in place of what it kept of their benchmarks.
 *
 * @throws NodeError USAGE_WRONG for a run that is invalid or disturbed
 */
export function keepRuns(baseline: Baseline, runs: readonly ComparedRun[]): Baseline {
  const spoilt = runs.find(({ valid, disturbed }) => !valid || disturbed)
  if (spoilt !== undefined)
    throw usage(
      `the run of ${spoilt.benchmark} is ${spoilt.valid ? 'disturbed' : 'not valid'}: measure again on a quiet machine`
    )
  const kept = runs.map(({ benchmark, inputs: given, ratios: measured }) => {
    const rounded = Object.entries(measured).map(([ratio, { value, better }]) => [
      ratio,
      { value: Number(value.toPrecision(DIGITS)), better }
    ])
    return [benchmark, { inputs: given, ratios: Object.fromEntries(rounded) }] as const
  })
  return { ...baseline, ...Object.fromEntries(kept) }
}

/** Holds runs against the baseline. */
export function compareRuns(baseline: Baseline, runs: readonly ComparedRun[]): readonly Finding[] {
  return runs.flatMap((run) => compareRun(baseline[run.benchmark], run))
}

function compareRun(kept: KeptRatios | undefined, run: ComparedRun): readonly Finding[] {
  const { benchmark } = run
  const whole = (sentence: string): readonly Finding[] => [
    { benchmark, ratio: null, kind: 'not-compared', worse: null, sentence }
  ]
  if (!run.valid) return whole(`${benchmark}: the run is not valid`)
  if (run.disturbed) return whole(`${benchmark}: the run was disturbed, measure again`)
  if (kept === undefined) return whole(`${benchmark}: nothing was kept of it yet`)
  const other = Object.keys({ ...kept.inputs, ...run.inputs }).filter(
    (flag) => kept.inputs[flag] !== run.inputs[flag]
  )
  if (other.length > 0)
    return whole(
      `${benchmark}: kept with ${other.map((flag) => `--${flag} ${kept.inputs[flag] ?? '(none)'}`).join(' ')}, now ${other.map((flag) => `${run.inputs[flag] ?? '(none)'}`).join(' ')}`
    )
  const names = new Set([...Object.keys(kept.ratios), ...Object.keys(run.ratios)])
  return [...names].map((ratio) => compareRatio(benchmark, ratio, [kept, run]))
}

function compareRatio(
  benchmark: string,
  ratio: string,
  [kept, run]: readonly [KeptRatios, KeptRatios]
): Finding {
  const [before, now] = [kept.ratios[ratio], run.ratios[ratio]]
  const about = `${benchmark}, ${ratio}`
  if (now === undefined)
    return { benchmark, ratio, kind: 'gone', worse: null, sentence: `${about}: not measured` }
  const shown = now.value.toPrecision(3)
  if (before === undefined)
    return { benchmark, ratio, kind: 'new', worse: null, sentence: `${about}: ${shown}, new` }
  const isUp = now.better === 'higher'
  const worse = isUp ? before.value / now.value : now.value / before.value
  const change = `${before.value.toPrecision(3)} → ${shown}`
  const [kind, word] = judgeChange(worse)
  return { benchmark, ratio, kind, worse, sentence: `${about}: ${change}${word}` }
}

function judgeChange(worse: number): readonly [Finding['kind'], string] {
  // Nothing to nothing is no change; something to nothing, or the reverse, is beyond any factor.
  if (Number.isNaN(worse)) return ['same', '']
  if (worse > TOLERANCE) return ['regression', `, worse by ${Math.round(100 * (worse - 1))} %`]
  return worse < 1 / TOLERANCE ? ['better', ', better'] : ['same', '']
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Told apart by the shape that it does not have.
    return undefined
  }
}
