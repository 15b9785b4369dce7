/**
 * Output: one answer of a command, as text for people or as JSON for programs.
 *
 * Answers go to stdout, everything said beside them to stderr, so that a pipe
 * holds the answer alone. Colours only where a person looks.
 *
 * @module
 */

import picocolors from 'picocolors'
import type { Environment } from '../../config/index.ts'

/** Where text and bytes go. */
export interface OutputStream {
  readonly isTTY?: boolean | undefined
  /** The size of the window, if there is one. */
  readonly columns?: number | undefined
  readonly rows?: number | undefined
  write(content: string | Uint8Array): unknown
}

/** What output needs of the process. */
export interface OutputPorts {
  readonly environment: Environment
  readonly stdout: OutputStream
  readonly stderr: OutputStream
}

/** How one run speaks. */
export interface OutputOptions {
  readonly json?: boolean | undefined
}

/** Puts colours on text, or leaves it as it is. */
export type Paint = ReturnType<typeof picocolors.createColors>

/** The same answer in both forms. */
export interface Answer {
  /** One JSON value; bytes stand in it as hexadecimal text. */
  readonly json: unknown
  readonly lines: (paint: Paint) => readonly string[]
}

/** Speaks for one run of a command. */
export interface Output {
  readonly isJson: boolean
  /** The answer, on stdout. */
  readonly answer: (answer: Answer) => void
  /** Bytes as they are, on stdout. */
  readonly bytes: (content: Uint8Array) => void
  /** One line of text, on stdout, whatever the form. */
  readonly line: (text: string) => void
  /** One line beside the answer, on stderr. */
  readonly note: (text: string) => void
}

/** Makes the output of one run. */
export function createOutput({ json = false }: OutputOptions, ports: OutputPorts): Output {
  const { stdout, stderr } = ports
  const paint = picocolors.createColors(isColoured(stdout, ports.environment))
  return {
    isJson: json,
    answer: (answer) => {
      const text = json ? toJson(answer.json) : answer.lines(paint).join('\n')
      stdout.write(`${text}\n`)
    },
    bytes: (content) => void stdout.write(content),
    line: (text) => void stdout.write(`${text}\n`),
    note: (text) => void stderr.write(`${text}\n`)
  }
}

/** Whether colours are wanted: a terminal, and no NO_COLOR (https://no-color.org). */
export function isColoured(stream: OutputStream, environment: Environment): boolean {
  const { NO_COLOR: noColour, TERM: terminal } = environment
  return stream.isTTY === true && !noColour && terminal !== 'dumb'
}

/** JSON in which bytes are lower-case hexadecimal text and maps are objects. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, replaceBytes, 2)
}

/** Rows with their first column padded to one width. */
export function table(rows: readonly (readonly [string, string])[], paint: Paint): string[] {
  const width = Math.max(0, ...rows.map(([name]) => name.length))
  return rows.map(([name, value]) => `  ${paint.dim(name.padEnd(width))}  ${value}`)
}

/** Rows of columns, the first row their names, each as wide as its widest value. */
export function columns(rows: readonly (readonly string[])[], paint: Paint): string[] {
  const widths = (rows[0] ?? []).map((_, index) =>
    Math.max(...rows.map((row) => row[index]?.length ?? 0))
  )
  const lines = rows.map((row) =>
    `  ${row.map((value, index) => value.padEnd(widths[index] ?? 0)).join('  ')}`.trimEnd()
  )
  return lines.map((line, index) => (index === 0 ? paint.dim(line) : line))
}

const SPANS: readonly (readonly [number, string])[] = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1_000, 's']
]

/** A span of time in the largest unit that fits, cut off: `29 d`, `3 s`, `0 s`. */
export function describeSpan(spanMs: number): string {
  const [unitMs, name] = SPANS.find(([unit]) => spanMs >= unit) ?? [1_000, 's']
  return `${Math.floor(spanMs / unitMs)} ${name}`
}

/** A number of something: `1 block`, `3 blocks`, `2 addresses`. */
export function count(number: number, noun: string): string {
  const ending = noun.endsWith('s') ? 'es' : 's'
  return `${number} ${noun}${number === 1 ? '' : ending}`
}

function replaceBytes(_key: string, value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
  return value instanceof Map ? Object.fromEntries(value) : value
}
