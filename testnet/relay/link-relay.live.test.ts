import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { LinkConditions } from './link-conditions.ts'
import { type LinkRelay, openLinkRelay } from './link-relay.ts'

interface Bench {
  relay: LinkRelay
  server: Server
  dialler: Socket
  target: Socket
}

const test = suite('link relay')
const open: Bench[] = []

test.after.each(async () => {
  for (const { relay, server, dialler, target } of open.splice(0)) {
    await relay.close()
    dialler.destroy()
    target.destroy()
    await new Promise((resolve) => server.close(resolve))
  }
})

test('bytes take at least the delay of their direction', async () => {
  const { dialler, target } = await build({ forward: { delayMs: 40 }, backward: { delayMs: 15 } })
  const sentMs = performance.now()
  dialler.write('there')
  assert.is(await read(target, 5), 'there')
  const arrivedMs = performance.now()
  assert.ok(arrivedMs - sentMs >= 40, `${arrivedMs - sentMs} ms there`)
  target.write('back')
  assert.is(await read(dialler, 4), 'back')
  assert.ok(performance.now() - arrivedMs >= 15, `${performance.now() - arrivedMs} ms back`)
})

test('jitter never changes the order of bytes', async () => {
  const { dialler, target } = await build({ forward: { delayMs: 1, jitterMs: 8 } })
  const lines = Array.from({ length: 60 }, (_, line) => `line ${line}\n`)
  const received = read(target, lines.join('').length)
  for (const line of lines) {
    dialler.write(line)
    await new Promise((resolve) => setTimeout(resolve, 0.2))
  }
  assert.is(await received, lines.join(''))
})

test('a shorter delay set later never lets bytes overtake', async () => {
  const { relay, dialler, target } = await build({ forward: { delayMs: 60_000 } })
  const received = read(target, 10)
  dialler.write('first')
  await until(() => relay.status().connections === 1 && dialler.bytesWritten === 5)
  relay.setConditions('forward', { delayMs: 5 })
  dialler.write('later')
  assert.is(await received, 'firstlater')
})

test('a stall holds one direction only, and healing loses nothing', async () => {
  const { relay, dialler, target } = await build({})
  relay.setConditions('forward', { stalled: true })
  const received = read(target, 4)
  dialler.write('held')
  target.write('passes')
  assert.is(await read(dialler, 6), 'passes')
  assert.is(relay.status().forwardBytes, 0)
  relay.setConditions('forward', { stalled: false })
  assert.is(await received, 'held')
})

test('a stalled link takes only so much, then makes the sender wait', async () => {
  const { relay, dialler, target } = await build({ forward: { stalled: true } })
  const chunk = Buffer.alloc(1024 * 1024, 7)
  let received = 0
  target.on('data', (bytes: Buffer) => {
    received += bytes.length
  })
  for (let count = 0; count < 40; count++) dialler.write(chunk)
  await settles(() => dialler.writableLength)
  assert.ok(dialler.writableLength > 0, 'the sender has bytes it could not send')
  relay.setConditions('forward', { stalled: false })
  await until(() => received === 40 * chunk.length)
})

test('a cut breaks open connections and new ones, and mending lets new ones through', async () => {
  const { relay, dialler, target, server } = await build({})
  relay.cut()
  await Promise.all([closed(dialler), closed(target)])
  assert.is(relay.status().connections, 0)
  const refused = dial(relay.port)
  await closed(refused)
  relay.mend()
  const again = dial(relay.port)
  const [accepted] = (await once(server, 'connection')) as [Socket]
  again.write('hello')
  assert.is(await read(accepted, 5), 'hello')
  again.destroy()
  accepted.destroy()
})

test('a cut does not wait for a reader that has stopped', async () => {
  const { relay, dialler, target } = await build({})
  target.pause()
  const chunk = Buffer.alloc(1024 * 1024)
  for (let count = 0; count < 40; count++) dialler.write(chunk)
  await settles(() => dialler.writableLength)
  relay.cut()
  await closed(dialler)
  await until(() => relay.status().connections === 0)
})

test('a slow link takes as long as its rate says', async () => {
  const { dialler, target } = await build({ forward: { rateBytesPerSecond: 100_000 } })
  const startMs = performance.now()
  dialler.write(Buffer.alloc(10_000))
  await read(target, 10_000)
  assert.ok(performance.now() - startMs >= 100)
})

test('an end passes one way while the other still speaks', async () => {
  const { dialler, target, relay } = await build({ forward: { delayMs: 5 } })
  const rest = read(target, 4)
  dialler.end('last')
  assert.is(await rest, 'last')
  await until(() => target.readableEnded)
  target.end('reply')
  assert.is(await read(dialler, 5), 'reply')
  await until(() => relay.status().connections === 0)
})

test('a break on one side breaks the other, after the bytes sent before it', async () => {
  const { dialler, target, relay } = await build({ backward: { delayMs: 5 } })
  const received = read(dialler, 6)
  target.write('before')
  assert.is(await received, 'before')
  target.resetAndDestroy()
  await closed(dialler)
  await until(() => relay.status().connections === 0)
})

test('a dialler whose target is not there is broken off', async () => {
  const { relay, server, dialler, target } = await build({})
  dialler.destroy()
  const stopped = new Promise((resolve) => server.close(resolve))
  target.destroy()
  await stopped
  await closed(dial(relay.port))
  await until(() => relay.status().connections === 0)
})

test('a probability of one resets the connection at its first bytes', async () => {
  const { dialler, target } = await build({ forward: { resetProbability: 1 } })
  dialler.write('anything')
  await Promise.all([closed(dialler), closed(target)])
})

test('thousands of chunks pass in order, and closing gives the port back', async () => {
  const { relay, dialler, target } = await build({ forward: { delayMs: 2 } })
  const size = 4
  const expected = Buffer.alloc(5000 * size)
  for (let index = 0; index < 5000; index++) expected.writeUInt32BE(index, index * size)
  const received = read(target, expected.length, 'latin1')
  for (let index = 0; index < 5000; index++) {
    dialler.write(expected.subarray(index * size, (index + 1) * size))
    if (index % 50 === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  assert.is(await received, expected.toString('latin1'))
  const { port } = relay
  await relay.close()
  const next = await openLinkRelay({ listenPort: port, targetPort: 1 }, { random: () => 0 })
  await next.close()
})

test('a taken port is said in one line', async () => {
  const { relay } = await build({})
  try {
    await openLinkRelay({ listenPort: relay.port, targetPort: 1 }, { random: () => 0 })
    assert.unreachable('the port is taken')
  } catch (error) {
    assert.is((error as { code: string }).code, 'ADDRESS_IN_USE')
    assert.match((error as Error).message, `127.0.0.1:${relay.port}`)
  }
})

test('senseless conditions are our own bug', async () => {
  const { relay } = await build({})
  assert.throws(() => relay.setConditions('forward', { delayMs: Number.NaN }))
  assert.throws(() => relay.setConditions('backward', { rateBytesPerSecond: 0 }))
})

test.run()

async function build(conditions: {
  forward?: Partial<LinkConditions>
  backward?: Partial<LinkConditions>
}): Promise<Bench> {
  const server = createServer({ allowHalfOpen: true, noDelay: true })
  server.on('connection', (socket) => socket.on('error', () => {}))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  const relay = await openLinkRelay(
    { listenPort: 0, targetPort: port, ...conditions },
    { random: () => Math.random() }
  )
  const accepted = once(server, 'connection')
  const dialler = dial(relay.port)
  const [target] = (await accepted) as [Socket]
  const bench = { relay, server, dialler, target }
  open.push(bench)
  return bench
}

function dial(port: number): Socket {
  const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true, noDelay: true })
  socket.on('error', () => {})
  return socket
}

function read(
  socket: Socket,
  sizeBytes: number,
  encoding: BufferEncoding = 'utf8'
): Promise<string> {
  return new Promise((resolve) => {
    const parts: Buffer[] = []
    const onData = (bytes: Buffer): void => {
      parts.push(bytes)
      const whole = Buffer.concat(parts)
      if (whole.length < sizeBytes) return
      socket.off('data', onData)
      resolve(whole.toString(encoding))
    }
    socket.on('data', onData)
  })
}

/** A reset may be heard as an error or, when the end came a moment before it, as an end. */
async function closed(socket: Socket): Promise<void> {
  socket.on('end', () => socket.destroy())
  socket.resume()
  if (!socket.closed) await new Promise((resolve) => socket.once('close', resolve))
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2))
}

async function settles(measure: () => number): Promise<void> {
  let before = -1
  while (measure() !== before) {
    before = measure()
    await new Promise((resolve) => setTimeout(resolve, 60))
  }
}
