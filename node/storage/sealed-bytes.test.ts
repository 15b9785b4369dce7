import * as fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createByteSeal } from './sealed-bytes.ts'

const test = suite('sealed bytes')

const seal = createByteSeal(new Uint8Array(32).fill(1))

test('what was sealed opens under its label, and never looks the same twice', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 500 }), (plain) => {
      const [first, second] = [seal.seal(plain, 'a'), seal.seal(plain, 'a')]
      assert.equal(seal.open(first, 'a'), plain)
      assert.is.not(Buffer.compare(first, second), 0)
    })
  )
})

test('another key, another label, a changed byte or a missing one opens nothing', () => {
  const sealed = seal.seal(Uint8Array.of(1, 2, 3), 'a')
  assert.is(seal.open(sealed, 'b'), undefined)
  assert.is(createByteSeal(new Uint8Array(32).fill(2)).open(sealed, 'a'), undefined)
  for (let place = 0; place < sealed.length; place++) {
    const changed = Uint8Array.from(sealed, (byte, index) => (index === place ? byte ^ 1 : byte))
    assert.is(seal.open(changed, 'a'), undefined)
    assert.is(seal.open(sealed.subarray(0, place), 'a'), undefined)
  }
})

test.run()
