import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type HeardEvent, readEvents } from '../api/testing/event-reader.ts'
import { withNode, withStarted } from './testing/run-node.ts'
import { runProgram, withHome } from './testing/run-program.ts'

const test = suite('tokens and events of a running node')

test(
  'a token opens a node while it runs, and is revoked while it runs',
  withHome((home) =>
    withNode(home, async ({ url }) => {
      const run = async (...words: readonly string[]): Promise<ReturnType<typeof JSON.parse>> => {
        const { code, stdout, stderr } = await runProgram(
          ['token', ...words, '--json'],
          home.environment
        )
        assert.is(code, 0, stderr)
        return JSON.parse(stdout)
      }
      const ask = async (text: string): Promise<number> =>
        (await fetch(`${url}/v1/status`, { headers: { authorization: `Bearer ${text}` } })).status
      const { token, id } = await run(
        'new',
        '--role',
        'owner',
        '--expires',
        '2h',
        '--name',
        'phone'
      )
      assert.is(await ask(token), 200)
      const { tokens } = await run('list')
      assert.equal([tokens.length, tokens[0].id, tokens[0].hash], [1, id, undefined])
      await run('revoke', id)
      while ((await ask(token)) === 200) await new Promise((resolve) => setTimeout(resolve, 100))
      assert.is(await ask(token), 401)
      const wrong = [
        ['new', '--role', 'king'],
        ['new', '--role', 'submit', '--device', 'ab'.repeat(32)],
        ['new', '--device', 'xy'],
        ['new', '--expires', '99999d'],
        ['revoke', 'nothing']
      ]
      for (const words of wrong)
        assert.is(
          (await runProgram(['token', ...words], home.environment)).code,
          64,
          words.join(' ')
        )
      const open = await runProgram(['start', '--http-host', '0.0.0.0'], home.environment)
      assert.is(open.code, 78)
      assert.match(open.stderr, /http\.host: "0\.0\.0\.0" is open to other machines without TLS/)
    })
  )
)

test(
  'a listener goes on where it was when its node has started again, and misses nothing',
  withHome(async (home) => {
    const renew = async (url: string): Promise<void> => {
      const { code, stderr } = await runProgram(['renew', '--node', url], home.environment)
      assert.is(code, 0, stderr)
    }
    let seen = ''
    const later: HeardEvent[] = []
    await withNode(home, async ({ url, stop }) => {
      const events = await readEvents(url, '/v1/events?events=block')
      await renew(url)
      seen = (await events.take(1))[0]?.id ?? ''
      await renew(url)
      later.push(...(await events.take(1)))
      assert.is(await stop(), 0)
      later.push(...(await events.rest()))
    })
    await withStarted(home.environment, async ({ url }) => {
      const again = await readEvents(url, '/v1/events?events=block', { 'last-event-id': seen })
      await renew(url)
      const heard = await again.take(later.length + 1)
      assert.equal(heard.slice(0, later.length), later)
      const height = Number(seen.split('.')[0])
      assert.equal(
        heard.map(({ id }) => id),
        heard.map((_, index) => `${height + 1 + index}.0`)
      )
      again.close()
    })
  })
)

test.run()
