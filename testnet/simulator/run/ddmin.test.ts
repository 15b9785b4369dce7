import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ddmin } from './ddmin.ts'

const test = suite('ddmin')

test('finds the two of many that fail only together', async () => {
  const items = Array.from({ length: 40 }, (_, index) => index)
  const found = await ddmin(items, async (some) => some.includes(7) && some.includes(31))
  assert.equal(found, [7, 31])
})

test('leaves nothing when nothing is needed', async () => {
  assert.equal(await ddmin([1, 2, 3], async () => true), [])
})

test('leaves everything when everything is needed', async () => {
  assert.equal(await ddmin([1, 2, 3], async () => false), [1, 2, 3])
})

test('asks about shorter lists alone', async () => {
  const lengths: number[] = []
  await ddmin([1, 2, 3, 4, 5], async (some) => {
    lengths.push(some.length)
    return some.includes(3)
  })
  assert.ok(lengths.every((length) => length < 5))
})

test.run()
