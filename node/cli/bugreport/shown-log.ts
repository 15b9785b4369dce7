/**
 * Lines of a node's log as a report may show them.
 *
 * Of a line stay its time, its level, its sentence if it is one of the node's, numbers under names
 * that the node uses, codes of alarms and errors, and of a stack the places within this program.
 *
 * @module
 */

import { NODE_ERROR_CODES } from '../../errors.ts'
import { explainAlarm } from '../../service/alarms.ts'
import { amount, LEFT_OUT, moment, ours, type ShownText } from './allow.ts'
import { LOG_ENDINGS, LOG_SENTENCES } from './log-sentences.ts'

/** As many lines are shown, the last ones. */
export const LINES_SHOWN_MAX = 500
const LINE_CHARACTERS_MAX = 65_536
const PLACES_SHOWN_MAX = 12
const LEVELS: ReadonlyMap<unknown, string> = new Map([
  [10, 'trace'],
  [20, 'debug'],
  [30, 'info'],
  [40, 'warn'],
  [50, 'error'],
  [60, 'fatal']
])
/** Fields that hold numbers, or yes and no. */
const FIELDS: readonly string[] = [
  'banMs',
  'bytes',
  'epoch',
  'height',
  'isMember',
  'isSeated',
  'maxMs',
  'members',
  'p99Ms',
  'points',
  'quorumWeight',
  'severity',
  'totalBytes',
  'values',
  'view'
]
const PLACE =
  /\bdist\/((?:protocol|config|client|node)\/[a-z0-9/.-]{1,120}\.js):(\d{1,6}):(\d{1,6})/g
const ALARM_CODE = /^[A-Z][A-Z_]{2,40}$/

/**
 * Reads the end of a log.
 *
 * @param isOurFile - whether a path below `dist/` is a file of this program
 */
export function showLog(text: string, isOurFile: (path: string) => boolean): readonly ShownText[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  return lines.slice(-LINES_SHOWN_MAX).map((line) => showLine(line, isOurFile))
}

function showLine(line: string, isOurFile: (path: string) => boolean): ShownText {
  const fields = parse(line)
  if (fields === undefined) return ours(`(a line that is not of the log: ${LEFT_OUT})`)
  const { time, level, msg, code, error } = fields
  const head = [moment(time), LEVELS.get(level) ?? LEFT_OUT, sentenceOf(msg)]
  const numbers = FIELDS.flatMap((name) => {
    const value = fields[name]
    if (typeof value === 'boolean') return [`${name}=${value}`]
    return typeof value === 'number' ? [`${name}=${amount(value)}`] : []
  })
  const known = codeOf(code)
  const places = placesOf(error, isOurFile)
  return ours(
    [...head, ...numbers, ...(known === null ? [] : [`code=${known}`]), ...places].join('  ')
  )
}

function parse(line: string): Readonly<Record<string, unknown>> | undefined {
  if (line.length > LINE_CHARACTERS_MAX) return undefined
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Readonly<Record<string, unknown>>)
      : undefined
  } catch {
    // not of our logger: it may say anything, so nothing of it is shown
    return undefined
  }
}

function sentenceOf(message: unknown): string {
  if (typeof message !== 'string') return LEFT_OUT
  const known = LOG_SENTENCES.find((sentence) => sentence === message)
  const ending = LOG_ENDINGS.find((one) => message.endsWith(one))
  return known ?? (ending === undefined ? LEFT_OUT : `…${ending}`)
}

/** The code, if this program has it. */
export function codeOf(code: unknown): string | null {
  if (typeof code !== 'string' || !ALARM_CODE.test(code)) return null
  return code in NODE_ERROR_CODES || explainAlarm(code) !== undefined ? code : null
}

function placesOf(error: unknown, isOurFile: (path: string) => boolean): string[] {
  const text = typeof error === 'string' ? error : JSON.stringify(error ?? '')
  return [...text.matchAll(PLACE)]
    .filter(([, path = '']) => !path.includes('..') && isOurFile(path))
    .slice(0, PLACES_SHOWN_MAX)
    .map(([, path, line, column]) => `at ${path}:${line}:${column}`)
}
