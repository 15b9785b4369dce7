import * as fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { JSON_DEPTH_MAX, readJson } from './safe-json.ts'

const test = suite('safe JSON')

const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth)

test('plain JSON reads as it always does', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 8 }), (value) => {
      const text = JSON.stringify(value)
      const reading = readJson(text)
      // fast-check may draw a forbidden key; everything else must read alike.
      if (reading.ok) assert.equal(reading.value, JSON.parse(text))
      else assert.is(reading.fault, 'JSON_KEY_FORBIDDEN')
    })
  )
})

test('any text at all is a value or a fault, never a throw', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const reading = readJson(text)
      assert.type(reading.ok, 'boolean')
    })
  )
})

test('the deepest nesting allowed is read, and the next is not', () => {
  assert.ok(readJson(nested(JSON_DEPTH_MAX)).ok)
  assert.equal(readJson(nested(JSON_DEPTH_MAX + 1)), { ok: false, fault: 'JSON_TOO_DEEP' })
  assert.ok(readJson(JSON.stringify(`"${nested(100)}\\`)).ok)
})

test('keys that reach for a prototype are refused wherever they stand, values are not', () => {
  for (const text of ['{"__proto__":1}', '[{"a":{"constructor":{}}}]', '{"\\u005f_proto__":1}'])
    assert.equal(readJson(text), { ok: false, fault: 'JSON_KEY_FORBIDDEN' })
  assert.ok(readJson('["__proto__","constructor"]').ok)
})

test.run()
