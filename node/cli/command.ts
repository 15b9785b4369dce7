/**
 * What all commands share: their common options, and how option texts become values.
 *
 * @module
 */

import type { Command } from 'commander'
import { fromHex } from '../../protocol/index.ts'
import { NodeError } from '../errors.ts'
import type { OutputPorts } from './output.ts'

/** What every command needs of the process. */
export type CommandPorts = OutputPorts

/** Options that every command has. */
export interface CommonOptions {
  readonly json?: boolean
  readonly verbose?: boolean
}

const UNITS_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000
}

/** Adds a command that answers as text or JSON. */
export function addCommand(parent: Command, name: string, description: string): Command {
  return parent
    .command(name)
    .description(description)
    .option('--json', 'answer as JSON')
    .option('--verbose', 'with an error, show where in the program it arose')
}

/** Gathers an option that may be given several times. */
export function gather(value: string, earlier: readonly string[] = []): readonly string[] {
  return [...earlier, value]
}

/**
 * Reads a span of time such as `60s`, `500ms`, `2m` or `7d`.
 *
 * @throws NodeError USAGE_WRONG
 */
export function parseDurationMs(text: string): number {
  const match = /^(\d{1,9})(ms|s|m|h|d)$/.exec(text)
  const unitMs = UNITS_MS[match?.[2] ?? '']
  if (match === null || unitMs === undefined)
    throw usage(`"${text}" is not a span of time like 60s, 500ms, 2m or 7d`)
  return Number(match[1]) * unitMs
}

/**
 * Reads a whole number.
 *
 * @throws NodeError USAGE_WRONG
 */
export function parseCount(text: string, name: string): number {
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
  if (!Number.isSafeInteger(value)) throw usage(`${name}: "${text}" is not a whole number`)
  return value
}

/**
 * Reads bytes in hexadecimal.
 *
 * @throws NodeError USAGE_WRONG
 */
export function parseHex(text: string, length: number, name: string): Uint8Array {
  const bytes = fromHex(text.toLowerCase())
  if (bytes?.length !== length)
    throw usage(`${name}: "${text}" is not ${length} bytes in hexadecimal`)
  return bytes
}

/** The error for a command line that cannot be meant. */
export function usage(message: string, cause?: unknown): NodeError {
  return new NodeError('USAGE_WRONG', message, { cause })
}
