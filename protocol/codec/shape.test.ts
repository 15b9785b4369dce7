import * as fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type CborValue, emptyMap } from './cbor.ts'
import { bytes, bytesBetween, key, list, nullable, type Shape, text, tuple, uint } from './shape.ts'

const test = suite('shapes')

const NOTHINGS: readonly (CborValue | undefined)[] = [undefined, null, emptyMap]
const wireValue = fc.oneof(
  fc.maxSafeNat(),
  fc.string(),
  fc.uint8Array({ maxLength: 40 }),
  fc.constant(null),
  fc.constant(emptyMap),
  fc.array(fc.oneof(fc.nat(), fc.string(), fc.uint8Array()), { maxLength: 4 })
)

test('an integer is read within its range, both ends included', () => {
  const percent = uint(100, 1)
  assert.is(percent(1), 1)
  assert.is(percent(100), 100)
  for (const value of [0, 101, '1', Uint8Array.of(1), [1], ...NOTHINGS])
    assert.is(percent(value), undefined)
  assert.is(uint()(0), 0)
  assert.is(uint()(Number.MAX_SAFE_INTEGER), Number.MAX_SAFE_INTEGER)
})

test('bytes are read by their length', () => {
  assert.equal(bytes(2)(Uint8Array.of(1, 2)), Uint8Array.of(1, 2))
  for (const value of [Uint8Array.of(1), Uint8Array.of(1, 2, 3), 'ab', [1, 2], ...NOTHINGS])
    assert.is(bytes(2)(value), undefined)
  const some = bytesBetween(1, 2)
  assert.ok(some(Uint8Array.of(1)) && some(Uint8Array.of(1, 2)))
  for (const value of [new Uint8Array(0), new Uint8Array(3), 'a', ...NOTHINGS])
    assert.is(some(value), undefined)
})

test('a key has 32 bytes, or 33 with the first byte of a compressed point', () => {
  const point = (first: number): Uint8Array => new Uint8Array(33).fill(first, 0, 1)
  assert.ok(key(new Uint8Array(32)))
  assert.ok(key(point(2)) && key(point(3)))
  for (const value of [point(0), point(4), new Uint8Array(31), new Uint8Array(34), ...NOTHINGS])
    assert.is(key(value), undefined)
  assert.is(key('k'.repeat(32)), undefined)
})

test('a text is read up to its length', () => {
  assert.is(text(3)(''), '')
  assert.is(text(3)('abc'), 'abc')
  for (const value of ['abcd', 3, Uint8Array.of(97), ['a'], ...NOTHINGS])
    assert.is(text(3)(value), undefined)
})

test('a list is read when every item is, and its number is within bounds', () => {
  const some = list(uint(9), 3, 1)
  assert.equal(some([1]), [1])
  assert.equal(some([1, 2, 3]), [1, 2, 3])
  for (const value of [[], [1, 2, 3, 4], [1, 10], [1, null], 1, Uint8Array.of(1), ...NOTHINGS])
    assert.is(some(value), undefined)
})

test('null stands for itself where it is allowed, and nowhere else', () => {
  assert.is(nullable(uint())(null), null)
  assert.is(nullable(uint())(7), 7)
  assert.is(nullable(uint())('7'), undefined)
  assert.is(nullable(uint())(undefined), undefined)
})

test('a tuple has each position, no fewer and no more', () => {
  const pair = tuple(uint(), nullable(text(4)))
  assert.equal(pair([1, 'a']), [1, 'a'])
  assert.equal(pair([1, null]), [1, null])
  for (const value of [[], [1], [1, 'a', 0], ['a', 1], [null, null], 1, 'a', ...NOTHINGS])
    assert.is(pair(value), undefined)
  assert.equal(tuple()([]), [])
})

test('a number that reads as zero or null in a tuple is no missing position', () => {
  const zeros = tuple(uint(), nullable(uint()), list(uint(), 2), text(1))
  assert.equal(zeros([0, null, [], '']), [0, null, [], ''])
})

test('no shape throws, and what it reads it reads again', () => {
  const shapes: readonly Shape<unknown>[] = [
    uint(1000, 1),
    bytes(4),
    bytesBetween(2, 20),
    key,
    text(5),
    list(uint(), 3, 1),
    nullable(bytes(3)),
    tuple(uint(), text(3))
  ]
  fc.assert(
    fc.property(wireValue, fc.constantFrom(...shapes), (value, shape) => {
      const read = shape(value)
      if (read !== undefined) assert.equal(shape(read as CborValue), read)
    })
  )
})

test.run()
