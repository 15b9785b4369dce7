import * as fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { fromHex, toHex } from '../foundation/bytes.ts'
import { CONTENT_KINDS } from '../transactions/content.ts'
import { decodeSenmlCbor, encodeSenmlCbor, senmlContent } from './senml-cbor.ts'
import { decodeSenmlJson, encodeSenmlJson } from './senml-json.ts'
import type { SenmlRecord } from './senml-record.ts'
import { packResolved, resolveSenml } from './senml-resolution.ts'

const test = suite('SenML')

const isReading = (content: Uint8Array): boolean => CONTENT_KINDS.get(0)!.isWellFormed(content)

// RFC 8428 §5.1.2, the second example: voltage, and current at each of the last six seconds.
const CURRENT_JSON = `[
  {"bn":"urn:dev:ow:10e2073a0108006:","bt":1.276020076001e+09,
   "bu":"A","bver":5,
   "n":"voltage","u":"V","v":120.1},
  {"n":"current","t":-5,"v":1.2},
  {"n":"current","t":-4,"v":1.3},
  {"n":"current","t":-3,"v":1.4},
  {"n":"current","t":-2,"v":1.5},
  {"n":"current","t":-1,"v":1.6},
  {"n":"current","v":1.7}
]`

// RFC 8428 §6: the same in CBOR; its last record says "t" of 0, which means the same as none.
const CURRENT_CBOR = `
  87 a7 21 78 1b 75 72 6e 3a 64 65 76 3a 6f 77 3a 31 30 65 32 30 37 33 61 30 31 30 38 30 30 36 3a
  22 fb 41 d3 03 a1 5b 00 10 62 23 61 41 20 05 00 67 76 6f 6c 74 61 67 65 01 61 56 02 fb 40 5e 06
  66 66 66 66 66 a3 00 67 63 75 72 72 65 6e 74 06 24 02 fb 3f f3 33 33 33 33 33 33 a3 00 67 63 75
  72 72 65 6e 74 06 23 02 fb 3f f4 cc cc cc cc cc cd a3 00 67 63 75 72 72 65 6e 74 06 22 02 fb 3f
  f6 66 66 66 66 66 66 a3 00 67 63 75 72 72 65 6e 74 06 21 02 f9 3e 00 a3 00 67 63 75 72 72 65 6e
  74 06 20 02 fb 3f f9 99 99 99 99 99 9a a3 00 67 63 75 72 72 65 6e 74 06 00 02 fb 3f fb 33 33 33
  33 33 33`

const hex = (text: string): Uint8Array => fromHex(text.replace(/\s/g, ''))!

test('the CBOR example of RFC 8428 §6 reads as its JSON example of §5.1.2', () => {
  const records = decodeSenmlCbor(hex(CURRENT_CBOR))!
  const expected = decodeSenmlJson(CURRENT_JSON)!
  assert.equal(records.slice(0, 6), expected.slice(0, 6))
  assert.equal(records[6], { ...expected[6], t: 0 })
})

test('what is written for that example has the same fields and the same length', () => {
  const written = encodeSenmlCbor(decodeSenmlCbor(hex(CURRENT_CBOR))!)
  assert.is(written.length, hex(CURRENT_CBOR).length)
  assert.equal(decodeSenmlCbor(written), decodeSenmlCbor(hex(CURRENT_CBOR)))
  assert.ok(isReading(senmlContent(decodeSenmlJson(CURRENT_JSON)!)))
})

test('the example resolves to absolute names, units and times, in order of time', () => {
  const resolved = resolveSenml(decodeSenmlJson(CURRENT_JSON)!, 0)!
  assert.is(resolved.length, 7)
  const name = 'urn:dev:ow:10e2073a0108006:current'
  assert.equal(resolved[0], {
    name,
    timeSeconds: 1_276_020_071.001,
    unit: 'A',
    value: 1.2,
    version: 5
  })
  assert.equal(resolved.filter(({ name: other }) => other.endsWith('voltage'))[0], {
    name: 'urn:dev:ow:10e2073a0108006:voltage',
    timeSeconds: 1_276_020_076.001,
    unit: 'V',
    value: 120.1,
    version: 5
  })
  assert.is(resolved[6]?.value, 1.7)
})

test('the first examples of RFC 8428 §5.1 are at about now', () => {
  const single = '[{"n":"urn:dev:ow:10e2073a01080063","u":"Cel","v":23.1}]'
  assert.equal(resolveSenml(decodeSenmlJson(single)!, 1_320_078_429), [
    { name: 'urn:dev:ow:10e2073a01080063', timeSeconds: 1_320_078_429, unit: 'Cel', value: 23.1 }
  ])
  const two = `[
    {"bn":"urn:dev:ow:10e2073a01080063:","n":"voltage","u":"V","v":120.1},
    {"n":"current","u":"A","v":1.2}
  ]`
  assert.equal(
    resolveSenml(decodeSenmlJson(two)!, 1_320_078_429)?.map(({ name }) => name),
    ['urn:dev:ow:10e2073a01080063:voltage', 'urn:dev:ow:10e2073a01080063:current']
  )
})

test('RFC 8428 §5.1.3: a base name without a name, units and times of each record', () => {
  const json = `[
    {"bn":"urn:dev:ow:10e2073a01080063","bt":1.320067464e+09,"bu":"%RH","v":20},
    {"u":"lon","v":24.30621},
    {"u":"lat","v":60.07965},
    {"t":60,"v":20.3},
    {"u":"lon","t":60,"v":24.30622},
    {"u":"lat","t":60,"v":60.07965},
    {"t":120,"v":20.7},
    {"u":"lon","t":120,"v":24.30623},
    {"u":"lat","t":120,"v":60.07966},
    {"u":"%EL","t":150,"v":98},
    {"t":180,"v":21.2},
    {"u":"lon","t":180,"v":24.30628},
    {"u":"lat","t":180,"v":60.07967}
  ]`
  const resolved = resolveSenml(decodeSenmlJson(json)!, 0)!
  const name = 'urn:dev:ow:10e2073a01080063'
  assert.equal(resolved[3], { name, timeSeconds: 1_320_067_524, unit: '%RH', value: 20.3 })
  assert.equal(resolved[9], { name, timeSeconds: 1_320_067_614, unit: '%EL', value: 98 })
})

test('RFC 8428 §5.1.5: several types of value', () => {
  const json = `[
    {"bn":"urn:dev:ow:10e2073a01080063:","n":"temp","u":"Cel","v":23.1},
    {"n":"label","vs":"Machine Room"},
    {"n":"open","vb":false},
    {"n":"nfc-reader","vd":"aGkgCg"}
  ]`
  const records = decodeSenmlJson(json)!
  assert.equal(records[3]?.vd, Uint8Array.of(0x68, 0x69, 0x20, 0x0a))
  assert.equal(JSON.parse(encodeSenmlJson(records)), JSON.parse(json))
  assert.equal(
    resolveSenml(records, 0)?.map(({ value }) => value),
    [23.1, 'Machine Room', false, Uint8Array.of(0x68, 0x69, 0x20, 0x0a)]
  )
})

test('base values and sums are added, and a missing part counts as zero', () => {
  const records: SenmlRecord[] = [
    { bn: 'm', bv: 10, bs: 100, v: 1, s: 5 },
    { v: 2 },
    { s: 7 },
    { bn: 'other', vs: 'text' }
  ]
  assert.equal(
    resolveSenml(records, 5)?.map(({ value, sum }) => [value, sum]),
    [
      [11, 105],
      [12, 100],
      [10, 107],
      ['text', 100]
    ]
  )
  assert.equal(resolveSenml([{ bn: 'only-base' }], 0), [])
})

test('names, versions and labels that must be understood are refused, others are skipped', () => {
  assert.is(resolveSenml([{ n: '-a', v: 1 }], 0), undefined)
  assert.is(resolveSenml([{ v: 1 }], 0), undefined)
  assert.is(resolveSenml([{ bver: 11, n: 'a', v: 1 }], 0), undefined)
  assert.equal(decodeSenmlJson('[{"n":"a","v":1,"future":2}]'), [{ n: 'a', v: 1 }])
  assert.is(decodeSenmlJson('[{"n":"a","v":1,"future_":2}]'), undefined)
  for (const text of ['', '{}', '[1]', '[null]', '[{"n":1}]', '[{"n":"a","vd":"a"}]', '[{"vb":1}]'])
    assert.is(decodeSenmlJson(text), undefined, text)
})

const numbers = fc.oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }))
const anyName = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9:._/-]{0,20}$/)
const anyRecord = fc
  .record(
    {
      bn: anyName,
      bt: numbers,
      bu: fc.string({ maxLength: 5 }),
      bv: numbers,
      bs: numbers,
      n: anyName,
      u: fc.string({ maxLength: 5 }),
      s: numbers,
      t: numbers,
      ut: numbers
    },
    { requiredKeys: [], noNullPrototype: true }
  )
  .chain((record) =>
    fc
      .oneof(
        numbers.map((v) => ({ v })),
        fc.string().map((vs) => ({ vs })),
        fc.boolean().map((vb) => ({ vb })),
        fc.uint8Array().map((vd) => ({ vd }))
      )
      .map((part) => ({ ...record, ...part }) as SenmlRecord)
  )

test('every pack reads back from CBOR and JSON, and the ledger takes its CBOR', () => {
  fc.assert(
    fc.property(fc.array(anyRecord, { minLength: 1, maxLength: 8 }), (records) => {
      // CBOR integers know no minus zero.
      const plain = JSON.parse(JSON.stringify(records, minusZero)) as SenmlRecord[]
      const written = records.map((record, index) =>
        record.vd === undefined ? plain[index]! : { ...plain[index]!, vd: record.vd }
      )
      assert.equal(decodeSenmlCbor(encodeSenmlCbor(written)), written)
      assert.equal(decodeSenmlJson(encodeSenmlJson(written)), written)
      assert.ok(isReading(senmlContent(written)), toHex(senmlContent(written)))
    })
  )
})

test('what was resolved means the same when it is resolved again later, after any way there', () => {
  fc.assert(
    fc.property(fc.array(anyRecord, { minLength: 1, maxLength: 8 }), (records) => {
      const resolved = resolveSenml(records, 1_800_000_000)
      if (resolved === undefined) return
      const again = decodeSenmlCbor(encodeSenmlCbor(packResolved(resolved)))!
      const late = resolveSenml(again, 1_900_000_000)
      const isLate = resolved.every(({ timeSeconds }) => timeSeconds >= 2 ** 28)
      if (isLate) assert.equal(late?.length, resolved.length)
      if (isLate)
        assert.equal(
          late?.map(({ name }) => name),
          resolved.map(({ name }) => name)
        )
    })
  )
})

test('RFC 8428 §5.1.4: the example of §5.1.3 resolves to the pack that the RFC prints', () => {
  const json = `[
    {"bn":"urn:dev:ow:10e2073a01080063","bt":1.320067464e+09,"bu":"%RH","v":20},
    {"u":"lon","v":24.30621},
    {"u":"lat","v":60.07965},
    {"t":60,"v":20.3},
    {"u":"lon","t":60,"v":24.30622}
  ]`
  const printed = `[
    {"n":"urn:dev:ow:10e2073a01080063","u":"%RH","t":1.320067464e+09,"v":20},
    {"n":"urn:dev:ow:10e2073a01080063","u":"lon","t":1.320067464e+09,"v":24.30621},
    {"n":"urn:dev:ow:10e2073a01080063","u":"lat","t":1.320067464e+09,"v":60.07965},
    {"n":"urn:dev:ow:10e2073a01080063","u":"%RH","t":1.320067524e+09,"v":20.3},
    {"n":"urn:dev:ow:10e2073a01080063","u":"lon","t":1.320067524e+09,"v":24.30622}
  ]`
  const resolved = packResolved(resolveSenml(decodeSenmlJson(json)!, 0)!)
  assert.equal(JSON.parse(encodeSenmlJson(resolved)), JSON.parse(printed))
})

test('times below 2^28 are relative to now, into the past and into the future', () => {
  const records = decodeSenmlJson(
    '[{"bn":"a","v":1},{"t":-60,"v":2},{"t":60,"v":3},{"t":268435455,"v":4},{"t":268435456,"v":5}]'
  )!
  assert.equal(
    resolveSenml(records, 1_800_000_000)?.map(({ timeSeconds, value }) => [timeSeconds, value]),
    [
      [268_435_456, 5],
      [1_799_999_940, 2],
      [1_800_000_000, 1],
      [1_800_000_060, 3],
      [2_068_435_455, 4]
    ]
  )
})

test('one version for all records: older ones are told, newer and mixed ones refused', () => {
  const old = resolveSenml(decodeSenmlJson('[{"bver":5,"n":"a","v":1},{"n":"b","v":2}]')!, 0)
  assert.equal(
    old?.map(({ version }) => version),
    [5, 5]
  )
  assert.equal(packResolved(old!)[1], { bver: 5, n: 'b', v: 2, t: 0 })
  assert.is(resolveSenml([{ bver: 10, n: 'a', v: 1 }], 0)?.[0]?.version, undefined)
  assert.is(
    resolveSenml(
      [
        { bver: 5, n: 'a', v: 1 },
        { bver: 6, n: 'b', v: 1 }
      ],
      0
    ),
    undefined
  )
  for (const version of ['0', '-1', '1.5', '"5"'])
    assert.is(decodeSenmlJson(`[{"bver":${version},"n":"a","v":1}]`), undefined, version)
})

test('a record with two values, or with nothing to say, is refused', () => {
  for (const text of [
    '[{"n":"a","v":1,"vs":"1"}]',
    '[{"n":"a","vb":true,"vd":""}]',
    '[{"n":"a"}]',
    '[{"n":"a","t":5,"u":"m"}]',
    '[{}]'
  ])
    assert.is(decodeSenmlJson(text), undefined, text)
  assert.equal(decodeSenmlJson('[{"n":"a","s":1}]'), [{ n: 'a', s: 1 }])
})

test('a name twice in one object is refused in JSON, however it is written, and in CBOR', () => {
  for (const text of [
    '[{"n":"a","v":1,"v":2}]',
    '[{"n":"a","v":1,"\\u0076":2}]',
    '[{"n":"a","v" : 1,"x":{"y":1,"y":2}}]'
  ])
    assert.is(decodeSenmlJson(text), undefined, text)
  const twice = '[{"n":"a","vs":"\\"v\\": {"},{"n":"a","v":1,"x":{"v":1,"n":[{"n":1}]}}]'
  assert.is(decodeSenmlJson(twice)?.length, 2)
  assert.is(decodeSenmlCbor(hex('81 a3 00 61 61 02 01 02 02')), undefined)
})

test('numbers: decimal fractions are read, NaN, infinities and sums beyond all are not', () => {
  // RFC 8949 §3.4.4: 273.15 as a decimal fraction.
  const fraction = decodeSenmlCbor(hex('81 a2 00 61 61 02 c4 82 21 19 6a b3'))
  assert.equal(fraction, [{ n: 'a', v: 273.15 }])
  for (const number of ['f9 7e 00', 'f9 7c 00', 'f9 fc 00', 'c4 82 19 ff ff 01', 'c4 01', 'f7'])
    assert.is(decodeSenmlCbor(hex(`81 a2 00 61 61 02 ${number}`)), undefined, number)
  assert.is(decodeSenmlJson('[{"n":"a","v":1e999}]'), undefined)
  assert.is(resolveSenml([{ bn: 'a', bv: 1e308, v: 1e308 }], 0), undefined)
})

test('bytes in JSON are base64url, of any length, and nothing else', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (vd) => {
      const text = encodeSenmlJson([{ n: 'a', vd }])
      assert.equal(decodeSenmlJson(text), [{ n: 'a', vd }])
      assert.is(JSON.parse(text)[0].vd, Buffer.from(vd).toString('base64url'))
    })
  )
  for (const text of ['a', 'aGk+', 'a b', 'aGkgCg=a'])
    assert.is(decodeSenmlJson(JSON.stringify([{ n: 'a', vd: text }])), undefined, text)
})

test('bytes that are no pack are refused and never thrown at', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      const records = decodeSenmlCbor(bytes)
      if (records !== undefined) assert.ok(Array.isArray(records))
    })
  )
})

function minusZero(_: string, value: unknown): unknown {
  return Object.is(value, -0) ? 0 : value
}

test.run()
