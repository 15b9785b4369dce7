import * as fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { concatBytes, equalBytes, fromHex, toHex } from '../foundation/bytes.ts'
import { InvariantError } from '../foundation/invariant.ts'
import { type CborValue, decodeCbor, emptyMap, encodeCbor, isEmptyMap } from './cbor.ts'

const test = suite('the wire format')

const hex = (digits: string): Uint8Array => fromHex(digits.replaceAll(' ', '')) as Uint8Array

const integer = fc.oneof(
  fc.constantFrom(0, 23, 24, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1),
  fc.nat(),
  fc.maxSafeNat()
)
const text = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }).filter((value) => !value.startsWith('\ufeff')),
  fc.constantFrom(
    '',
    '\u0000',
    'a\ufeff',
    '\u00fc',
    '\u6c34',
    '\u{10151}',
    'x'.repeat(24),
    'y'.repeat(256)
  )
)
const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 40 }),
  fc.constantFrom(23, 24, 255, 256, 65_536).map((length) => new Uint8Array(length))
)
const { value: wireValue } = fc.letrec<{ value: CborValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 6 },
    integer,
    text,
    bytes,
    fc.constant(null),
    fc.constant(emptyMap),
    fc.array(tie('value'), { maxLength: 6 })
  )
}))

test('every wire value comes back from its bytes', () => {
  fc.assert(
    fc.property(wireValue, (value) => {
      const decoded = decodeCbor(encodeCbor(value))
      assert.ok(decoded !== undefined)
      assert.is(describe(decoded), describe(value))
    }),
    { numRuns: 1_000 }
  )
})

test('different values have different bytes', () => {
  fc.assert(
    fc.property(wireValue, wireValue, (left, right) => {
      assert.is(equalBytes(encodeCbor(left), encodeCbor(right)), describe(left) === describe(right))
    })
  )
})

const mutation = fc.record({
  at: fc.nat({ max: 400 }),
  remove: fc.nat({ max: 3 }),
  insert: fc.oneof(
    fc.uint8Array({ maxLength: 4 }),
    fc.constantFrom('18 01', '19 0001', '5f', '9f', '7f', 'bf', 'ff', 'c0', 'f9 0000').map(hex)
  )
})

test('bytes changed anywhere are refused, or are the one encoding of another value', () => {
  fc.assert(
    fc.property(wireValue, fc.array(mutation, { minLength: 1, maxLength: 3 }), (value, changes) => {
      let encoded = encodeCbor(value)
      for (const { at, remove, insert } of changes) {
        const start = at % (encoded.length + 1)
        encoded = concatBytes(encoded.subarray(0, start), insert, encoded.subarray(start + remove))
      }
      assertCanonical(encoded)
    }),
    { numRuns: 3_000 }
  )
})

test('random bytes are refused, or are the one encoding of a value', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), assertCanonical), { numRuns: 2_000 })
})

test('every sequence of two bytes is refused, or is the one encoding of a value', () => {
  for (let first = 0; first < 256; first++) {
    assertCanonical(Uint8Array.of(first))
    for (let second = 0; second < 256; second++) assertCanonical(Uint8Array.of(first, second))
  }
})

// RFC 8949, Appendix A: the rows that the subset has.
const KEPT: readonly (readonly [CborValue, string])[] = [
  [0, '00'],
  [1, '01'],
  [10, '0a'],
  [23, '17'],
  [24, '1818'],
  [25, '1819'],
  [100, '1864'],
  [1000, '1903e8'],
  [1_000_000, '1a000f4240'],
  [1_000_000_000_000, '1b000000e8d4a51000'],
  [null, 'f6'],
  [new Uint8Array(0), '40'],
  [Uint8Array.of(1, 2, 3, 4), '4401020304'],
  ['', '60'],
  ['a', '6161'],
  ['IETF', '6449455446'],
  ['"\\', '62225c'],
  ['\u00fc', '62c3bc'],
  ['\u6c34', '63e6b0b4'],
  ['\ud800\udd51', '64f0908591'],
  [[], '80'],
  [[1, 2, 3], '83010203'],
  [[1, [2, 3], [4, 5]], '8301820203820405'],
  [
    Array.from({ length: 25 }, (_, index) => index + 1),
    '98190102030405060708090a0b0c0d0e0f101112131415161718181819'
  ],
  [emptyMap, 'a0']
]

test('the examples of RFC 8949 that have a place here encode and decode as printed', () => {
  for (const [value, encoded] of KEPT) {
    assert.is(toHex(encodeCbor(value)), encoded)
    assert.is(describe(decodeCbor(hex(encoded))), describe(value))
  }
})

// RFC 8949, Appendix A: the rows that the subset refuses.
const REFUSED: readonly string[] = [
  '1bffffffffffffffff', // 2^64 − 1
  'c249010000000000000000', // a bignum
  '3bffffffffffffffff',
  '20', // −1
  '29',
  '3863',
  '3903e7',
  'f90000', // 0.0
  'f98000', // −0.0
  'f93c00', // 1.0
  'fb3ff199999999999a',
  'f97bff',
  'fa47c35000',
  'fb7e37e43c8800759c',
  'f90400',
  'f97c00', // Infinity
  'f97e00', // NaN
  'fa7f800000',
  'fb7ff8000000000000',
  'f4', // false
  'f5',
  'f7', // undefined
  'f0', // simple(16)
  'f8ff', // simple(255)
  'c074323031332d30332d32315432303a30343a30305a', // tag 0
  'c11a514b67b0',
  'd74401020304',
  'd818456449455446',
  'd82076687474703a2f2f7777772e6578616d706c652e636f6d',
  'a201020304', // maps
  'a26161016162820203',
  '826161a161626163',
  'a56161614161626142616361436164614461656145',
  '5f42010243030405ff', // indefinite lengths
  '7f657374726561646d696e67ff',
  '9fff',
  '9f018202039f0405ffff',
  '83018202039f0405ff',
  '83019f0203ff820405',
  'bf61610161629f0203ffff',
  'bf6346756ef563416d7421ff'
]

test('the examples of RFC 8949 that have no place here are refused', () => {
  for (const encoded of REFUSED) {
    assert.is(decodeCbor(hex(encoded)), undefined, encoded)
    assert.is(decodeCbor(hex(`82 00 ${encoded}`)), undefined, `${encoded} in an array`)
  }
})

const HOSTILE: readonly (readonly [why: string, encoded: string])[] = [
  ['nothing at all', ''],
  ['an integer in more bytes than it needs', '1817'],
  ['an integer in four bytes more', '1a0000ffff'],
  ['an integer in eight bytes more', '1b00000000ffffffff'],
  ['the first integer above 2^53 − 1', '1b0020000000000000'],
  ['a length of bytes in more bytes than it needs', '580161'],
  ['a length of text in more bytes than it needs', '780161'],
  ['a length of an array in more bytes than it needs', '980100'],
  ['an empty map with a longer head', 'b800'],
  ['a byte behind the value', '0000'],
  ['a null behind the value', '80f6'],
  ['a map with a key that no object shows', 'a1695f5f70726f746f5f5ff6'],
  ['a map with one key twice', 'a2616100616101'],
  ['text that is no UTF-8', '61ff'],
  ['text of an overlong zero', '62c080'],
  ['text of half a surrogate pair', '63eda080'],
  ['text above the last code point', '64f4908080'],
  ['text that breaks off within a letter', '62e6b0'],
  ['a break on its own', 'ff'],
  ['reserved additional information', '1c'],
  ['text that opens with a byte order mark', '64efbbbf61'],
  ['an array that is shorter than it says', '8200'],
  ['bytes that are shorter than they say', '4201'],
  ['an array of 2^64 − 1 items', '9bffffffffffffffff'],
  ['an array of 2^53 − 1 items', '9b001fffffffffffff'],
  ['bytes of 2^64 − 1', '5bffffffffffffffff'],
  ['bytes of 2^53 − 1', '5b001fffffffffffff'],
  ['text of 2^53 − 1', '7b001fffffffffffff'],
  ['a map of 2^64 − 1 entries', 'bbffffffffffffffff']
]

for (const [why, encoded] of HOSTILE)
  test(`${why} is refused`, () => {
    assert.is(decodeCbor(hex(encoded)), undefined)
  })

test('arrays nested twelve deep are read, and thirteen deep are refused', () => {
  const nested = (depth: number): Uint8Array =>
    concatBytes(new Uint8Array(depth).fill(0x81), Uint8Array.of(0))
  assert.ok(decodeCbor(nested(12)) !== undefined)
  assert.is(decodeCbor(nested(13)), undefined)
})

test('ten thousand and a million nested arrays are refused without a crash', () => {
  for (const depth of [10_000, 1_000_000]) {
    const bomb = new Uint8Array(depth + 1).fill(0x81)
    bomb[depth] = 0
    assert.is(decodeCbor(bomb), undefined)
    assert.is(decodeCbor(bomb.subarray(0, depth)), undefined)
  }
})

test('a map nested ten thousand times is refused without a crash', () => {
  assert.is(decodeCbor(new Uint8Array(20_000).map((_, index) => (index % 2 ? 0 : 0xa1))), undefined)
})

test('a view into a larger buffer is read within its own bounds', () => {
  const buffer = hex('ffff 4401020304 ffff')
  assert.is(describe(decodeCbor(buffer.subarray(2, 7))), describe(Uint8Array.of(1, 2, 3, 4)))
  assert.is(decodeCbor(buffer.subarray(2, 6)), undefined)
  assert.is(decodeCbor(buffer.subarray(2, 8)), undefined)
})

test('encoding what is no wire value is our own bug', () => {
  const faults: readonly unknown[] = [
    -1,
    -0,
    1.5,
    Number.NaN,
    2 ** 53,
    true,
    undefined,
    1n,
    { a: 1 },
    '\ufeffa',
    '\ud800',
    'a\udc00',
    [undefined],
    [[[[[[[[[[[[[0]]]]]]]]]]]]]
  ]
  for (const value of faults)
    assert.throws(
      () => encodeCbor(value as CborValue),
      (error: unknown) => error instanceof InvariantError
    )
})

test('only a map is an empty map', () => {
  assert.ok(isEmptyMap(decodeCbor(hex('a0'))))
  for (const value of [undefined, null, 0, '', new Uint8Array(0), [] as const])
    assert.not(isEmptyMap(value))
})

/** Undefined, or a value of which these bytes are the encoding. */
function assertCanonical(encoded: Uint8Array): void {
  const value = decodeCbor(encoded)
  if (value !== undefined) assert.is(toHex(encodeCbor(value)), toHex(encoded))
}

/** A text for a value, whatever class its bytes are of. */
function describe(value: CborValue | undefined): string {
  if (value instanceof Uint8Array) return `h'${toHex(value)}'`
  if (Array.isArray(value)) return `[${value.map(describe).join(', ')}]`
  if (typeof value === 'number') return String(value)
  return JSON.stringify(value) ?? 'undefined'
}

test.run()
