import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { assertLeftQuietly, leaveAfter, runIntoClosedPipe } from './testing/closed-pipe.ts'
import { ENTRY } from './testing/run-program.ts'

const test = suite('pipes whose reader goes')

test('a command whose output nobody reads ends with its own exit code, and says nothing', async () => {
  for (const [args, code] of [
    [['start', '--help'], 0],
    [['config', 'show', '--json'], 0],
    [['doctor', '--url', 'http://127.0.0.1:1', '--json'], 1],
    [['no-such-command'], 64]
  ] as const) {
    const run = await runIntoClosedPipe(ENTRY, args)
    assertLeftQuietly(run, args.join(' '))
    assert.is(run.code, code, args.join(' '))
  }
})

test('a reader that goes after the first line has it, and hears of no error', async () => {
  const run = await leaveAfter(ENTRY, ['config', 'show'], 1)
  assert.match(run.stdout, /^(?:No settings|Settings) file .*\n$/)
  assertLeftQuietly(run, 'config show | head -n 1')
})

test.run()
