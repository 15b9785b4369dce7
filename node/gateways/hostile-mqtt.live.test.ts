import { once } from 'node:events'
import { connect as connectSocket, type Socket } from 'node:net'
import * as fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { closeOf, type MqttWorld, withMqtt } from './testing/mqtt-world.ts'

const test = suite('MQTT gateway under hostile clients')

const CONNECT_311 = Buffer.from('100f00044d5154540402003c0003616263', 'hex')

/** Sends raw bytes and collects the answer until the gateway ends the connection. */
async function exchange(port: number, ...parts: readonly Uint8Array[]): Promise<Buffer> {
  const socket = connectSocket(port, '127.0.0.1')
  const answer: Buffer[] = []
  socket.on('data', (chunk) => answer.push(chunk))
  socket.on('error', () => undefined) // cut off while it still writes: that is the point
  for (const part of parts) socket.write(part)
  await new Promise((resolve) => socket.once('close', resolve))
  return Buffer.concat(answer)
}

async function isServing({ open, topic, device }: MqttWorld): Promise<boolean> {
  const { client, next } = await open(5)
  await client.subscribeAsync(topic('down'), { qos: 1 })
  await client.publishAsync(topic('up'), Buffer.from(device.message(1)), { qos: 1 })
  return (await next()).body.stage === 'accepted'
}

test(
  'a packet that is too large, or none, ends the connection and nothing else',
  withMqtt(async (world) => {
    const { port } = world
    const hugeConnect = Buffer.concat([Buffer.from('10ffffff7f', 'hex'), Buffer.alloc(100_000)])
    assert.is((await exchange(port, hugeConnect)).length, 0)
    const longId = Buffer.concat([
      Buffer.from('108c2700044d5154540402003c1380', 'hex'),
      Buffer.alloc(0x1380, 0x61)
    ])
    assert.is((await exchange(port, longId)).length, 0)
    const publish = Buffer.concat([Buffer.from('308080027d', 'hex'), Buffer.alloc(40_000)])
    await exchange(port, CONNECT_311, publish)
    await exchange(port, Buffer.from('GET / HTTP/1.1\r\n\r\n'))
    await exchange(port, Buffer.from('30050001610000', 'hex'))
    await exchange(port, CONNECT_311, CONNECT_311)
    await exchange(port, CONNECT_311, Buffer.from('f0ff', 'hex'), Buffer.from('ffffffffff', 'hex'))
    assert.ok(await isServing(world))
    assert.equal(world.bugs, [])
  })
)

test(
  'who says nothing, or too little, is cut off in time and makes room for others',
  withMqtt(
    async (world) => {
      const { port } = world
      // One byte at a time, and never the last one.
      const slow = connectSocket(port, '127.0.0.1')
      slow.on('error', () => undefined) // cut off: that is the point
      const dripping = setInterval(() => slow.write(Uint8Array.of(0x10)), 50)
      const silent = Array.from({ length: 40 }, () => connectSocket(port, '127.0.0.1'))
      const closed = silent.map((socket) =>
        once(
          socket.on('error', () => undefined),
          'close'
        )
      )
      for (const socket of silent) socket.resume()
      // Eight may wait, four of one address: the first ones are gone long before their time.
      await Promise.all(closed.slice(0, 30))
      assert.ok(await isServing(world))
      await Promise.all(closed)
      if (!slow.closed) await once(slow, 'close')
      clearInterval(dripping)
      assert.equal(world.bugs, [])
    },
    {
      gateway: { entrance: { waitingMax: 8, connectTimeoutMs: 1_000, packetSizeMaxBytes: 32_768 } }
    }
  )
)

test(
  'drawn bytes before and after a CONNECT end a connection at most',
  withMqtt(async (world) => {
    const { port } = world
    const random = fc.sample(
      fc.tuple(fc.boolean(), fc.uint8Array({ minLength: 1, maxLength: 600 })),
      150
    )
    for (const [isConnected, bytes] of random) {
      const socket = connectSocket(port, '127.0.0.1')
      const closed = once(
        socket.on('error', () => undefined),
        'close'
      )
      socket.resume()
      if (isConnected) socket.write(CONNECT_311)
      socket.end(bytes)
      await closed
    }
    assert.ok(await isServing(world))
    assert.equal(world.bugs, [])
  })
)

test(
  'subscriptions beyond one known device are refused',
  withMqtt(async (world) => {
    const { topic, device } = world
    const id = device.hexId
    for (const version of [4, 5] as const) {
      const { client } = await world.open(version)
      const filters = ['#', '+/+', '$SYS/#', 'tm/#', 'tm/memory/d/+/state', `tm/other/d/${id}/down`]
      for (const filter of [
        ...filters,
        topic('up'),
        `${topic('down')}/x`,
        topic('down').toUpperCase()
      ]) {
        const error = await client.subscribeAsync(filter).then(
          (granted) => granted[0]?.qos,
          () => 128
        )
        assert.ok(error === 128, `${filter} in ${version}`)
      }
      await client.subscribeAsync(topic('down'))
    }
    const deep = await world.open(5)
    deep.client.subscribe('a/'.repeat(90))
    await closeOf(deep.client)
    assert.ok(await isServing(world))
  })
)

test(
  'one client has so many subscriptions and no more',
  withMqtt(async ({ open }) => {
    const { client } = await open(5)
    const filterOf = (number: number): string =>
      `tm/memory/d/${number.toString(16).padStart(64, '0')}/down`
    const filters = Array.from({ length: 256 }, (_, number) => filterOf(number))
    await client.subscribeAsync(filters)
    const refused = await client.subscribeAsync(filterOf(256)).then(
      () => false,
      () => true
    )
    assert.ok(refused)
    await client.unsubscribeAsync(filterOf(0))
    await client.subscribeAsync(filterOf(256))
  })
)

test(
  'what a client retains or leaves as a will is not kept',
  withMqtt(async (world) => {
    const { open, topic, device, ledger } = world
    const { client } = await open(5)
    await client.publishAsync(topic('up'), Buffer.from(device.message(1)), { qos: 1, retain: true })
    const listener = await open(5)
    await listener.client.subscribeAsync(topic('#'), { qos: 1 })
    ledger.finalise()
    const heard = [await listener.next(), await listener.next()]
    assert.equal(
      heard.map(({ topic: on, retain }) => [on, retain]),
      [
        [topic('state'), false],
        [topic('down'), false]
      ]
    )
    const will = { topic: topic('up'), payload: Buffer.from('x'), qos: 1 as const, retain: true }
    for (const version of [4, 5] as const)
      assert.is(
        await open(version, { will, connectTimeout: 500 }).catch(codeOf),
        [5, 0x87][version - 4]
      )
  })
)

test(
  'a client id is only taken over from the same address, and proves nothing',
  withMqtt(async ({ open, topic, device }) => {
    const options = { clientId: '__proto__', clean: false }
    const first = await open(4, options)
    const second = await open(4, options)
    if (first.client.connected) await closeOf(first.client)
    await second.client.publishAsync(topic('up'), Buffer.from(device.message(1)), { qos: 1 })
    assert.ok(second.client.connected)
    assert.is(Object.keys(Object.prototype).length, 0)
  })
)

test(
  'a listener that never acknowledges is cut off, and others hear all',
  withMqtt(async (world) => {
    const { port, topic, open, device, ledger } = world
    const mute = connectSocket(port, '127.0.0.1')
    mute.on('error', () => undefined) // cut off: that is the point
    mute.resume()
    const filter = Buffer.from(topic('down'))
    const subscribe = Buffer.concat([
      Buffer.from([0x82, 5 + filter.length, 0, 1, 0, filter.length]),
      filter,
      Buffer.from([1])
    ])
    mute.write(Buffer.concat([CONNECT_311, subscribe]))
    const { client, next } = await open(5)
    await client.subscribeAsync(topic('down'), { qos: 1 })
    await waitFor(mute)
    for (let first = 1; !mute.closed; first += 100) {
      assert.ok(first < 3_000, 'the mute listener is cut off by now')
      for (let sequence = first; sequence < first + 100; sequence++)
        client.publish(topic('up'), Buffer.from(device.message(sequence)), { qos: 1 })
      for (let told = 0; told < 100; told++) assert.is((await next()).body.stage, 'accepted')
      ledger.finalise()
      for (let told = 0; told < 100; told++) assert.is((await next()).body.stage, 'final')
    }
    assert.equal(world.bugs, [])
  })
)

async function waitFor(socket: Socket): Promise<void> {
  if (socket.connecting) await once(socket, 'connect')
  await new Promise((resolve) => setTimeout(resolve, 20))
}

function codeOf(error: { code?: unknown }): unknown {
  return error.code
}

test.run()
