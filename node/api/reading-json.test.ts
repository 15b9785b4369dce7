import { encode } from 'cborg'
import * as fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { toHex } from '../../protocol/index.ts'
import type { StoredReading } from '../ledger-service.ts'
import { readingToJson } from './reading-json.ts'
import { senmlRecords } from './senml-json.ts'

const test = suite('readings as JSON')

const reading = (content: Uint8Array, dataKeyEpoch = 0): StoredReading => ({
  transactionId: new Uint8Array(32),
  height: 5,
  timeMs: 1_000,
  incarnation: 1,
  sequence: 2,
  contentKind: 0,
  dataKeyEpoch,
  content,
  wire: Uint8Array.of(0x83, ...content),
  outcome: 'applied',
  code: null,
  marks: []
})

test('every SenML label gets its name, and data its text form', () => {
  const pack = encode([
    new Map<number, unknown>([
      [-2, 'urn:dev:1:'],
      [-3, 1.5e9],
      [0, 'voltage'],
      [1, 'V'],
      [2, 120.1]
    ]),
    new Map<number, unknown>([
      [0, 'raw'],
      [8, Uint8Array.of(0xff, 0xfe)]
    ])
  ])
  assert.equal(senmlRecords(pack), [
    { bn: 'urn:dev:1:', bt: 1.5e9, n: 'voltage', u: 'V', v: 120.1 },
    { n: 'raw', vd: '__4' }
  ])
})

test('sealed, unknown and spoilt content stays hex', () => {
  const pack = Uint8Array.of(0, ...encode([new Map([[2, 1]])]))
  const { records } = readingToJson(reading(pack))
  assert.equal(records, [{ v: 1 }])
  for (const closed of [reading(pack, 1), reading(Uint8Array.of(0, 0xff))]) {
    const { content, records: none } = readingToJson(closed)
    assert.equal([content, none], [toHex(closed.content), undefined])
  }
})

test('sealed content comes with the message that it is bound to, and no other does', () => {
  const content = new Uint8Array(40).fill(7)
  assert.is(readingToJson(reading(content, 1))['message'], `83${toHex(content)}`)
  assert.is(readingToJson(reading(content))['message'], undefined)
})

test('any content at all has a JSON form', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      const text = JSON.stringify(readingToJson(reading(Uint8Array.of(0, ...bytes))))
      assert.type(JSON.parse(text), 'object')
    })
  )
})

test.run()
