import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connectAsync, type MqttClient } from 'mqtt'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createMemoryLedger, type MemoryLedger } from '../api/testing/memory-ledger.ts'
import { createTestDevice, type TestDevice } from '../api/testing/test-device.ts'
import type { Custody } from './custody.ts'
import { createMqttBridge } from './mqtt-bridge.ts'
import { type OtherBroker, startOtherBroker } from './testing/other-broker.ts'

const test = suite('MQTT bridge')

interface Heard {
  readonly topic: string
  readonly body: Record<string, unknown>
}

interface BridgeWorld {
  readonly broker: OtherBroker
  readonly ledger: MemoryLedger
  readonly device: TestDevice
  readonly topic: (channel: string) => string
  readonly said: unknown[]
  readonly bugs: readonly unknown[]
  readonly warnings: readonly string[]
  /** A client of the other broker that listens to everything. */
  readonly open: () => Promise<{ client: MqttClient; next: (about: string) => Promise<Heard> }>
  readonly startBridge: () => Promise<void>
  readonly stopBridge: () => Promise<void>
  readonly isLinked: () => boolean
}

function withBridge(run: (world: BridgeWorld) => Promise<void>): () => Promise<void> {
  return async () => {
    const folder = await mkdtemp(join(tmpdir(), 'thingmoot-bridge-'))
    const broker = await startOtherBroker(folder)
    const ledger = createMemoryLedger()
    const device = createTestDevice(ledger.networkTag, 1)
    ledger.register(device.deviceId)
    const said: unknown[] = []
    const bugs: unknown[] = []
    const warnings: string[] = []
    const shown = new Map<string, () => number>()
    const clients: MqttClient[] = []
    const { networkId, networkTag, service } = ledger
    const make = (): ReturnType<typeof createMqttBridge> =>
      createMqttBridge(
        {
          link: {
            url: `mqtt://127.0.0.1:${broker.port}`,
            clientId: 'thingmoot-test',
            ...{ username: null, password: null, authorities: null }
          },
          networkId,
          networkTag,
          topicRules: [{ topic: 'tele/+', device: 'plug', format: 'number', readings: [POWER] }],
          discovery: {
            prefix: 'homeassistant',
            devices: [{ deviceId: device.hexId, name: 'Kitchen' }]
          }
        },
        {
          ledger: service,
          custody: custodyOf(said),
          metrics: {
            show: (name, _help, read) => void shown.set(name, read),
            count: () => undefined
          },
          warn: (sentence) => void warnings.push(sentence),
          reportBug: (error) => void bugs.push(error)
        }
      )
    let bridge = make()
    try {
      await run({
        ...{ broker, ledger, device, said, bugs, warnings },
        topic: (channel) => `tm/${networkId}/d/${device.hexId}/${channel}`,
        open: async () => {
          const client = await connectAsync(`mqtt://127.0.0.1:${broker.port}`)
          clients.push(client)
          client.on('error', () => undefined) // the broker is ended while it is connected
          return { client, next: await listenTo(client) }
        },
        startBridge: async () => {
          bridge = make()
          await bridge.start()
        },
        stopBridge: () => bridge.stop(),
        isLinked: () => shown.get('thingmoot_gateways_bridge_connected')?.() === 1
      })
    } finally {
      await Promise.all(clients.map((client) => client.endAsync(true)))
      await bridge.stop()
      await broker.stop()
      await rm(folder, { recursive: true, force: true })
    }
  }
}

const POWER = { at: '', name: 'power', unit: 'W' }

function custodyOf(said: unknown[]): Custody {
  return {
    deviceIdOf: (name) => (name === 'plug' ? 'ab'.repeat(32) : undefined),
    isPassword: () => false,
    say: async (_name, records) => {
      said.push(records)
      return { kind: 'stored', messageId: new Uint8Array(32) }
    },
    counts: () => ({ devices: 1, pending: 0, stopped: 0 }),
    start: () => undefined,
    stop: async () => undefined
  }
}

/** Messages by the last level of their topics, in order. */
async function listenTo(client: MqttClient): Promise<(about: string) => Promise<Heard>> {
  const heard: Heard[] = []
  const waiting = new Set<() => void>()
  client.on('message', (topic, payload) => {
    if (topic.endsWith('/up') || topic.startsWith('tele/')) return
    heard.push({ topic, body: JSON.parse(payload.toString()) })
    for (const wake of waiting) wake()
  })
  await client.subscribeAsync('#', { qos: 1 })
  return async (about) => {
    for (;;) {
      const place = heard.findIndex(({ topic }) => topic.endsWith(`/${about}`))
      if (place >= 0) return heard.splice(place, 1)[0] as Heard
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          waiting.delete(wake)
          resolve()
        }
        waiting.add(wake)
      })
    }
  }
}

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 10))
}

test(
  'what is published at the other broker counts, and it is told there what became of it',
  withBridge(async (world) => {
    const { ledger, device, topic, said } = world
    const { client, next } = await world.open()
    await world.startBridge()
    await until(world.isLinked)
    await client.publishAsync(topic('up'), Buffer.from(device.message(1)), { qos: 1 })
    assert.equal((await next('down')).body['stage'], 'accepted')
    ledger.finalise()
    assert.equal((await next('down')).body['stage'], 'final')
    const state = await next('state')
    assert.equal(state.body['records'], [{ n: 'temperature', u: 'Cel', v: 21.5 }])
    assert.equal((await next('config')).body['state_topic'], state.topic)
    // Who comes later finds the state, and the announcement, at the other broker.
    const late = await world.open()
    assert.equal((await late.next('state')).body, state.body)
    await late.next('config')
    await client.publishAsync('tele/plug', '230', { qos: 1 })
    await until(() => said.length === 1)
    assert.equal(said, [[{ n: 'power', u: 'W', v: 230 }]])
    await client.publishAsync(topic('up'), 'nonsense', { qos: 1 })
    assert.is((await next('down')).body['outcome'], null)
    assert.is((await next('down')).body['outcome'], 'refused')
    // What is retained there is not said again when the node comes back.
    await client.publishAsync('tele/plug', '231', { qos: 1, retain: true })
    await until(() => said.length === 2)
    await world.stopBridge()
    await world.startBridge()
    await until(world.isLinked)
    await client.publishAsync('tele/plug', '232', { qos: 1 })
    await until(() => said.length === 3)
    assert.equal(said[2], [{ n: 'power', u: 'W', v: 232 }])
    assert.equal(world.bugs, [])
  })
)

test(
  'the other broker keeps what comes while the node is away',
  withBridge(async (world) => {
    const { device, topic } = world
    await world.startBridge()
    await until(world.isLinked)
    await world.stopBridge()
    const { client, next } = await world.open()
    for (const sequence of [1, 2])
      await client.publishAsync(topic('up'), Buffer.from(device.message(sequence)), { qos: 1 })
    await world.startBridge()
    for (const sequence of [1, 2])
      assert.is((await next('down')).body['transactionId'], device.transactionId(sequence))
  })
)

test(
  'the node begins without the other broker, comes back after it, and tells what it missed',
  withBridge(async (world) => {
    const { broker, ledger, device, warnings } = world
    await broker.stop()
    await world.startBridge()
    await until(() => warnings.length > 0)
    await ledger.service.submit(device.message(1), 'test')
    ledger.finalise()
    await broker.start()
    await until(world.isLinked)
    const { next } = await world.open()
    assert.is((await next('state')).body['sequence'], 1)
    await broker.stop()
    await until(() => !world.isLinked())
    await ledger.service.submit(device.message(2), 'test')
    ledger.finalise()
    await broker.start()
    await until(world.isLinked)
    const again = await world.open()
    while ((await again.next('state')).body['sequence'] !== 2);
    assert.equal(world.bugs, [])
  })
)

test(
  'what this node had no room for until it ended comes again',
  withBridge(async (world) => {
    const { ledger, device, topic } = world
    const { client, next } = await world.open()
    await world.startBridge()
    await until(world.isLinked)
    ledger.setBusy({ kind: 'busy', code: 'POOL_FULL', retryAfterMs: 1000 })
    await client.publishAsync(topic('up'), Buffer.from(device.message(1)), { qos: 1 })
    await until(() => ledger.submissions() > 0)
    await world.stopBridge()
    ledger.setBusy(null)
    await world.startBridge()
    assert.is((await next('down')).body['transactionId'], device.transactionId(1))
  })
)

test(
  'a node without room lets the other broker wait, and then takes what waited',
  withBridge(async (world) => {
    const { ledger, device, topic } = world
    const { client, next } = await world.open()
    await world.startBridge()
    await until(world.isLinked)
    ledger.setBusy({ kind: 'busy', code: 'POOL_FULL', retryAfterMs: 1000 })
    await client.publishAsync(topic('up'), Buffer.from(device.message(1)), { qos: 1 })
    await until(() => ledger.submissions() > 0)
    ledger.setBusy(null)
    assert.is((await next('down')).body['stage'], 'accepted')
  })
)

test.run()
