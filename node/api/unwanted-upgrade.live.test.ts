import { once } from 'node:events'
import { connect } from 'node:net'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { HEADERS_MAX } from './http-limits.ts'
import { type HttpWorld, withHttp } from './testing/http-world.ts'

const test = suite('upgrades that nobody wants')

const OFFER =
  'Connection: keep-alive, Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\n'

/** Sends bytes in these pieces and reads until the far end closes. */
async function converse(
  { port }: HttpWorld,
  pieces: readonly (string | Buffer)[]
): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  const heard: Buffer[] = []
  socket.on('data', (piece: Buffer) => heard.push(piece))
  for (const piece of pieces) {
    socket.write(piece)
    await new Promise((resolve) => setImmediate(resolve))
  }
  await once(socket, 'close')
  return String(Buffer.concat(heard))
}

function statusesOf(text: string): string[] {
  return [...text.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => status ?? '')
}

test(
  'a request that offers h2c is answered in HTTP/1.1, one after the other on one connection',
  withHttp(async (world) => {
    const ask = `GET /v1/echo HTTP/1.1\r\nHost: a\r\n${OFFER}\r\n`
    const last = `GET /v1/echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`
    const text = await converse(world, [ask, ask, ask, last])
    assert.equal(statusesOf(text), ['200', '200', '200', '200'])
    assert.not.match(text, /101 Switching|UPGRADE_WRONG/)
  })
)

test(
  'a body behind the offer is read, whole, in pieces and in chunks',
  withHttp(async (world) => {
    const { device } = world
    const head = (length: string): string =>
      `POST /v1/transactions HTTP/1.1\r\nHost: a\r\n${OFFER}` +
      `Content-Type: application/cbor\r\n${length}\r\n\r\n`
    const close = 'GET /v1/echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'
    const [first, second, third] = [1, 2, 3].map((sequence) =>
      Buffer.from(device.message(sequence))
    )
    if (first === undefined || second === undefined || third === undefined) throw new Error()
    const whole = Buffer.concat([Buffer.from(head(`Content-Length: ${first.length}`)), first])
    assert.equal(statusesOf(await converse(world, [whole, close])), ['202', '200'])
    const pieces = [
      ...[head(`Content-Length: ${second.length}`), second.subarray(0, 9), second.subarray(9)],
      close
    ]
    assert.equal(statusesOf(await converse(world, pieces)), ['202', '200'])
    const size = third.length.toString(16)
    const chunked = [
      head('Transfer-Encoding: chunked'),
      `${size}\r\n`,
      third,
      '\r\n0\r\n\r\n',
      close
    ]
    assert.equal(statusesOf(await converse(world, chunked)), ['202', '200'])
    assert.is(world.ledger.submissions(), 3)
  })
)

test(
  'answers keep the order of requests that were sent at once',
  withHttp(async (world) => {
    const offered = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n${OFFER}\r\n`
    const plain = (path: string, more = ''): string =>
      `GET ${path} HTTP/1.1\r\nHost: a\r\n${more}\r\n`
    const at = `/v1/state/network?at=${world.ledger.service.status().height + 1}`
    const all = plain(at) + offered('/nowhere') + plain('/v1/echo', 'Connection: close\r\n')
    assert.equal(statusesOf(await converse(world, [all])), ['503', '404', '200'])
  })
)

test(
  'an offer among more headers than are read is refused, and limits hold behind an offer too',
  withHttp(async (world) => {
    const many = Array.from({ length: HEADERS_MAX }, (_, number) => `X-${number}: 1\r\n`).join('')
    const refused = await converse(world, [
      `GET /v1/echo HTTP/1.1\r\nHost: a\r\n${many}${OFFER}\r\n`
    ])
    assert.match(refused, /^HTTP\/1\.1 400 .*UPGRADE_WRONG/s)
    const large =
      `POST /v1/transactions HTTP/1.1\r\nHost: a\r\n${OFFER}` +
      'Content-Type: application/cbor\r\nContent-Length: 100000000\r\n\r\n'
    assert.match(await converse(world, [large]), /^HTTP\/1\.1 413 /)
    for (let turn = 0; turn < 3; turn++) {
      const socket = connect(world.port, '127.0.0.1')
      socket.on('error', () => undefined)
      socket.write(`GET /v1/state/network?at=9 HTTP/1.1\r\nHost: a\r\n${OFFER}\r\n`)
      socket.write(`GET /v1/echo HTTP/1.1\r\nHost: a\r\n${OFFER}\r\n`)
      await new Promise((resolve) => setTimeout(resolve, 20))
      socket.resetAndDestroy()
    }
    assert.is((await world.get('/v1/echo')).status, 200)
    assert.equal(world.bugs, [])
  })
)

test(
  'one connection that makes many offers counts as one of its address',
  withHttp(
    async (world) => {
      const ask = `GET /v1/echo HTTP/1.1\r\nHost: a\r\n${OFFER}\r\n`
      const last = 'GET /v1/echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'
      const text = await converse(world, [...Array<string>(20).fill(ask), last])
      assert.is(statusesOf(text).length, 21)
    },
    { connections: { connectionsMax: 4, connectionsPerAddressMax: 1 } }
  )
)

test.run()
