/**
 * What a benchmark is: its name, its flags, and what it makes of them.
 *
 * Every benchmark sets its figures against what this machine allows, measured in the same run. Such
 * ratios can be compared between machines and kept; figures alone cannot.
 *
 * @module
 */

import { parseCount, usage } from '../../node/cli/command.ts'
import type { PhasePorts } from './bench-net.ts'

/** An option of a benchmark; all of them have a default. */
export type Flag =
  | {
      readonly kind: 'count'
      readonly name: string
      readonly about: string
      readonly fallback: number
      readonly range: readonly [least: number, most: number]
    }
  | {
      /** Several counts with commas. */
      readonly kind: 'counts'
      readonly name: string
      readonly about: string
      readonly fallback: readonly number[]
      readonly range: readonly [least: number, most: number]
    }
  | {
      readonly kind: 'choice'
      readonly name: string
      readonly about: string
      readonly fallback: string
      readonly among: readonly string[]
    }

/** What a command line asks of a benchmark, judged. */
export interface Wish {
  /** Below it nets get folders of their own. */
  readonly folder: string
  /** Whether those folders stay. */
  readonly isKept: boolean
  readonly inputs: Readonly<Record<string, Input>>
}

/** The value of a flag. */
export type Input = number | string | readonly number[]

/** A figure set against what the machine allows. */
export interface Ratio {
  readonly value: number
  /** In which direction it would be an improvement. */
  readonly better: 'higher' | 'lower'
}

/** What a benchmark has measured. */
export interface Measured {
  readonly valid: boolean
  /** Whether others took so much of the machine that the figures tell of them too. */
  readonly disturbed: boolean
  /** Why the run is invalid or disturbed, a sentence each. */
  readonly remarks: readonly string[]
  /** By name; one that could not be taken is left out. */
  readonly ratios: Readonly<Record<string, Ratio>>
  /** For people. */
  readonly lines: readonly string[]
  /** For programs. */
  readonly figures: object
}

/** One benchmark. */
export interface Benchmark {
  readonly name: string
  readonly about: string
  readonly flags: readonly Flag[]
  readonly measure: (wish: Wish, ports: PhasePorts) => Promise<Measured>
}

const COUNTS_MAX = 16

/**
 * Reads the value of a flag.
 *
 * @throws NodeError USAGE_WRONG
 */
export function readFlag(flag: Flag, text: string): Input {
  const { name } = flag
  if (flag.kind === 'choice') {
    if (flag.among.includes(text)) return text
    throw usage(`--${name}: "${text}" is unknown, there are ${flag.among.join(', ')}`)
  }
  if (flag.kind === 'count') return within(text, flag)
  const parts = text.split(',')
  if (parts.length > COUNTS_MAX) throw usage(`--${name}: names more than ${COUNTS_MAX} values`)
  return parts.map((part) => within(part, flag))
}

/** The text of a flag's default, as a command line would say it. */
export function fallbackText({ fallback }: Flag): string {
  return typeof fallback === 'object' ? fallback.join(',') : String(fallback)
}

/** The value of a flag that is a count. */
export function countOf({ inputs }: Wish, name: string): number {
  return inputs[name] as number
}

/** The values of a flag that is several counts. */
export function countsOf({ inputs }: Wish, name: string): readonly number[] {
  return inputs[name] as readonly number[]
}

/** The value of a flag that is a choice. */
export function choiceOf<Choice extends string>({ inputs }: Wish, name: string): Choice {
  return inputs[name] as Choice
}

/** Ratios of which some could not be taken. */
export function ratiosOf(
  ratios: Readonly<Record<string, readonly [value: number | null, better: Ratio['better']]>>
): Readonly<Record<string, Ratio>> {
  return Object.fromEntries(
    Object.entries(ratios).flatMap(([name, [value, better]]) =>
      value === null || !Number.isFinite(value) ? [] : [[name, { value, better }]]
    )
  )
}

function within(
  text: string,
  { name, range: [least, most] }: Extract<Flag, { kind: 'count' | 'counts' }>
): number {
  const value = parseCount(text, `--${name}`)
  if (value < least || value > most)
    throw usage(`--${name}: ${value} is not within ${least} to ${most}`)
  return value
}
