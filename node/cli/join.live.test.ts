import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { qrLines } from './qr-lines.ts'
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
  ...[
    '--http-port',
    '0',
    '--mqtt-enabled',
    'false',
    '--coap-enabled',
    'false',
    '--metrics-enabled',
    'false'
  ],
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

      const code = await founder('bundle', '--qr', '--address', address)
      assert.equal([code.epoch, code.addresses], [1, [address]])
      const later = await json(['join', code.link, ...QUIET], at(home, 'later'))
      assert.equal([later.networkId, later.epoch, later.addresses], ['test', 1, [address]])
      const forged = code.link.replace(/&seal=1\.[0-9a-f]{64}/, `&seal=1.${'0'.repeat(64)}`)
      const refused = await runProgram(['join', forged, ...QUIET], at(home, 'forged'))
      assert.is(refused.code, 65)
      assert.match(refused.stderr, /the seal that began its epoch 1 is another than the link names/)
    })
  )
)

function at({ folder }: TestHome, name: string): TestHome['environment'] {
  return { THINGMOOT_HOME: join(folder, name) }
}

test(
  'a link holds the same as a file, and what is damaged is refused',
  withHome((home) =>
    withNode(home, async ({ url }) => {
      const made = ['bundle', '--node', url]
      const { link } = await json([...made, '--link'], home.environment)
      assert.ok(link.startsWith('thingmoot:join?bundle='))
      const path = join(home.folder, 'damaged')
      await writeFile(path, 'no bundle')
      const [joined, damaged, cut, neither] = await Promise.all([
        json(['join', link, ...QUIET], at(home, 'a')),
        runProgram(['join', path, ...QUIET], at(home, 'b')),
        runProgram(['join', link.slice(0, -4), ...QUIET], at(home, 'c')),
        runProgram(['join'], at(home, 'd'))
      ])
      assert.is(joined.networkId, 'test')
      assert.equal(joined.addresses, [])
      assert.equal([damaged.code, cut.code, neither.code], [65, 65, 64])
      assert.match(damaged.stderr, /damaged: is no join bundle/)
    })
  )
)

test(
  'a code on the screen leads to a node, which is believed for the hashes in it alone',
  withHome((home) =>
    withNode(home, async ({ url }) => {
      const shown = await runProgram(['bundle', '--qr', '--node', url], home.environment)
      assert.is(shown.code, 0, shown.stderr)
      const lines = shown.stdout.split('\n')
      assert.ok(lines.length < 60 && lines.every((line) => line.length <= 200))
      assert.match(shown.stderr, /is reached from this machine alone/)
      const link = lines.find((line) => line.startsWith('thingmoot:')) ?? ''
      const genesisHash = /&genesis=([0-9a-f]{64})&at=/.exec(link)?.[1] ?? ''
      const code = lines.filter((line) => /^[ ▀▄█]+$/.test(line))
      assert.equal(code, qrLines(link, { isDarkOnLight: false }))
      const joined = await json(['join', link, ...QUIET], at(home, 'a'))
      assert.equal([joined.genesisHash, joined.epoch], [genesisHash, 0])

      const otherHash = link.replace(genesisHash, '0'.repeat(64))
      const otherName = link.replace('network=test', 'network=toast')
      const otherEpoch = link.replace('&at=', `&seal=1.${'0'.repeat(64)}&at=`)
      for (const [name, text, says] of [
        ['b', otherHash, /its genesis is another than the link names; nothing was made/],
        ['c', otherName, /its genesis is another than the link names/],
        ['d', `${link}&moon=full`, /the link: is no join bundle/]
      ] as const) {
        const refused = await runProgram(['join', text, ...QUIET], at(home, name))
        assert.is(refused.code, 65)
        assert.match(refused.stderr, says)
        assert.not(existsSync(join(home.folder, name)))
      }
      const unknown = await runProgram(['join', otherEpoch, ...QUIET], at(home, 'e'))
      assert.is(unknown.code, 69)
      assert.match(unknown.stderr, /no electorate of epoch 1/)
      const twice = await runProgram(['bundle', '--qr', '--link', '--node', url], home.environment)
      assert.is(twice.code, 64)
    })
  )
)

test.run()
