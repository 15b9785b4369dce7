import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { askClocks, callEndpoints } from './outside.ts'

const test = suite('what the doctor learns from outside')

const HOUR_MS = 3_600_000

test('clocks of others are told by their answers, and who does not tell is left out', async () => {
  await withServer(HOUR_MS, async (port) => {
    const url = `http://127.0.0.1:${port}`
    const [aheadMs = 0, ...more] = await askClocks([
      url,
      'http://127.0.0.1:1',
      '/ip4/127.0.0.1/tcp/1',
      'http://user:secret@127.0.0.1/',
      'file:///etc/passwd'
    ])
    assert.equal(more, [])
    assert.ok(Math.abs(aheadMs - HOUR_MS) < HOUR_MS / 2, `${aheadMs}`)
    assert.is((await askClocks(Array.from({ length: 50 }, () => url))).length, 8)
  })
  await withServer(null, async (port) => {
    assert.equal(await askClocks([`http://127.0.0.1:${port}`]), [])
  })
})

test('the addresses of a seat are called; what cannot be called from here counts as reached', async () => {
  await withServer(0, async (port) => {
    const addresses = [
      `/ip4/127.0.0.1/tcp/${port}`,
      `/dns4/localhost/tcp/${port}/p2p/12D3KooW`,
      '/ip4/127.0.0.1/tcp/1',
      '/ip4/127.0.0.1/udp/1/quic-v1',
      '/ip4/127.0.0.1/tcp/99999'
    ]
    const found = await callEndpoints([...addresses, 'https://node.example'])
    assert.equal(
      found.map(({ address }) => address),
      addresses
    )
    assert.equal(
      found.map(({ isAnswering }) => isAnswering),
      [true, true, false, true, true]
    )
  })
})

test.run()

/** A server whose clock is ahead, or which does not tell of one. */
async function withServer(
  aheadMs: number | null,
  run: (port: number) => Promise<void>
): Promise<void> {
  const server: Server = createServer((_request, response) => {
    response.sendDate = false
    if (aheadMs !== null) response.setHeader('date', new Date(Date.now() + aheadMs).toUTCString())
    response.end('{}')
  })
  await new Promise<void>((resolve) => server.listen(0, () => resolve()))
  try {
    await run((server.address() as AddressInfo).port)
  } finally {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
}
