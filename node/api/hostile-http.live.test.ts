import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { SERVER_OPTIONS } from './http-limits.ts'
import { withHttp } from './testing/http-world.ts'

const test = suite('HTTP API under hostile callers')

/** Sends raw text and collects the answer until the server ends the connection. */
async function exchange(port: number, ...parts: readonly string[]): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  let answer = ''
  socket.on('data', (chunk) => {
    answer += chunk.toString()
  })
  socket.on('error', () => undefined) // cut off while it still writes: that is the point
  for (const part of parts) socket.write(part)
  await new Promise((resolve) => socket.once('close', resolve))
  return answer
}

const jsonPost = (body: string): string =>
  'POST /v1/transactions HTTP/1.1\r\nHost: a\r\nConnection: close\r\n' +
  `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`

test(
  'a body announced with a gigabyte is refused before it comes',
  withHttp(async ({ port }) => {
    const answer = await exchange(
      port,
      'POST /v1/transactions HTTP/1.1\r\nHost: a\r\nContent-Type: application/cbor\r\n' +
        'Content-Length: 1073741824\r\n\r\n',
      'x'.repeat(1000)
    )
    assert.match(answer, /^HTTP\/1\.1 413 /)
    assert.match(answer, /"BODY_TOO_LARGE"/)
  })
)

test(
  'a chunked body is cut at the limit of its media type',
  withHttp(async ({ port }) => {
    const chunk = `8000\r\n${'x'.repeat(0x8000)}\r\n`
    const head =
      'POST /v1/transactions HTTP/1.1\r\nHost: a\r\nContent-Type: application/cbor\r\n' +
      'Transfer-Encoding: chunked\r\n\r\n'
    assert.match(await exchange(port, head, chunk, chunk, chunk), /^HTTP\/1\.1 413 /)
  })
)

test(
  'JSON that nests, reaches for a prototype or is none is refused',
  withHttp(async ({ port }) => {
    const deep = `{"transactions":${'['.repeat(100_000)}`
    assert.match(await exchange(port, jsonPost(deep)), /400.*nests too deep/s)
    const proto = '{"transactions":["00"],"__proto__":{"polluted":1}}'
    assert.match(await exchange(port, jsonPost(proto)), /400.*not allowed/s)
    const escaped = '{"transactions":["00"],"\\u005f_proto__":{"polluted":1}}'
    assert.match(await exchange(port, jsonPost(escaped)), /400.*not allowed/s)
    assert.match(await exchange(port, jsonPost('{"transactions":"')), /400.*no JSON/s)
    assert.match(await exchange(port, jsonPost('{"transactions":[]}')), /400/)
    assert.match(await exchange(port, jsonPost('{"transactions":["00"],"more":1}')), /400/)
    assert.is(Object.keys(Object.prototype).length, 0)
  })
)

test(
  'a spoilt or endless CBOR sequence is refused as a whole',
  withHttp(async ({ post, ledger }) => {
    const type = 'application/cbor-seq'
    const bodies = [
      Uint8Array.of(0x80, 0x9a, 0xff, 0xff, 0xff, 0xff),
      Uint8Array.of(0x80, 0x5b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff),
      Uint8Array.of(0x9f, 0x01),
      Uint8Array.of(0x80, 0xff),
      new Uint8Array(500_000).fill(0x81),
      new Uint8Array(0)
    ]
    for (const body of bodies) {
      const answer = await post('', type, body)
      assert.is(answer.status, 400)
      assert.is(((await answer.json()) as { code: string }).code, 'BODY_MALFORMED')
    }
    const many = await post('', type, new Uint8Array(257).fill(0x80))
    assert.equal([many.status, ledger.submissions()], [413, 0])
    const list = JSON.stringify({ transactions: Array(257).fill('80') })
    assert.is((await post('', 'application/json', list)).status, 413)
  })
)

test(
  'unknown paths, methods, queries, media types and ids are refused as problems',
  withHttp(async ({ port, get, post, device }) => {
    const base = `http://127.0.0.1:${port}`
    const cases: readonly [() => Promise<Response>, number, string][] = [
      [() => get('/nothing-here'), 404, 'ROUTE_NOT_FOUND'],
      [() => get('/v1/../etc/passwd'), 404, 'ROUTE_NOT_FOUND'],
      [() => get('/v1/status?verbos=1'), 400, 'QUERY_WRONG'],
      [() => get('/v1/status?__proto__=1'), 400, 'QUERY_WRONG'],
      [() => get('/v1/headers?from=1&from=2'), 400, 'QUERY_WRONG'],
      [() => get('/v1/headers?from=-1'), 400, 'QUERY_WRONG'],
      [() => get('/v1/headers?from=9007199254740993'), 400, 'QUERY_WRONG'],
      [() => get(`/v1/devices/${device.hexId.toUpperCase()}`), 400, 'PARAMETER_WRONG'],
      [() => get('/v1/devices/%00'), 400, 'PARAMETER_WRONG'],
      [() => get('/v1/devices/%zz'), 400, 'REQUEST_MALFORMED'],
      [() => post('?wait=soon', 'application/cbor', 'x'), 400, 'QUERY_WRONG'],
      [() => post('?wait=final&timeoutMs=30001', 'application/cbor', 'x'), 400, 'QUERY_WRONG'],
      [() => post('', 'text/plain', 'x'), 415, 'MEDIA_TYPE_UNSUPPORTED'],
      [() => post('', 'application/cbor', ''), 400, 'BODY_MALFORMED'],
      [() => fetch(`${base}/v1/status`, { method: 'DELETE' }), 405, 'METHOD_NOT_ALLOWED'],
      [() => fetch(`${base}/v1/status`, { method: 'PUT', body: 'x' }), 405, 'METHOD_NOT_ALLOWED']
    ]
    for (const [ask, status, code] of cases) {
      const answer = await ask()
      assert.is(answer.headers.get('content-type'), 'application/problem+json', code)
      assert.equal(
        [answer.status, ((await answer.json()) as { code: string }).code],
        [status, code]
      )
    }
  })
)

test(
  'HEAD answers without a body, OPTIONS with the methods, and no other site is let in',
  withHttp(async ({ port }) => {
    const url = `http://127.0.0.1:${port}/v1/status`
    const head = await fetch(url, { method: 'HEAD' })
    assert.equal([head.status, await head.text()], [200, ''])
    const options = await fetch(url, { method: 'OPTIONS', headers: { origin: 'http://evil' } })
    assert.equal([options.status, options.headers.get('allow')], [204, 'OPTIONS, GET, HEAD'])
    assert.is(options.headers.get('access-control-allow-origin'), null)
  })
)

test(
  'bytes that are no request, and headers that do not end, are answered and cut',
  withHttp(async ({ port, get }) => {
    assert.match(await exchange(port, 'nonsense\r\n\r\n'), /^HTTP\/1\.1 400 .*REQUEST_MALFORMED/s)
    const big = `GET /livez HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(9000)}\r\n\r\n`
    assert.match(await exchange(port, big), /^HTTP\/1\.1 431 .*HEADERS_TOO_LARGE/s)
    const smuggled =
      'POST /v1/transactions HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n' +
      'Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n'
    assert.match(await exchange(port, smuggled), /^HTTP\/1\.1 400 /)
    assert.is((await get('/livez')).status, 200)
  })
)

test(
  'a caller who hangs up in the middle of his body is no bug',
  withHttp(async ({ port, get, bugs }) => {
    const socket = connect(port, '127.0.0.1')
    socket.write(
      'POST /v1/transactions HTTP/1.1\r\nHost: a\r\nContent-Type: application/cbor\r\n' +
        'Content-Length: 100\r\n\r\nabc'
    )
    await new Promise((resolve) => setTimeout(resolve, 20))
    socket.destroy()
    await once(socket, 'close')
    assert.is((await get('/livez')).status, 200)
    assert.equal(bugs, [])
  })
)

test(
  'one address gets its share of connections and no more; slow ones are bounded in time',
  withHttp(async ({ port }) => {
    const sockets: Socket[] = []
    for (let number = 0; number < 32; number++) {
      const socket = connect(port, '127.0.0.1')
      sockets.push(socket)
      await once(socket, 'connect')
      socket.write('GET /livez HTTP/1.1\r\n')
    }
    assert.is(await exchange(port, 'GET /livez HTTP/1.1\r\nHost: a\r\n\r\n'), '')
    sockets[0]?.destroy()
    await once(sockets[0] as Socket, 'close')
    await new Promise((resolve) => setTimeout(resolve, 20))
    const request = 'GET /livez HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'
    assert.match(await exchange(port, request), /200 OK/)
    for (const socket of sockets) socket.destroy()
    const { headersTimeout, requestTimeout, connectionsCheckingInterval } = SERVER_OPTIONS
    assert.equal(
      [headersTimeout, requestTimeout, connectionsCheckingInterval],
      [10_000, 15_000, 2_000]
    )
  })
)

test.run()
