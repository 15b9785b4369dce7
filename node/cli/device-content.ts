/**
 * What a reference device says: readings and alarms as SenML packs, and heartbeats.
 *
 * @module
 */

import { type SenmlRecord, senmlContent } from '../../client/index.ts'
import { usage } from './command.ts'

/** What the command line says that the device shall say. */
export interface SayOptions {
  readonly reading?: readonly string[]
  readonly alarm?: readonly string[]
  readonly heartbeat?: boolean
  readonly unit?: string
}

/** Content with its kind. */
export interface Said {
  readonly contentKind: number
  readonly content: Uint8Array
}

const READING = 0
const ALARM = 1
const HEARTBEAT = 3

/**
 * Makes the content of one message.
 *
 * @throws NodeError USAGE_WRONG unless exactly one kind of content is asked for
 */
export function contentOf({ reading, alarm, heartbeat, unit }: SayOptions): Said {
  const asked = [reading, alarm, heartbeat].filter((value) => value !== undefined).length
  if (asked !== 1) throw usage('say one of --reading, --alarm and --heartbeat')
  if (heartbeat) return { contentKind: HEARTBEAT, content: new Uint8Array(0) }
  const records = (reading ?? alarm ?? []).map((text) => recordOf(text, unit))
  return { contentKind: reading === undefined ? ALARM : READING, content: senmlContent(records) }
}

/** `temperature=21.5`, `door=true` or `mode=eco` as a SenML record. */
function recordOf(text: string, unit: string | undefined): SenmlRecord {
  const [, n, value] = /^([A-Za-z0-9][A-Za-z0-9\-:./_]*)=(.+)$/.exec(text) ?? []
  if (n === undefined || value === undefined)
    throw usage(`"${text}" is not <name>=<value>, as in temperature=21.5`)
  const common = unit === undefined ? { n } : { n, u: unit }
  if (value === 'true' || value === 'false') return { ...common, vb: value === 'true' }
  return /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(value) && Number.isFinite(Number(value))
    ? { ...common, v: Number(value) }
    : { ...common, vs: value }
}
