import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { errorCodesApart, metricsApart, misnamedMetrics, sentencesApart } from './name-rules.ts'
import type { SourceFile } from './repository.ts'

const test = suite('name rules')

function source(text: string): SourceFile[] {
  return [{ path: 'node/network/a.ts', text }]
}

test('a code that is thrown and not listed is found', () => {
  const text = "throw new NodeError(\n  'DISK_GONE',\n  'where is it')\n"
  assert.equal(errorCodesApart(source(text), ['DISK_GONE']), [])
  assert.equal(errorCodesApart(source(text), []), [
    'node/network/a.ts: DISK_GONE is not in NODE_ERROR_CODES'
  ])
})

test('a code that is listed and never thrown is found', () => {
  assert.equal(errorCodesApart(source("// 'DISK_GONE'\n"), ['DISK_GONE']), [
    'node/errors.ts: nothing throws DISK_GONE'
  ])
})

test('a metric with a wrong folder, noun or unit is found', () => {
  const found = (name: string): number =>
    misnamedMetrics(source(`metrics.count('${name}', 'kind', 1)\n`), ['network']).length
  assert.is(found('thingmoot_network_bans_total'), 0)
  assert.is(found('thingmoot_network_request_seconds'), 0)
  for (const name of [
    'thingmoot_elsewhere_bans_total',
    'thingmoot_network_total',
    'thingmoot_network_request_ms',
    'thingmoot_network_Bans_total'
  ])
    assert.is(found(name), 1, name)
})

test('a metric that the table lacks is found, and one of the table that nothing makes', () => {
  const text = "count('thingmoot_network_bans_total', 'kind', 1)\n"
  assert.equal(metricsApart(source(text), ['thingmoot_network_bans_total']), [])
  assert.equal(metricsApart(source(text), ['thingmoot_network_peers_open']), [
    'thingmoot_network_bans_total is not in METRICS',
    'nothing makes thingmoot_network_peers_open'
  ])
})

test('a sentence of the log that the list lacks is found, and one that nothing logs', () => {
  const text = "this.#log.info(is ? 'it rains' : 'it is dry', { height })\nports.log('a day', {})\n"
  assert.equal(sentencesApart(source(text), ['it rains', 'it is dry', 'a day']), [])
  assert.equal(sentencesApart(source(text), ['it rains', 'a day', 'a night']), [
    'node/network/a.ts: "it is dry" is not listed',
    'nothing logs "a night"'
  ])
})

test.run()
