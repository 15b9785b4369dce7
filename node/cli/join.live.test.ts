import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { withNode, withStarted } from './testing/run-node.ts'
import { runProgram, type TestHome, withHome } from './testing/run-program.ts'

const test = suite('thingmoot bundle and join')

// biome-ignore lint/suspicious/noExplicitAny: a test reads JSON as it comes
type Json = any

async function json(
  args: readonly string[],
  environment: TestHome['environment'] = {}
): Promise<Json> {
  const answer = await runProgram([...args, '--json'], environment)
  assert.is(answer.code, 0, answer.stderr)
  return JSON.parse(answer.stdout)
}

const QUIET = [
  ...['--http-port', '0', '--mqtt-enabled', 'false', '--metrics-enabled', 'false'],
  ...['--network-listen', '/ip4/127.0.0.1/tcp/0', '--disk-warn-bytes', '0'],
  ...['--disk-stop-bytes', '0', '--plain-keys']
]

test(
  'a newcomer joins by a bundle, asks for a seat through its own node, and is admitted by ballot',
  withHome((home) =>
    withNode(home, async ({ url, readyLine }) => {
      const founder = (...args: string[]): Promise<Json> =>
        json([...args, '--node', url], home.environment)
      const address = / p2p=(\S+)/.exec(readyLine)?.[1] ?? ''
      const path = join(home.folder, 'test.bundle')
      const bundle = await founder('bundle', '--out', path, '--address', address)
      assert.equal([bundle.epoch, bundle.addresses], [0, [address]])

      const newcomer = { THINGMOOT_HOME: join(home.folder, 'newcomer') }
      const joined = await json(['join', path, ...QUIET], newcomer)
      assert.equal([joined.networkId, joined.role], ['test', 'observer'])
      const file = JSON.parse(
        await readFile(join(joined.dataDirectory, 'application.json'), 'utf8')
      )
      assert.equal([file.region, file.proofs], ['oslo', []])

      await withStarted(newcomer, async ({ url: own }) => {
        await json(['status', '--url', own, '--wait', 'ready', '--timeout', '10s'])
        const apply = ['join', '--apply', '--node', own]
        const dry = await json([...apply, '--dry-run'], newcomer)
        assert.is(dry.isSent, false)
        assert.equal(await founder('motion', 'list'), [])
        const { applicationId, application } = await json(apply, newcomer)
        assert.is(application.sentence, '0 of 1 ballots, needs 1')
        const again = await runProgram(apply, newcomer)
        assert.match(again.stderr, /nothing was sent, application [0-9a-f]{8} of this node is open/)

        const voted = await founder('motion', 'vote', applicationId.slice(0, 8), 'yes')
        assert.match(voted.motion.status, /^(?:carried|executed)$/)
        const seated = await json(['join', '--follow', '--node', own], newcomer)
        assert.is(seated.stage, 'seated')
        const { members } = await founder('members')
        assert.is(members.filter((one: Json) => one.status === 'seated').length, 2)
      })
    })
  )
)

test(
  'a link holds the same as a file, and what is damaged is refused',
  withHome((home) =>
    withNode(home, async ({ url }) => {
      const made = ['bundle', '--node', url]
      const { link } = await json([...made, '--link'], home.environment)
      assert.ok(link.startsWith('thingmoot:join?bundle='))
      const path = join(home.folder, 'damaged')
      await writeFile(path, 'no bundle')
      const at = (name: string): TestHome['environment'] => ({
        THINGMOOT_HOME: join(home.folder, name)
      })
      const [joined, damaged, cut, neither] = await Promise.all([
        json(['join', link, ...QUIET], at('a')),
        runProgram(['join', path, ...QUIET], at('b')),
        runProgram(['join', link.slice(0, -4), ...QUIET], at('c')),
        runProgram(['join'], at('d'))
      ])
      assert.is(joined.networkId, 'test')
      assert.equal(joined.addresses, [])
      assert.equal([damaged.code, cut.code, neither.code], [65, 65, 64])
      assert.match(damaged.stderr, /damaged: is no join bundle/)
    })
  )
)

test.run()
