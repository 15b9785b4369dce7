import { decode, encode } from 'cborg'
import * as fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { concatBytes, fromHex } from '../foundation/bytes.ts'
import { isSenmlPack } from './senml.ts'

const test = suite('SenML packs')

const hex = (digits: string): Uint8Array => fromHex(digits.replaceAll(/\s/g, '')) as Uint8Array

type SenmlRecord = Readonly<Record<string, string | number | boolean | Uint8Array>>

// RFC 8428 §6, Table 4.
const LABELS: Readonly<Record<string, number>> = {
  bver: -1,
  bn: -2,
  bt: -3,
  bu: -4,
  bv: -5,
  bs: -6,
  n: 0,
  u: 1,
  v: 2,
  vs: 3,
  vb: 4,
  s: 5,
  t: 6,
  ut: 7,
  vd: 8
}

function encodePack(records: readonly SenmlRecord[]): Uint8Array {
  return encode(
    records.map(
      (record) =>
        new Map(Object.entries(record).map(([name, value]) => [LABELS[name] ?? name, value]))
    )
  )
}

const isPack = (...records: readonly SenmlRecord[]): boolean => isSenmlPack(encodePack(records))

// RFC 8428 §6, Figure 2: the CBOR of the measurements of §5.1.3.
const FIGURE_2 = hex(`
  87 a7 21 78 1b 75 72 6e 3a 64 65 76 3a 6f 77 3a 31 30 65 32 30 37 33 61 30 31 30 38 30 30 36 3a
  22 fb 41 d3 03 a1 5b 00 10 62 23 61 41 20 05 00 67 76 6f 6c 74 61 67 65 01 61 56 02 fb 40 5e 06
  66 66 66 66 66 a3 00 67 63 75 72 72 65 6e 74 06 24 02 fb 3f f3 33 33 33 33 33 33 a3 00 67 63 75
  72 72 65 6e 74 06 23 02 fb 3f f4 cc cc cc cc cc cd a3 00 67 63 75 72 72 65 6e 74 06 22 02 fb 3f
  f6 66 66 66 66 66 66 a3 00 67 63 75 72 72 65 6e 74 06 21 02 f9 3e 00 a3 00 67 63 75 72 72 65 6e
  74 06 20 02 fb 3f f9 99 99 99 99 99 9a a3 00 67 63 75 72 72 65 6e 74 06 00 02 fb 3f fb 33 33 33
  33 33 33`)

test('the CBOR example of RFC 8428 §6 is a pack, and says what §5.1.3 says', () => {
  assert.ok(isSenmlPack(FIGURE_2))
  const base: SenmlRecord = {
    bn: 'urn:dev:ow:10e2073a0108006:',
    bt: 1276020076.001,
    bu: 'A',
    bver: 5,
    n: 'voltage',
    u: 'V',
    v: 120.1
  }
  const currents = [1.2, 1.3, 1.4, 1.5, 1.6, 1.7].map((v, index) => ({
    n: 'current',
    t: index - 5,
    v
  }))
  const expected = encodePack([base, ...currents])
  assert.equal(decode(FIGURE_2, { useMaps: true }), decode(expected, { useMaps: true }))
})

test('that example cut short, or with a byte behind it, is none', () => {
  for (let length = 0; length < FIGURE_2.length; length++)
    assert.not(isSenmlPack(FIGURE_2.subarray(0, length)))
  assert.not(isSenmlPack(concatBytes(FIGURE_2, Uint8Array.of(0))))
})

// The examples of RFC 8428 §5, their JSON put into CBOR.
const EXAMPLES: readonly (readonly [string, readonly SenmlRecord[]])[] = [
  ['a single datapoint', [{ n: 'urn:dev:ow:10e2073a01080063', u: 'Cel', v: 23.1 }]],
  [
    'multiple datapoints',
    [
      { bn: 'urn:dev:ow:10e2073a01080063:', n: 'voltage', u: 'V', v: 120.1 },
      { n: 'current', u: 'A', v: 1.2 }
    ]
  ],
  [
    'multiple measurements of one parameter',
    [
      { bn: 'urn:dev:ow:10e2073a01080063', bt: 1.320067464e9, bu: '%RH', v: 20 },
      { u: 'lon', v: 24.30621 },
      { u: 'lat', v: 60.07965 },
      { t: 60, v: 20.3 },
      { u: 'lon', t: 60, v: 24.30622 },
      { u: '%EL', t: 150, v: 98 }
    ]
  ],
  [
    'multiple data types',
    [
      { bn: 'urn:dev:ow:10e2073a01080063:', n: 'temp', u: 'Cel', v: 23.1 },
      { n: 'label', vs: 'Machine Room' },
      { n: 'open', vb: false },
      { n: 'nfc-reader', vd: hex('684b5c1d') }
    ]
  ],
  ['a collection of resources', [{ bn: '2001:db8::2/', n: 'temperature', u: 'Cel', v: 27.2 }]],
  [
    'setting an actuator',
    [
      { bn: 'urn:dev:ow:10e2073a01080063:' },
      { n: 'temp', u: 'Cel', v: 23.1 },
      { n: 'heat', u: '/', v: 1 }
    ]
  ]
]

for (const [name, records] of EXAMPLES)
  test(`the example of ${name} in RFC 8428 is a pack`, () => {
    assert.ok(isSenmlPack(encodePack(records)))
  })

test('a sum stands without a value, and base fields without either', () => {
  assert.ok(isPack({ n: 'energy', s: 12 }))
  assert.ok(isPack({ n: 'energy', v: 1, s: 12 }))
  assert.ok(isPack({ bn: 'a' }))
  assert.not(isPack({ n: 'energy' }))
  assert.not(isPack({ n: 'energy', t: 1, u: 'J', ut: 60 }))
})

test('a record has one value at most', () => {
  const values: SenmlRecord = { v: 1, vs: 'a', vb: true, vd: hex('00') }
  const names = Object.keys(values)
  for (const left of names)
    for (const right of names)
      assert.is(
        isPack({ [left]: values[left] as number, [right]: values[right] as number }),
        left === right
      )
})

test('every label holds its own type only', () => {
  const fits: Readonly<Record<string, readonly string[]>> = {
    number: ['bt', 'bv', 'bs', 'v', 's', 't', 'ut', 'bver'],
    string: ['bn', 'bu', 'n', 'u', 'vs'],
    boolean: ['vb'],
    object: ['vd']
  }
  for (const sample of [1, 'a', true, hex('61')])
    for (const label of Object.keys(LABELS)) {
      const record = label.startsWith('v') ? { [label]: sample } : { v: 1, [label]: sample }
      assert.is(isPack(record), fits[typeof sample]?.includes(label) ?? false, `${label} ${sample}`)
    }
})

test('a base version is above nothing and at most ten', () => {
  for (const bver of [1, 5, 10]) assert.ok(isPack({ bver, v: 1 }))
  for (const bver of [0, -1, 11]) assert.not(isPack({ bver, v: 1 }))
})

test('a name is made of the letters of RFC 8428 §4.5.1', () => {
  for (const n of ['', 'a', 'A-Z_09:./']) assert.ok(isPack({ n, v: 1 }))
  for (const n of [' ', 'a b', 'ü', 'a\u0000', 'a,b', 'a\n']) assert.not(isPack({ n, v: 1 }))
})

test('labels that nobody knows are passed over, but those that must be understood', () => {
  assert.ok(isPack({ v: 1, unheard: 'of' }))
  assert.not(isPack({ v: 1, must_: 'of' }))
  assert.not(isPack({ unheard: 1 }))
  assert.ok(isSenmlPack(hex('81 a2 02 01 18 63 01')))
  assert.not(isSenmlPack(hex('81 a2 02 01 f5 01')), 'a label of true')
  assert.not(isSenmlPack(hex('81 a2 02 01 80 01')), 'a label of an array')
})

const HOSTILE: readonly (readonly [why: string, encoded: string])[] = [
  ['nothing', ''],
  ['an empty array', '80'],
  ['a map instead of an array', 'a1 02 01'],
  ['a number', '01'],
  ['an array of numbers', '81 01'],
  ['an array with null', '81 f6'],
  ['an empty record', '81 a0'],
  ['an array as a record', '81 81 02'],
  ['a label twice', '81 a2 02 01 02 02'],
  ['a label twice, once in more bytes', '81 a2 02 01 18 02 02'],
  ['a label twice, once as a float', '81 a2 02 01 f9 4000 02'],
  ['an indefinite array', '9f a1 02 01 ff'],
  ['an indefinite record', '81 bf 02 01 ff'],
  ['an indefinite text', '81 a1 03 7f 6161 ff'],
  ['NaN', '81 a1 02 f9 7e00'],
  ['infinity', '81 a1 02 f9 7c00'],
  ['minus infinity', '81 a1 02 fa ff800000'],
  ['undefined', '81 a1 02 f7'],
  ['null', '81 a1 02 f6'],
  ['a tag', '81 a1 02 c1 01'],
  ['a tag of the whole', 'd8 6e 81 a1 02 01'],
  ['an integer above 2^53', '81 a1 02 1b 0020000000000000'],
  ['an integer below −2^53', '81 a1 02 3b 0020000000000000'],
  ['text that is no UTF-8', '81 a1 03 61 ff'],
  ['2^64 − 1 records', '9b ffffffffffffffff'],
  ['2^32 − 1 records', '9a ffffffff a1 02 01'],
  ['a record of 2^64 − 1 fields', '81 bb ffffffffffffffff'],
  ['bytes of 2^53 − 1', '81 a1 08 5b 001fffffffffffff'],
  ['a pack within a pack', '81 81 a1 02 01']
]

for (const [why, encoded] of HOSTILE)
  test(`${why} is no pack`, () => {
    assert.not(isSenmlPack(hex(encoded)))
  })

test('sixty-four records are a pack, and sixty-five are none', () => {
  const pack = (count: number): readonly SenmlRecord[] =>
    Array.from({ length: count }, () => ({ v: 1 }))
  assert.ok(isPack(...pack(64)))
  assert.not(isPack(...pack(65)))
})

test('nested arrays and maps without end are no pack, and no crash', () => {
  for (const depth of [10_000, 1_000_000]) {
    assert.not(isSenmlPack(new Uint8Array(depth).fill(0x81)))
    assert.not(isSenmlPack(concatBytes(hex('81 a1 02'), new Uint8Array(depth).fill(0x81))))
    assert.not(isSenmlPack(new Uint8Array(depth).map((_, index) => (index % 2 ? 0 : 0xa1))))
  }
})

test('bytes changed anywhere are judged without a throw, and the same each time', () => {
  const change = fc.record({ at: fc.nat({ max: FIGURE_2.length - 1 }), byte: fc.nat({ max: 255 }) })
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
      const changed = FIGURE_2.slice()
      for (const { at, byte } of changes) changed[at] = byte
      assert.type(isSenmlPack(changed), 'boolean')
      assert.is(isSenmlPack(changed), isSenmlPack(changed.slice()))
    }),
    { numRuns: 2_000 }
  )
  fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), (b) => isSenmlPack(b) !== undefined))
})

test.run()
