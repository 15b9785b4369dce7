import * as fc from 'fast-check'
import picocolors from 'picocolors'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { HEALTHY_STATUS, NOW_MS } from '../doctor/testing/sample-facts.ts'
import type { NodeStatus } from '../status.ts'
import { figuresOf, type MemberFigures, type NodeReading } from './figures.ts'
import { parseMetricsText } from './metrics-text.ts'
import { bytes, drawFigures, drawSilence } from './screen.ts'

const test = suite('the screen of top')

const PLAIN = picocolors.createColors(false)
const COLOURED = picocolors.createColors(true)
const BOUNDLESS = { columns: Number.POSITIVE_INFINITY, rows: Number.POSITIVE_INFINITY }
// biome-ignore lint/suspicious/noControlCharactersInRegex: it is what colours begin with
const COLOUR = /\u001b\[\d+m/g
const METRICS = `
thingmoot_consensus_block_final_seconds{quantile="0.5"} 0.2124
thingmoot_consensus_block_final_seconds{quantile="0.99"} 0.48
thingmoot_ledger_blocks_total{kind="final"} 14
thingmoot_ledger_transactions_total{kind="final"} 130
thingmoot_intake_transactions_open 3
thingmoot_intake_transactions_waiting 1
thingmoot_consensus_batches_pending 2
thingmoot_consensus_events_waiting 0
process_resident_memory_bytes 149946368
nodejs_heap_size_used_bytes 62914560
process_start_time_seconds ${NOW_MS / 1000 - 7200}
thingmoot_process_loop_delay_seconds 0.003
thingmoot_storage_free_bytes 9663676416
`

const member = (region: string, more: Partial<MemberFigures> = {}): MemberFigures => ({
  memberId: '0ff12420'.padEnd(64, '0'),
  region,
  weight: 1,
  isSelf: false,
  isConnected: true,
  roundTripMs: 212.4,
  lastHeardAtMs: NOW_MS - 1_000,
  ...more
})

const reading = (
  status: Partial<NodeStatus> = {},
  members: readonly MemberFigures[] = [
    member('oslo', { isSelf: true, roundTripMs: null, lastHeardAtMs: null }),
    member('tokyo'),
    member('lima', { isConnected: false, roundTripMs: null })
  ],
  metrics: string | null = METRICS
): NodeReading => ({
  atMs: NOW_MS,
  url: 'http://127.0.0.1:8080',
  status: { ...HEALTHY_STATUS, ...status },
  members,
  metrics: metrics === null ? null : parseMetricsText(metrics)
})

const draw = (now: NodeReading, before: NodeReading | null = null): string =>
  drawFigures(figuresOf(now, before), BOUNDLESS, PLAIN).join('\n')

test('it tells height, finality, links, pools, memory and the delay of the loop', () => {
  const screen = draw(reading({ highestKnownHeight: 9 }))
  for (const text of [
    /^thingmoot top {2}town, member at http:\/\/127\.0\.0\.1:8080 {2}12:04:30 UTC$/m,
    /^ready {2}All 4 members are present\.$/m,
    /^ {2}height {4}7, 2 behind {3}final 1 s ago {3}epoch 0, view 8$/m,
    /^ {2}weight {4}4 of 4, 3 needed {3}3 peers$/m,
    /^ {2}finality {2}median 212 ms, 99th 480 ms {3}— blocks\/s {3}— transactions\/s$/m,
    /^ {2}pools {5}3 under way {3}1 wait for their turn {3}2 batches {3}0 events {3}0 pending$/m,
    /^ {2}memory {4}143\.0 MiB resident {3}60\.0 MiB heap {3}up 2 h$/m,
    /^ {2}loop {6}3 ms late, 99th$/m,
    /^ {2}disk {6}9\.0 GiB free$/m,
    /^ {2}oslo \(0ff12420\) +1 {2}this node/m,
    /^ {2}tokyo \(0ff12420\) +1 {2}connected +212 ms {2}1 s ago$/m,
    /^ {2}lima \(0ff12420\) +1 {2}none +— {2}1 s ago$/m
  ])
    assert.match(screen, text)
})

test('rates are of the time between two looks, and unknown after a restart', () => {
  const earlier = METRICS.replace('} 14', '} 10').replace('} 130', '} 100')
  const before = { ...reading({}, [], earlier), atMs: NOW_MS - 2_000 }
  assert.match(draw(reading(), before), /2\.0 blocks\/s {3}15\.0 transactions\/s/)
  const later = { ...reading({}, [], METRICS.replace('} 14', '} 99')), atMs: NOW_MS - 2_000 }
  assert.match(draw(reading(), later), /— blocks\/s/)
})

test('a node without metrics is shown by its status alone', () => {
  const screen = draw(reading({ pendingTransactions: 36 }, [], null))
  assert.match(screen, /pending {3}36 transactions/)
  assert.match(screen, /metrics {3}not reached: see metrics\.enabled and --metrics-url/)
  assert.not.match(screen, /finality/)
})

test('alarms and damage are told with what they mean', () => {
  const storage = { scrubbedAtMs: null, damagedRecords: 2, repairedRecords: 0 }
  const screen = draw(reading({ alarms: ['VOTE_LOG_LOST', 'LATER_ALARM'], storage }))
  assert.match(screen, /alarm {5}VOTE_LOG_LOST: The vote log was lost/)
  assert.match(screen, /alarm {5}LATER_ALARM: see the log of the node/)
  assert.match(screen, /storage {3}2 damaged records, being mended/)
})

test('of many members as many are shown as fit, and the rest is counted', () => {
  const seats = Array.from({ length: 60 }, (_, index) => member(`region-${index}`))
  const lines = drawFigures(figuresOf(reading({}, seats), null), { columns: 80, rows: 20 }, PLAIN)
  assert.is(lines.length, 20)
  assert.match(lines.at(-1) ?? '', /^ {2}… and \d+ more$/)
})

test('a node that is away is told as such', () => {
  const trouble = 'http://127.0.0.1:8080: no node answers there (ECONNREFUSED)'
  const silence = { url: 'http://127.0.0.1:8080', trouble, sinceMs: 12_000 }
  assert.equal(drawSilence(silence, { columns: 200, rows: 24 }, PLAIN), [
    'thingmoot top  http://127.0.0.1:8080',
    trouble,
    'no answer for 12 s; asking again'
  ])
})

test('no line is wider than the window, whatever stands in it, and no colour is cut', () => {
  const line = fc.string({ unit: 'binary', maxLength: 60 })
  fc.assert(
    fc.property(line, line, fc.integer({ min: 1, max: 120 }), (sentence, region, columns) => {
      const drawn = reading({ sentence, alarms: [region] }, [member(region)])
      const size = { columns, rows: 30 }
      const plain = drawFigures(figuresOf(drawn, null), size, PLAIN)
      const coloured = drawFigures(figuresOf(drawn, null), size, COLOURED)
      for (const text of plain) {
        assert.ok([...text].length <= columns, text)
        assert.not.match(text, /[\p{Cc}\p{Cf}]/u)
      }
      assert.equal(
        coloured.map((text) => text.replace(COLOUR, '')),
        plain
      )
    })
  )
})

test('bytes are told in the largest unit that fits', () => {
  const told = [0, 1023, 1024, 1_500_000, 3 * 1024 ** 3, null].map(bytes)
  assert.equal(told, ['0 B', '1023 B', '1.0 KiB', '1.4 MiB', '3.0 GiB', '—'])
})

test.run()
