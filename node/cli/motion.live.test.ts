import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { withNode } from './testing/run-node.ts'
import { type ProgramRun, runProgram, withHome } from './testing/run-program.ts'

const test = suite('governing from the command line')

// biome-ignore lint/suspicious/noExplicitAny: a test reads JSON as it comes
type Json = any

const TURNS_MAX = 100

async function awaitEpoch(url: string, epoch: number): Promise<void> {
  for (let turn = 0; turn < TURNS_MAX; turn++) {
    const status = await runProgram(['status', '--url', url, '--json'])
    assert.is(status.code, 0, status.stderr)
    if (JSON.parse(status.stdout).epoch === epoch) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  assert.unreachable(`epoch ${epoch} does not begin`)
}

test(
  'the only founder puts a motion, it is carried at once and the epoch turns',
  withHome((home) =>
    withNode(home, async ({ url }) => {
      const run = (...args: string[]): Promise<ProgramRun> =>
        runProgram([...args, '--node', url], home.environment)
      const json = async (...args: string[]): Promise<Json> => {
        const answer = await run(...args, '--json')
        assert.is(answer.code, 0, answer.stderr)
        return JSON.parse(answer.stdout)
      }
      const change = ['change-parameter', 'heartbeatMs=30000']
      const [thought, dry, wrong] = await Promise.all([
        json('motion', 'what-if', ...change),
        json('motion', 'open', ...change, '--dry-run'),
        run('motion', 'open', 'change-parameter', 'heartbeatMs=60000')
      ])
      assert.match(
        thought.sentence,
        /^after this: n=1, Q=1, f=0; .*the ledger: [0-9a-f]{8} in oslo$/
      )
      assert.is(dry.isSent, false)
      assert.is(dry.argument.name, 'heartbeatMs')
      assert.is(wrong.code, 69)
      assert.match(wrong.stderr, /nothing was sent, .*it would change nothing \(NOTHING_CHANGES\)/)
      assert.equal(await json('motion', 'list'), [])

      const opened = await json('motion', 'open', ...change)
      assert.is(opened.hasVoted, true)
      assert.match(opened.motion.status, /^(?:carried|executed)$/)
      await awaitEpoch(url, 1)
      const { motionId } = opened
      const shown = await json('motion', 'show', motionId)
      assert.is(shown.status, 'executed')
      assert.match(shown.sentence, /^in force since /)

      const [late, unknown, again] = await Promise.all([
        run('motion', 'vote', motionId, 'no'),
        run('motion', 'vote', 'abcd', 'no'),
        json('motion', 'what-if', ...change)
      ])
      assert.is(late.code, 69)
      assert.match(
        late.stderr,
        /ballot: refused, the motion is not open any more \(MOTION_CLOSED\)/
      )
      assert.is(unknown.code, 64)
      assert.is(again.fault, 'NOTHING_CHANGES')

      const [bundle, table, leaving, nobody] = await Promise.all([
        json('bundle', '--link'),
        run('members'),
        json('leave', '--dry-run'),
        run('renew', '--region', 'atlantis')
      ])
      assert.is(bundle.epoch, 1)
      assert.match(table.stdout, /^Epoch 1: 1 member of weight 1, 1 needed\.\n {2}id .*\n.* oslo /)
      assert.is(leaving.isSent, false)
      assert.match(nobody.stderr, /renewal: refused, the network has no such region/)
      const renewed = await json('renew', '--endpoint', '/ip4/127.0.0.1/tcp/4001')
      assert.equal(renewed.endpoints, ['/ip4/127.0.0.1/tcp/4001'])
      const { members, epoch } = await json('members')
      assert.equal([epoch, members.length, members[0].isLeaving], [1, 1, false])
    })
  )
)

test.run()
