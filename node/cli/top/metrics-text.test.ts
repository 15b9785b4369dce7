import * as fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createMetrics } from '../../metrics.ts'
import { parseMetricsText, sampleOf } from './metrics-text.ts'

const test = suite('metrics read back')

test('what the registry of a node says is read as it was counted', async () => {
  const metrics = createMetrics()
  metrics.count('thingmoot_ledger_blocks_total', 'final', 3)
  metrics.count('thingmoot_ledger_blocks_total', 'a "quoted" \\ kind', 4)
  metrics.show('thingmoot_storage_free_bytes', 'free bytes of the disk', () => 5e9)
  const measure = metrics.measure('thingmoot_consensus_block_final_seconds', 'time to final')
  for (const value of [0.1, 0.2, 0.3]) measure(value)
  const samples = parseMetricsText(await metrics.text())
  const blocks = 'thingmoot_ledger_blocks_total'
  assert.is(sampleOf(samples, blocks, { kind: 'final' }), 3)
  assert.is(sampleOf(samples, blocks, { kind: 'a "quoted" \\ kind' }), 4)
  assert.is(sampleOf(samples, blocks, { kind: 'other' }), null)
  assert.is(sampleOf(samples, 'thingmoot_storage_free_bytes'), 5e9)
  const finality = 'thingmoot_consensus_block_final_seconds'
  assert.is(sampleOf(samples, finality, { quantile: '0.5' }), 0.2)
  assert.is(sampleOf(samples, `${finality}_count`), 3)
  assert.ok((sampleOf(samples, 'process_resident_memory_bytes') ?? 0) > 0)
})

test('a percentile of nothing is none', async () => {
  const metrics = createMetrics()
  metrics.measure('thingmoot_consensus_block_final_seconds', 'time to final')
  const samples = parseMetricsText(await metrics.text())
  const name = 'thingmoot_consensus_block_final_seconds'
  assert.ok([null, 0].includes(sampleOf(samples, name, { quantile: '0.99' })))
})

test('values without end are read, lines that are none passed over', () => {
  const text = 'a 1\nb{le="+Inf"} +Inf\nc -Inf\n<html>\n# d 4\ne{x="1\nf NaN\ng 2 1700000000000\n'
  const samples = parseMetricsText(text)
  assert.equal([...samples.keys()], ['a', 'b', 'c', 'f', 'g'])
  assert.is(sampleOf(samples, 'b', { le: '+Inf' }), Number.POSITIVE_INFINITY)
  assert.is(sampleOf(samples, 'f'), null)
  assert.is(sampleOf(samples, 'g'), 2)
})

test('no text makes it fail, and none makes it keep more than there can be', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
      for (const [name, found] of parseMetricsText(text)) assert.ok(found.length > 0, name)
    })
  )
  const endless = 'a 1\n'.repeat(20_000)
  assert.is(parseMetricsText(endless).get('a')?.length, 10_000)
})

test.run()
