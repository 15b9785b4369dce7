import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { sha256 } from '#crypto'
import { ascii, compareBytes } from '../foundation/bytes.ts'
import { KeyOrder } from './key-order.ts'
import { Rows } from './rows.ts'

const test = suite('key order')

function packed(key: Uint8Array): Uint8Array {
  const leaf = new Uint8Array(96)
  leaf.set(key)
  return leaf
}

test('a search finds the largest key not above, however the keys are spread', () => {
  const keys = fc
    .tuple(fc.integer({ min: 0, max: 31 }), fc.integer({ min: 1, max: 900 }))
    .map(([sharedBytes, size]) =>
      Array.from({ length: size }, (_, number) => {
        const key = sha256(ascii(`key ${number}`))
        if (number % 2 === 0) key.fill(0x77, 0, sharedBytes)
        return key
      })
    )
  fc.assert(
    fc.property(keys, fc.nat(900), (all, loadedCount) => {
      const distinct = [...new Map(all.map((key) => [`${key}`, key])).values()]
      const leaves = new Rows(24)
      leaves.append(new Uint8Array(96))
      const loaded = distinct.slice(0, loadedCount)
      for (const key of loaded) leaves.append(packed(key))
      const order = KeyOrder.of(leaves)
      for (const key of distinct.slice(loadedCount)) {
        leaves.append(packed(key))
        order.insert(key, leaves.length - 1)
      }
      const sorted = [new Uint8Array(32), ...distinct]
        .map((key, index) => ({ key, index }))
        .sort((left, right) => compareBytes(left.key, right.key))
      assert.equal(
        [...order.indices()],
        sorted.map(({ index }) => index)
      )
      for (const [rank, { key, index }] of sorted.entries()) {
        assert.is(order.floor(key), index)
        const above = key.slice()
        above[31]! |= 1
        const expected = compareBytes(sorted[rank + 1]?.key ?? above, above) <= 0 ? rank + 1 : rank
        assert.is(order.floor(above), sorted[expected]?.index ?? index)
      }
    }),
    { numRuns: 60 }
  )
})

test.run()
