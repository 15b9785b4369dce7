/**
 * The screen of `top`: figures into lines, nothing but text in and text out.
 *
 * What a node or its members have written is shown without control characters, so that nobody
 * writes to the terminal but this program.
 *
 * @module
 */

import { nameOf } from '../../service/absence.ts'
import { explainAlarm } from '../../service/alarms.ts'
import { count, describeSpan, type Paint } from '../output.ts'
import type { MemberFigures, MetricFigures, TopFigures } from './figures.ts'

/** How much room there is; without a window there are no bounds. */
export interface ScreenSize {
  readonly columns: number
  readonly rows: number
}

type Tone = 'plain' | 'bold' | 'dim' | 'good' | 'doubtful' | 'bad'
type Line = readonly (readonly [text: string, tone: Tone])[]

const NAME_WIDTH = 10
const UNKNOWN = '—'
const UNITS: readonly (readonly [number, string])[] = [
  [1_099_511_627_776, 'TiB'],
  [1_073_741_824, 'GiB'],
  [1_048_576, 'MiB'],
  [1_024, 'KiB']
]
/** As the watchdog judges the loop. */
const LOOP_DELAY_MAX_SECONDS = 0.02
const BLANK: Line = []

/** The lines of a node that answers. */
export function drawFigures(figures: TopFigures, size: ScreenSize, paint: Paint): string[] {
  const head = [...headOf(figures), BLANK, ...rowsOf(figures), ...alarmsOf(figures), BLANK]
  const room = size.rows - head.length
  return fit([...head, ...membersOf(figures, room)], size, paint)
}

/** The lines of a node that does not answer, with the last that was heard of it. */
export function drawSilence(
  {
    url,
    trouble,
    sinceMs
  }: { readonly url: string; readonly trouble: string; readonly sinceMs: number },
  size: ScreenSize,
  paint: Paint
): string[] {
  return fit(
    [
      [
        ['thingmoot top  ', 'bold'],
        [url, 'plain']
      ],
      [[trouble, 'bad']],
      [[`no answer for ${describeSpan(sinceMs)}; asking again`, 'dim']]
    ],
    size,
    paint
  )
}

function headOf({ url, status, atMs }: TopFigures): Line[] {
  const { networkId, role, state, sentence } = status
  return [
    [
      ['thingmoot top  ', 'bold'],
      [`${networkId}, ${role} at ${url}  `, 'plain'],
      [`${new Date(atMs).toISOString().slice(11, 19)} UTC`, 'dim']
    ],
    [
      [`${state}  `, toneOfState(state)],
      [sentence, 'plain']
    ]
  ]
}

function toneOfState(state: string): Tone {
  if (state === 'ready') return 'good'
  return state === 'paused' || state === 'stopped' ? 'bad' : 'doubtful'
}

function rowsOf(figures: TopFigures): Line[] {
  const { status, metrics, atMs } = figures
  const behind = status.highestKnownHeight - status.height
  const far = behind > 0 ? `, ${behind} behind` : ''
  const since = status.height === 0 ? 'no block yet' : `final ${ago(status.finalAtMs, atMs)}`
  const weight = `${status.reachableWeight} of ${status.totalWeight}, ${status.quorumWeight} needed`
  const isEnough = status.reachableWeight >= status.quorumWeight
  return [
    row('height', `${status.height}${far}   ${since}   epoch ${status.epoch}, view ${status.view}`),
    row('weight', `${weight}   ${count(status.peers, 'peer')}`, isEnough ? 'plain' : 'bad'),
    ...(metrics === null
      ? [
          row('pending', count(status.pendingTransactions, 'transaction')),
          row('metrics', 'not reached: see metrics.enabled and --metrics-url', 'dim')
        ]
      : metricRows(metrics, status.pendingTransactions)),
    ...damageRows(status.storage.damagedRecords)
  ]
}

function metricRows(metrics: MetricFigures, pending: number): Line[] {
  const { finalMedianSeconds, finalP99Seconds, loopDelaySeconds } = metrics
  const isLate = (loopDelaySeconds ?? 0) > LOOP_DELAY_MAX_SECONDS
  return [
    row(
      'finality',
      `median ${milliseconds(finalMedianSeconds)}, 99th ${milliseconds(finalP99Seconds)}   ` +
        `${perSecond(metrics.blocksPerSecond)} blocks/s   ` +
        `${perSecond(metrics.transactionsPerSecond)} transactions/s`
    ),
    row(
      'pools',
      `${whole(metrics.transactionsOpen)} under way   ${whole(metrics.transactionsWaiting)} wait for their turn   ` +
        `${whole(metrics.batchesPending)} batches   ${whole(metrics.eventsWaiting)} events   ${pending} pending`
    ),
    row(
      'memory',
      `${bytes(metrics.residentBytes)} resident   ${bytes(metrics.heapBytes)} heap   up ${
        metrics.upSeconds === null ? UNKNOWN : describeSpan(metrics.upSeconds * 1000)
      }`
    ),
    row('loop', `${milliseconds(loopDelaySeconds)} late, 99th`, isLate ? 'doubtful' : 'plain'),
    row('disk', `${bytes(metrics.freeBytes)} free`)
  ]
}

function damageRows(damagedRecords: number): Line[] {
  if (damagedRecords === 0) return []
  return [row('storage', `${count(damagedRecords, 'damaged record')}, being mended`, 'bad')]
}

function alarmsOf({ status }: TopFigures): Line[] {
  return status.alarms.map((code) =>
    row('alarm', `${code}: ${explainAlarm(code) ?? 'see the log of the node'}`, 'bad')
  )
}

function membersOf({ members, atMs }: TopFigures, room: number): Line[] {
  const names = members.map(nameOf)
  const width = Math.max('member'.length, ...names.map((name) => name.length))
  const title: Line = [
    [`  ${'member'.padEnd(width)}  weight  link        round trip  last heard`, 'dim']
  ]
  const lines = members.map((member, index) => memberLine(member, names[index] ?? '', width, atMs))
  const shown = Math.max(1, room - 1)
  if (lines.length <= shown) return [title, ...lines]
  const cut = lines.slice(0, Math.max(0, shown - 1))
  return [title, ...cut, [[`  … and ${lines.length - cut.length} more`, 'dim']]]
}

function memberLine(member: MemberFigures, name: string, width: number, atMs: number): Line {
  const { weight, isSelf, isConnected, roundTripMs, lastHeardAtMs } = member
  const reached = isConnected ? 'connected' : 'none'
  const link = isSelf ? 'this node' : reached
  const trip = roundTripMs === null ? UNKNOWN : `${Math.round(roundTripMs)} ms`
  const heard = lastHeardAtMs === null ? UNKNOWN : ago(lastHeardAtMs, atMs)
  const last = isSelf ? '' : `  ${heard}`
  return [
    [`  ${plain(name).padEnd(width)}  ${String(weight).padStart(6)}  `, 'plain'],
    [link.padEnd(10), isConnected ? 'plain' : 'bad'],
    [`  ${trip.padStart(10)}${last}`, 'plain']
  ]
}

function row(name: string, text: string, tone: Tone = 'plain'): Line {
  return [
    [`  ${name.padEnd(NAME_WIDTH)}`, 'dim'],
    [text, tone]
  ]
}

/** Cuts what does not fit, counted before the colours are put on. */
function fit(lines: readonly Line[], { columns, rows }: ScreenSize, paint: Paint): string[] {
  const tones: Readonly<Record<Tone, (text: string) => string>> = {
    plain: (text) => text,
    bold: paint.bold,
    dim: paint.dim,
    good: paint.green,
    doubtful: paint.yellow,
    bad: paint.red
  }
  return lines.slice(0, rows).map((line) => {
    let left = columns
    return line
      .map(([text, tone]) => {
        const piece = [...plain(text)].slice(0, left).join('')
        left -= [...piece].length
        return piece === '' ? '' : tones[tone](piece)
      })
      .join('')
  })
}

/** Without what a terminal would obey, or what turns the direction of the text. */
function plain(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, '?')
}

function ago(momentMs: number, nowMs: number): string {
  return `${describeSpan(Math.max(0, nowMs - momentMs))} ago`
}

function milliseconds(seconds: number | null): string {
  return seconds === null ? UNKNOWN : `${Math.round(seconds * 1000)} ms`
}

function perSecond(rate: number | null): string {
  return rate === null ? UNKNOWN : rate.toFixed(1)
}

function whole(value: number | null): string {
  return value === null ? UNKNOWN : String(Math.round(value))
}

/** A number of bytes in the largest unit that fits. */
export function bytes(value: number | null): string {
  if (value === null) return UNKNOWN
  const [unit, name] = UNITS.find(([size]) => value >= size) ?? [1, 'B']
  return unit === 1 ? `${Math.round(value)} B` : `${(value / unit).toFixed(1)} ${name}`
}
