import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { IClientOptions } from 'mqtt'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createTestDevice } from '../api/testing/test-device.ts'
import type { SessionLimits } from './mqtt-session-store.ts'
import { findProgram } from './testing/find-program.ts'
import { type MqttWorld, withMqtt } from './testing/mqtt-world.ts'

const test = suite('kept MQTT sessions')

const LIMITS: SessionLimits = { sessionsMax: 3, sessionBytesMax: 4_096, awaySecondsMax: 3_600 }

function keeping(version: 4 | 5, clientId = 'ada'): IClientOptions {
  return version === 4
    ? { clientId, clean: false }
    : { clientId, clean: false, properties: { sessionExpiryInterval: 600 } }
}

/** Has a session listen, and go. */
async function listenAndGo(world: MqttWorld, version: 4 | 5, clientId?: string): Promise<void> {
  const { client } = await world.open(version, keeping(version, clientId))
  await client.subscribeAsync([world.topic('down'), world.topic('state')], { qos: 1 })
  await client.endAsync()
}

async function say({ ledger, device }: MqttWorld, sequence: number): Promise<void> {
  await ledger.service.submit(device.message(sequence), 'test')
  ledger.finalise()
}

for (const version of [4, 5] as const)
  test(
    `who was away during a restart is told what came, in order and once, in version ${version}`,
    withMqtt(
      async (world) => {
        await listenAndGo(world, version)
        await say(world, 1)
        await world.restart()
        await say(world, 2)
        const back = await world.open(version, keeping(version))
        const heard = [await back.next(), await back.next(), await back.next(), await back.next()]
        assert.equal(
          heard.map(({ topic, body, qos }) => [topic, body.sequence ?? body.transactionId, qos]),
          [1, 2].flatMap((sequence) => [
            [world.topic('state'), sequence, 1],
            [world.topic('down'), world.device.transactionId(sequence), 1]
          ])
        )
        await say(world, 3)
        assert.is((await back.next()).body.sequence, 3)
        await back.next()
        await back.client.endAsync()
        await world.restart()
        // What was acknowledged does not come again.
        const again = await world.open(version, keeping(version))
        await say(world, 4)
        assert.is((await again.next()).body.sequence, 4)
        assert.equal(world.bugs, [])
      },
      { sessions: LIMITS }
    )
  )

test(
  'a clean start ends a kept session, and so does the time that it asked for',
  withMqtt(
    async (world) => {
      await listenAndGo(world, 5)
      await say(world, 1)
      const fresh = await world.open(5, { clientId: 'ada', clean: true })
      await fresh.client.subscribeAsync(world.topic('down'), { qos: 1 })
      await say(world, 2)
      assert.is((await fresh.next()).body.transactionId, world.device.transactionId(2))
      await fresh.client.endAsync()
      await world.restart()
      const later = await world.open(5, keeping(5))
      await later.client.subscribeAsync(world.topic('down'), { qos: 1 })
      await say(world, 3)
      assert.is((await later.next()).body.transactionId, world.device.transactionId(3))
    },
    { sessions: LIMITS }
  )
)

test(
  'of more than may wait the newest is kept, and one session takes no room from another',
  withMqtt(
    async (world) => {
      await listenAndGo(world, 4, 'first')
      for (let sequence = 1; sequence <= 60; sequence++) await say(world, sequence)
      await listenAndGo(world, 4, 'second')
      await world.restart()
      const back = await world.open(4, keeping(4, 'first'))
      const { body } = await back.next()
      assert.ok((body.height ?? 0) > 30, `the oldest left is of block ${body.height}`)
      let last = body
      while (last.height !== 60 || last.stage !== 'final') last = (await back.next()).body
      assert.equal(world.bugs, [])
    },
    { sessions: LIMITS }
  )
)

test(
  'beyond the sessions that are kept a subscription is refused, and publishing is not',
  withMqtt(
    async (world) => {
      for (const id of ['a', 'b', 'c']) await listenAndGo(world, 5, id)
      const { client } = await world.open(5, keeping(5, 'd'))
      const refused = await client.subscribeAsync(world.topic('down')).then(
        () => false,
        () => true
      )
      assert.ok(refused)
      await client.publishAsync(world.topic('up'), Buffer.from(world.device.message(1)), { qos: 1 })
      const passing = await world.open(5)
      await passing.client.subscribeAsync(world.topic('down'))
    },
    { sessions: LIMITS }
  )
)

test(
  'a message of quality 2 is taken once, also when it is sent again',
  withMqtt(
    async (world) => {
      const { open, topic, device, ledger } = world
      for (const version of [4, 5] as const) {
        const { client, next } = await open(version)
        await client.subscribeAsync(topic('down'), { qos: 2 })
        const before = ledger.submissions()
        await client.publishAsync(topic('up'), Buffer.from(device.message(version)), { qos: 2 })
        assert.is((await next()).body.transactionId, device.transactionId(version))
        assert.is(ledger.submissions(), before + 1)
        await client.endAsync()
      }
      const other = createTestDevice(ledger.networkTag, 2)
      const { client } = await open(5)
      const refused = await client
        .publishAsync(topic('up'), Buffer.from(other.message(1)), { qos: 2 })
        .then(
          () => 0,
          (error: { code: number }) => error.code
        )
      assert.is(refused, 0x87)
    },
    { sessions: LIMITS }
  )
)

test(
  'mosquitto_sub is told what came while it and the node were away',
  withMqtt(
    async (world) => {
      const subscriber = findProgram('mosquitto_sub')
      if (subscriber === undefined) {
        process.stderr.write('skipped: mosquitto_sub is not on PATH\n')
        return
      }
      for (const version of ['mqttv311', 'mqttv5']) {
        const expiry = version === 'mqttv5' ? ['-x', '600'] : []
        const session = ['-h', '127.0.0.1', '-p', String(world.port), '-V', version, '-i', version]
        const filter = ['-c', '-q', '1', '-t', world.topic('down'), ...expiry]
        const listen = async (more: readonly string[]): Promise<string> => {
          const child = spawn(subscriber, [...session, ...filter, ...more], {
            stdio: ['ignore', 'pipe', 'inherit']
          })
          let out = ''
          child.stdout.on('data', (part: Buffer) => {
            out += part.toString('utf8')
          })
          const [code] = await once(child, 'exit')
          assert.is(code, 0)
          return out
        }
        // -E: ends once it is subscribed.
        await listen(['-E'])
        const sequence = version === 'mqttv5' ? 2 : 1
        await say(world, sequence)
        await world.restart()
        const heard = JSON.parse(await listen(['-C', '1']))
        assert.equal(
          [heard.transactionId, heard.stage],
          [world.device.transactionId(sequence), 'final']
        )
      }
    },
    { sessions: LIMITS }
  )
)

test.run()
