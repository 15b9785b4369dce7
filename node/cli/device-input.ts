/**
 * What a running device is told to say: one line of text each, bounded in length.
 *
 * A line is a SenML pack, an object of names and values, or either of them with a number:
 * `{"number": 17, "reading": {"temperature": 21.5}}`. Numbers rise, and what has been taken is told
 * and not said again: so whoever feeds the device loses nothing and repeats nothing, whatever
 * happens to either of them.
 *
 * @module
 */

import { decodeSenmlJson, type SenmlRecord, senmlContent } from '../../client/index.ts'

/** A line that can be said. */
export interface InputMessage {
  readonly number: number | null
  readonly contentKind: number
  readonly content: Uint8Array
}

/** A line as it was read. */
export type InputLine =
  | { readonly kind: 'message'; readonly message: InputMessage }
  | { readonly kind: 'faulty'; readonly code: InputFault }

/** Why a line is not said. */
export type InputFault = 'LINE_MALFORMED' | 'LINE_TOO_LONG'

/** Longest line, in bytes: more than the largest message holds. */
export const LINE_MAX_BYTES = 65_536

const NEW_LINE = 0x0a
const READING = 0
const ALARM = 1
const HEARTBEAT = 3
const NUMBERED: readonly string[] = ['number', 'reading', 'alarm', 'heartbeat']

/** Reads a line. */
export function parseInputLine(text: string): InputLine {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    // A stranger's text: that it is no JSON is all that there is to say.
    return faulty('LINE_MALFORMED')
  }
  if (
    isObject(value) &&
    'number' in value &&
    typeof value['number'] === 'number' &&
    isNumbered(value)
  )
    return numbered(value)
  const content = contentOf(value)
  return content === undefined
    ? faulty('LINE_MALFORMED')
    : { kind: 'message', message: { number: null, contentKind: READING, content } }
}

/** Lines of a stream, without the empty ones; one that is too long is read past and told. */
export async function* readLines(
  stream: AsyncIterable<Uint8Array | string>
): AsyncGenerator<string | InputFault> {
  let rest = Buffer.alloc(0)
  let isTooLong = false
  for await (const piece of withLastLine(stream)) {
    let bytes = Buffer.concat([rest, piece])
    for (let end = bytes.indexOf(NEW_LINE); end >= 0; end = bytes.indexOf(NEW_LINE)) {
      const line = bytes.toString('utf8', 0, Math.min(end, LINE_MAX_BYTES)).trim()
      if (isTooLong || end > LINE_MAX_BYTES) yield 'LINE_TOO_LONG'
      else if (line !== '') yield line
      isTooLong = false
      bytes = bytes.subarray(end + 1)
    }
    // Of a line that is too long already nothing is kept.
    isTooLong ||= bytes.length > LINE_MAX_BYTES
    rest = isTooLong ? Buffer.alloc(0) : Buffer.from(bytes)
  }
}

/** The last line may lack its end. */
async function* withLastLine(stream: AsyncIterable<Uint8Array | string>): AsyncGenerator<Buffer> {
  for await (const piece of stream) yield Buffer.from(piece as Uint8Array)
  yield Buffer.of(NEW_LINE)
}

/** `{"number": …, "reading" | "alarm": …}`, or `{"number": …, "heartbeat": true}`. */
function numbered(value: Readonly<Record<string, unknown>>): InputLine {
  const { number, reading, alarm, heartbeat } = value
  const asked = [reading, alarm, heartbeat].filter((one) => one !== undefined)
  if (!Number.isSafeInteger(number) || Number(number) < 1 || asked.length !== 1)
    return faulty('LINE_MALFORMED')
  const content = heartbeat === true ? new Uint8Array(0) : contentOf(reading ?? alarm)
  if (content === undefined) return faulty('LINE_MALFORMED')
  const spokenKind = reading === undefined ? ALARM : READING
  const contentKind = heartbeat === true ? HEARTBEAT : spokenKind
  return { kind: 'message', message: { number: Number(number), contentKind, content } }
}

function isNumbered(value: object): boolean {
  return (
    Object.keys(value).every((name) => NUMBERED.includes(name)) && Object.keys(value).length > 1
  )
}

function contentOf(value: unknown): Uint8Array | undefined {
  const records = Array.isArray(value) ? decodeSenmlJson(JSON.stringify(value)) : recordsOf(value)
  return records === undefined || records.length === 0 ? undefined : senmlContent(records)
}

/** `{"temperature": 21.5, "door": true, "mode": "eco"}` as a pack. */
function recordsOf(value: unknown): SenmlRecord[] | undefined {
  if (!isObject(value)) return undefined
  const pack = Object.entries(value).map(([n, one]) => {
    if (typeof one === 'number') return { n, v: one }
    return typeof one === 'boolean' ? { n, vb: one } : { n, vs: one }
  })
  return decodeSenmlJson(JSON.stringify(pack))
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function faulty(code: InputFault): InputLine {
  return { kind: 'faulty', code }
}
