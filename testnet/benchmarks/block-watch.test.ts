import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { pausesMs } from './block-watch.ts'

const test = suite('block watch')

const SEEN = [10, 30, 60, 160, 170].map((atMs, height) => ({ height, atMs }))

test('pauses are between blocks that both came within the span', () => {
  assert.equal(pausesMs(SEEN, [0, 1_000]), [20, 30, 100, 10])
  assert.equal(pausesMs(SEEN, [30, 160]), [30, 100])
  assert.equal(pausesMs(SEEN, [161, 1_000]), [])
  assert.equal(pausesMs([], [0, 1_000]), [])
})

test.run()
