/**
 * Payloads of devices that know nothing of the ledger: a number, JSON or SenML, into the records of a reading.
 *
 * @module
 */

import {
  acceptAs,
  decodeSenmlCbor,
  decodeSenmlJson,
  packResolved,
  reject,
  resolveSenml,
  type SenmlRecord,
  type Verdict
} from '../../protocol/index.ts'
import type { MappedReading, TopicRule } from './mqtt-topic-map.ts'

/** Why a payload is no reading. */
export type PayloadFault =
  | 'PAYLOAD_NOT_NUMBER'
  | 'PAYLOAD_NOT_JSON'
  | 'PAYLOAD_NOT_SENML'
  | 'PAYLOAD_VALUE_MISSING'

const NUMBER = /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,3})?\s*$/i
const NUMBER_LENGTH_MAX = 64
const TEXT_LENGTH_MAX = 256
const JSON_BEGINS = /^\s*\[/

/**
 * Reads a payload by a rule of the topic map.
 *
 * @param payload    - untrusted
 * @param nowSeconds - what relative times of SenML are relative to
 */
export function readForeignPayload(
  { format, readings }: Pick<TopicRule, 'format' | 'readings'>,
  payload: Uint8Array,
  nowSeconds: number
): Verdict<PayloadFault, readonly SenmlRecord[]> {
  if (format === 'senml') return readSenml(payload, nowSeconds)
  const text = Buffer.from(payload).toString('utf8')
  if (format === 'json') return readJson(text, readings)
  const [reading] = readings
  if (reading === undefined || text.length > NUMBER_LENGTH_MAX || !NUMBER.test(text))
    return reject('PAYLOAD_NOT_NUMBER')
  const record = recordOf(Number(text), reading)
  return record === undefined ? reject('PAYLOAD_NOT_NUMBER') : acceptAs([record])
}

function readJson(
  text: string,
  readings: readonly MappedReading[]
): Verdict<PayloadFault, readonly SenmlRecord[]> {
  let root: unknown
  try {
    root = JSON.parse(text)
  } catch {
    // A stranger's text that is no JSON: a plain "no".
    return reject('PAYLOAD_NOT_JSON')
  }
  const records = readings.flatMap((reading) => recordOf(valueAt(root, reading.at), reading) ?? [])
  return records.length === 0 ? reject('PAYLOAD_VALUE_MISSING') : acceptAs(records)
}

/** In JSON or CBOR; resolved, so that it says the same when it is read later. */
function readSenml(
  payload: Uint8Array,
  nowSeconds: number
): Verdict<PayloadFault, readonly SenmlRecord[]> {
  const text = Buffer.from(payload).toString('utf8')
  const pack = JSON_BEGINS.test(text) ? decodeSenmlJson(text) : decodeSenmlCbor(payload)
  const resolved = pack && resolveSenml(pack, nowSeconds)
  if (resolved === undefined || resolved.length === 0) return reject('PAYLOAD_NOT_SENML')
  return acceptAs(packResolved(resolved))
}

/** What stands at a JSON Pointer; undefined where nothing does. */
function valueAt(root: unknown, pointer: string): unknown {
  let value = root
  for (const token of pointer === '' ? [] : pointer.slice(1).split('/')) {
    const key = token.replaceAll('~1', '/').replaceAll('~0', '~')
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
    value = (value as Readonly<Record<string, unknown>>)[key]
  }
  return value
}

function recordOf(value: unknown, { name, unit }: MappedReading): SenmlRecord | undefined {
  const common = unit === null ? { n: name } : { n: name, u: unit }
  if (typeof value === 'number' && Number.isFinite(value)) return { ...common, v: value }
  if (typeof value === 'boolean') return { ...common, vb: value }
  if (typeof value === 'string' && value.length <= TEXT_LENGTH_MAX) return { ...common, vs: value }
  return undefined
}
