import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { withNode } from './testing/run-node.ts'
import { runProgram, withHome } from './testing/run-program.ts'

const test = suite('thingmoot start')

test(
  'says READY, tells its status, keeps a second node away and ends in order on SIGTERM',
  withHome((home) =>
    withNode(home, async ({ readyLine, url, stop }) => {
      assert.match(readyLine, /^READY height=\d+ /)
      const status = ['status', '--url', url, '--wait', 'ready', '--timeout', '10s']
      const [json, text, second] = await Promise.all([
        runProgram([...status, '--json']),
        runProgram(status),
        runProgram(['start'], home.environment)
      ])
      assert.is(json.code, 0, json.stderr)
      assert.is(JSON.parse(json.stdout).state, 'ready')
      assert.is(JSON.parse(json.stdout).networkId, 'test')
      assert.match(text.stdout, /^The only member is present\..*\n {2}state +ready\n/)
      assert.is(second.code, 73)
      assert.match(second.stderr, /^thingmoot: .*lock: process \d+ uses this data directory\n/)
      assert.is(await stop(), 0)
    })
  )
)

test.run()
