import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { staleOutput } from './build-rules.ts'

const test = suite('build rules')

test('a built test whose source is gone is found', () => {
  const built = ['dist/node/a.test.js', 'dist/node/a.test.d.ts', 'dist/node/b.js']
  assert.equal(staleOutput(built, ['node/a.test.ts', 'node/b.ts']), [])
  assert.equal(staleOutput(built, ['node/b.ts']), ['dist/node/a.test.js'])
})

test.run()
