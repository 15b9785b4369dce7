import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  assertLeftQuietly,
  leaveAfter,
  runIntoClosedPipe
} from '../node/cli/testing/closed-pipe.ts'

const test = suite('the pipes of the testnet')

const entryOf = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
const ENTRIES: readonly (readonly [string, readonly string[]])[] = [
  ['./main.js', ['up', '--help']],
  ['./chaos/main.js', ['--list']],
  ['./simulator/main.js', ['--help']],
  ['./benchmarks/main.js', ['--help']]
]

for (const [path, args] of ENTRIES)
  test(`a reader that is gone leaves ${path} without a word`, async () => {
    const closed = await runIntoClosedPipe(entryOf(path), args)
    assertLeftQuietly(closed, path)
    assert.ok([0, 141].includes(closed.code), `${closed.code}`)
    assert.is(closed.stderr, '')
    const left = await leaveAfter(entryOf(path), args, 1)
    assert.is(left.stdout.split('\n').length, 2)
    assert.is(left.stderr, '')
  })

test.run()
