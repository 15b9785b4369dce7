import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createTestDevice } from '../api/testing/test-device.ts'
import { closeOf, withMqtt } from './testing/mqtt-world.ts'

const test = suite('MQTT gateway')

for (const version of [4, 5] as const)
  test(
    `a message is taken, final and the device's state, in version ${version}`,
    withMqtt(async ({ open, topic, device, ledger }) => {
      const { client, next } = await open(version)
      await client.subscribeAsync([topic('down'), topic('state')], { qos: 1 })
      await client.publishAsync(topic('up'), Buffer.from(device.message(1)), { qos: 1 })
      const accepted = await next()
      assert.equal([accepted.topic, accepted.qos, accepted.retain], [topic('down'), 1, false])
      assert.equal(accepted.body, {
        transactionId: device.transactionId(1),
        stage: 'accepted',
        outcome: null,
        code: null,
        height: null
      })
      ledger.finalise()
      const state = await next()
      assert.equal([state.topic, state.body.sequence, state.retain], [topic('state'), 1, false])
      assert.equal(state.body.records, [{ n: 'temperature', u: 'Cel', v: 21.5 }])
      const final = await next()
      assert.equal(
        [final.body.stage, final.body.outcome, final.body.height],
        ['final', 'applied', 1]
      )

      const late = await open(version)
      await late.client.subscribeAsync(topic('#'), { qos: 1 })
      const retained = await late.next()
      assert.equal([retained.topic, retained.retain], [topic('state'), true])
      assert.equal(retained.body, state.body)
    })
  )

test(
  'a state from before the start is read from the ledger',
  withMqtt(async ({ open, topic, ledger }) => {
    const other = createTestDevice(ledger.networkTag, 9)
    ledger.register(other.deviceId)
    const { client, next } = await open(5)
    await client.subscribeAsync(topic('state', other))
    await ledger.service.submit(other.message(1, 5), 'test')
    ledger.finalise()
    assert.is((await next()).body.sequence, 1)
    await client.unsubscribeAsync(topic('state', other))
    await ledger.service.submit(other.message(2, 6), 'test')
    ledger.finalise()
    await client.subscribeAsync(topic('+', other))
    assert.equal([(await next()).body.sequence], [2])
  })
)

test(
  'version 5 is told by reason codes why a message was not taken',
  withMqtt(async ({ open, topic, device, ledger }) => {
    const { client, next } = await open(5)
    await client.subscribeAsync(topic('down'), { qos: 1 })
    const other = createTestDevice(ledger.networkTag, 2)
    const reasonOf = async (on: string, payload: Uint8Array): Promise<unknown> =>
      client.publishAsync(on, Buffer.from(payload), { qos: 1 }).then(
        (packet) => (packet as { reasonCode?: number } | undefined)?.reasonCode ?? 0,
        (error: { code: number }) => error.code
      )
    assert.is(await reasonOf(topic('up'), device.message(1)), 0)
    assert.is((await next()).body.stage, 'accepted')
    assert.is(await reasonOf(topic('up'), other.message(1)), 0x87)
    assert.is(await reasonOf(topic('down'), device.message(2)), 0x87)
    assert.is(await reasonOf('elsewhere', device.message(2)), 0x87)
    assert.is(await reasonOf(topic('up'), Uint8Array.of(1, 2, 3)), 0x99)
    assert.equal((await next()).body, {
      transactionId: null,
      stage: null,
      outcome: 'refused',
      code: 'ENCODING_NOT_CANONICAL',
      height: null
    })
    assert.is(await reasonOf(topic('up'), device.message(1, 40)), 0x83)
    assert.is((await next()).body.code, 'SEQUENCE_USED')
    ledger.setBusy({ kind: 'busy', code: 'POOL_FULL', retryAfterMs: 1000 })
    assert.is(await reasonOf(topic('up'), device.message(2)), 0x97)
    assert.is((await next()).body.code, 'POOL_FULL')
    ledger.setBusy(null)
    assert.is(await reasonOf(topic('up'), device.message(2)), 0)
  })
)

test(
  'version 3.1.1 acknowledges what was judged, and is cut off from what it may not lose',
  withMqtt(async ({ open, topic, device, ledger }) => {
    const first = await open(4)
    await first.client.subscribeAsync(topic('down'), { qos: 1 })
    await first.client.publishAsync(topic('up'), 'nonsense', { qos: 1 })
    assert.is((await first.next()).body.outcome, 'refused')
    for (const [on, payload] of [
      ['elsewhere', device.message(1)],
      [topic('up'), createTestDevice(ledger.networkTag, 2).message(1)]
    ] as const) {
      const { client } = await open(4)
      client.publish(on, Buffer.from(payload), { qos: 1 })
      await closeOf(client)
    }
    ledger.setBusy({ kind: 'busy', code: 'POOL_FULL', retryAfterMs: 1000 })
    const { client } = await open(4, { reconnectPeriod: 20 })
    client.publish(topic('up'), Buffer.from(device.message(1)), { qos: 1 })
    await closeOf(client)
    // The client comes back by itself, and sends again what was not acknowledged.
    ledger.setBusy(null)
    assert.is((await first.next()).body.stage, 'accepted')
  })
)

test(
  'many messages at once are taken in their order',
  withMqtt(async ({ open, topic, device, ledger }) => {
    const { client, next } = await open(5)
    await client.subscribeAsync(topic('down'), { qos: 1 })
    const count = 300
    await Promise.all(
      Array.from({ length: count }, (_, index) =>
        client.publishAsync(topic('up'), Buffer.from(device.message(index + 1)), {
          qos: index % 3 === 0 ? 0 : 1
        })
      )
    )
    for (let sequence = 1; sequence <= count; sequence++) {
      const { body } = await next()
      assert.equal([body.transactionId, body.stage], [device.transactionId(sequence), 'accepted'])
    }
    ledger.finalise()
    for (let sequence = 1; sequence <= count; sequence++)
      assert.is((await next()).body.transactionId, device.transactionId(sequence))
  })
)

const { PATH = '' } = process.env
const PUBLISHER = PATH.split(delimiter)
  .map((folder) => join(folder, 'mosquitto_pub'))
  .find(existsSync)

test(
  'mosquitto_pub is client enough',
  withMqtt(async ({ open, topic, device, port }) => {
    if (PUBLISHER === undefined) {
      process.stderr.write('skipped: mosquitto_pub is not on PATH\n')
      return
    }
    const { client, next } = await open(5)
    await client.subscribeAsync(topic('down'), { qos: 1 })
    const versions = ['mqttv311', 'mqttv5']
    for (const [index, version] of versions.entries()) {
      const place = ['-h', '127.0.0.1', '-p', String(port), '-V', version]
      const child = spawn(PUBLISHER, [...place, '-t', topic('up'), '-q', '1', '-s'], {
        stdio: ['pipe', 'inherit', 'inherit']
      })
      child.stdin.end(device.message(index + 1))
      const [code] = await once(child, 'exit')
      assert.is(code, 0)
      const { body } = await next()
      assert.equal([body.transactionId, body.stage], [device.transactionId(index + 1), 'accepted'])
    }
  })
)

test.run()
