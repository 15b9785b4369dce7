import { once } from 'node:events'
import { connect } from 'node:net'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { WebSocket } from 'ws'
import { RATES_DEFAULT } from '../access/rate-limits.ts'
import { withHttp } from '../testing/http-world.ts'
import { say } from '../testing/talking-device.ts'

const test = suite('events over WebSockets')

async function openSocket(
  port: number,
  options: ConstructorParameters<typeof WebSocket>[2] = {}
): Promise<{ socket: WebSocket; heard: unknown[]; until: (count: number) => Promise<void> }> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/v1/socket`, 'thingmoot.v1', options)
  const heard: unknown[] = []
  socket.on('message', (data) => void heard.push(JSON.parse(String(data))))
  await once(socket, 'open')
  const until = async (count: number): Promise<void> => {
    while (heard.length < count) await once(socket, 'message')
  }
  return { socket, heard, until }
}

test(
  'a socket has subscriptions by name, each with its own filter and place',
  withHttp(async (world) => {
    await say(world, 1, 2)
    const { socket, heard, until } = await openSocket(world.port)
    assert.is(socket.extensions, '')
    socket.send(JSON.stringify({ subscribe: 'old', events: ['reading'], after: '0' }))
    await until(3)
    socket.send(JSON.stringify({ subscribe: 'new', events: ['block'] }))
    await until(4)
    await say(world, 3, 3)
    await until(6)
    const told = heard as { subscription?: string; subscribed?: string; id?: string }[]
    assert.equal(
      told.slice(0, 4).map(({ subscribed, id }) => subscribed ?? id),
      ['old', '1.1', '2.1', 'new']
    )
    assert.equal(
      told
        .slice(4)
        .map(({ subscription, id }) => `${subscription} ${id}`)
        .toSorted(),
      ['new 3.0', 'old 3.1']
    )
    socket.send(JSON.stringify({ unsubscribe: 'old' }))
    await until(7)
    await say(world, 4, 4)
    await until(8)
    assert.is(told[7]?.id, '4.0')
    socket.close()
  })
)

test(
  'a socket that says what is not understood is told so, and one that breaks its bounds is closed',
  withHttp(async ({ port }) => {
    const { socket, heard, until } = await openSocket(port)
    const words = [
      '{',
      '{"subscribe":"a","__proto__":{}}',
      `{"subscribe":${'['.repeat(10_000)}`,
      '{"subscribe":"a b"}',
      '{"unsubscribe":"a"}',
      '{"subscribe":"a","events":[]}',
      '{"subscribe":"a","after":"x"}'
    ]
    for (const word of words) socket.send(word)
    await until(words.length)
    const codes = (heard as { problem: { code: string } }[]).map(({ problem }) => problem.code)
    assert.equal(codes, [
      'BODY_MALFORMED',
      'BODY_MALFORMED',
      'BODY_MALFORMED',
      'MESSAGE_WRONG',
      'SUBSCRIPTION_WRONG',
      'MESSAGE_WRONG',
      'MESSAGE_WRONG'
    ])
    for (let number = 0; number < 6; number++)
      socket.send(JSON.stringify({ subscribe: `s${number}` }))
    await until(words.length + 6)
    const last = heard.at(-1) as { problem: { code: string; detail: string } }
    assert.equal(last.problem.detail, 'One socket has 5 subscriptions.')
    socket.close()
    const closings: [string | Buffer, number][] = [
      ['x'.repeat(16_385), 1009],
      [Buffer.from([1]), 1003]
    ]
    for (const [message, code] of closings) {
      const other = (await openSocket(port)).socket
      other.on('error', () => undefined)
      other.send(message)
      assert.is((await once(other, 'close'))[0], code)
    }
    const talker = (await openSocket(port)).socket
    for (let number = 0; number < 21; number++) talker.send('{}')
    assert.is((await once(talker, 'close'))[0], 1008)
  })
)

test(
  'pages of other origins, other paths and what is no WebSocket are refused before the upgrade',
  withHttp(async ({ port }) => {
    const refusalOf = (path: string, headers: Record<string, string>): Promise<number> =>
      new Promise((resolve, reject) => {
        const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, { headers })
        socket.once('unexpected-response', (_request, response) => {
          response.resume()
          resolve(response.statusCode ?? 0)
        })
        socket.once('open', () => reject(new Error('it was let in')))
        socket.on('error', () => undefined)
      })
    assert.is(await refusalOf('/v1/socket', { origin: 'https://evil.example' }), 403)
    assert.is(await refusalOf('/v1/socket', { authorization: 'Bearer no' }), 401)
    assert.is(await refusalOf('/v1/status', {}), 400)
    assert.is(await refusalOf('/v1/socket?x=1', {}), 400)
    const own = new WebSocket(`ws://127.0.0.1:${port}/v1/socket`, {
      headers: { origin: `http://127.0.0.1:${port}` }
    })
    await once(own, 'open')
    own.close()
    const raw = connect(port, '127.0.0.1')
    raw.write(
      'GET /v1/socket HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'
    )
    const [answer] = (await once(raw, 'data')) as [Buffer]
    assert.match(String(answer), /^HTTP\/1\.1 400 .*UPGRADE_WRONG/s)
    raw.destroy()
  })
)

test(
  'a listener that takes nothing is cut off, and the rest never waits in memory',
  withHttp(
    async ({ base, port, ledger, device }) => {
      const total = 4_000
      for (let sequence = 1; sequence <= total; sequence++)
        await ledger.service.submit(device.message(sequence), 'test')
      ledger.finalise()
      const { socket, heard } = await openSocket(port)
      socket.on('error', () => undefined)
      for (let number = 0; number < 5; number++)
        socket.send(JSON.stringify({ subscribe: `s${number}`, after: '0' }))
      socket.pause()
      const closed = once(socket, 'close')
      // The only place comes free when the node has given the listener up.
      let answer = await fetch(`${base}/v1/events?after=0`)
      while (answer.status === 503) {
        await answer.arrayBuffer()
        await new Promise((resolve) => setTimeout(resolve, 50))
        answer = await fetch(`${base}/v1/events?after=0`)
      }
      socket.resume()
      assert.ok([1006, 1013].includes((await closed)[0]))
      assert.ok(heard.length < 5 * total, `${heard.length} events of ${5 * total}`)
      await answer.body?.cancel()
    },
    { events: { stallMaxMs: 200, streamsMax: 1 }, rates: { ...RATES_DEFAULT, read: 0 } }
  )
)

test.run()
