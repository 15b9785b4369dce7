import * as fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { encodeSenmlCbor, type SenmlRecord, senmlContent } from '../../protocol/index.ts'
import { readForeignPayload } from './foreign-payload.ts'
import type { MappedReading, TopicRule } from './mqtt-topic-map.ts'

const test = suite('foreign payloads')

const NOW_SECONDS = 1_700_000_000
const TEMPERATURE: MappedReading = { at: '', name: 'temperature', unit: 'Cel' }

function read(
  format: TopicRule['format'],
  payload: string | Uint8Array,
  readings: readonly MappedReading[] = format === 'senml' ? [] : [TEMPERATURE]
): unknown {
  const bytes = typeof payload === 'string' ? Buffer.from(payload) : payload
  const verdict = readForeignPayload({ format, readings }, bytes, NOW_SECONDS)
  return verdict.ok ? verdict.value : verdict.fault
}

function records(...all: readonly SenmlRecord[]): readonly SenmlRecord[] {
  return all
}

test('a number is a number, and nothing else is', () => {
  for (const [text, v] of [
    ['21.5', 21.5],
    [' -3\n', -3],
    ['+.5', 0.5],
    ['1e3', 1000]
  ] as const)
    assert.equal(read('number', text), records({ n: 'temperature', u: 'Cel', v }))
  for (const text of ['', ' ', 'NaN', 'Infinity', '1e999', '0x10', '1 2', '21,5', '9'.repeat(65)])
    assert.is(read('number', text), 'PAYLOAD_NOT_NUMBER', text)
})

test('values of JSON are found by their pointers; those that are missing are left out', () => {
  const payload = '{"ENERGY":{"Power":230,"a/b":[true,{"~":"eco"}]},"n":null}'
  const at = (pointer: string, name: string): MappedReading => ({ at: pointer, name, unit: null })
  const wanted = [
    at('/ENERGY/Power', 'power'),
    at('/ENERGY/a~1b/0', 'on'),
    at('/ENERGY/a~1b/1/~0', 'mode'),
    ...[at('/n', 'n'), at('/ENERGY', 'group'), at('/constructor', 'x'), at('/ENERGY/none', 'y')]
  ]
  assert.equal(
    read('json', payload, wanted),
    records({ n: 'power', v: 230 }, { n: 'on', vb: true }, { n: 'mode', vs: 'eco' })
  )
  assert.is(read('json', '{}', wanted), 'PAYLOAD_VALUE_MISSING')
  assert.is(read('json', '{"a":', wanted), 'PAYLOAD_NOT_JSON')
})

test('SenML is read in both forms, and its times are made absolute', () => {
  const expected = [{ n: 'h', u: '%RH', v: 40, t: NOW_SECONDS - 60 }]
  assert.equal(read('senml', '[{"bn":"h","u":"%RH","v":40,"t":-60}]'), expected)
  assert.equal(read('senml', encodeSenmlCbor([{ n: 'h', u: '%RH', v: 40, t: -60 }])), expected)
  assert.is(read('senml', '[{"n":"h"}]'), 'PAYLOAD_NOT_SENML')
  assert.is(read('senml', '[]'), 'PAYLOAD_NOT_SENML')
})

test('whatever comes is read or refused, and what is read can be said', () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.json().map((text) => Buffer.from(text))
  )
  fc.assert(
    fc.property(bytes, fc.constantFrom('number', 'json', 'senml'), (payload, format) => {
      const found = read(format, payload)
      if (Array.isArray(found)) assert.ok(senmlContent(found).length > 1)
      else assert.match(String(found), /^PAYLOAD_/)
    })
  )
  assert.is(read('json', '['.repeat(32_000)), 'PAYLOAD_NOT_JSON')
})

test.run()
