import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import * as z from 'zod'
import { createTestDevice } from '../api/testing/test-device.ts'
import {
  type Heard,
  type MqttWorld,
  type MqttWorldOptions,
  withMqtt
} from './testing/mqtt-world.ts'

const test = suite('Home Assistant discovery')

// The same key as of the first device of a world.
const DEVICE_ID = createTestDevice(new Uint8Array(32), 1).hexId
const ON: MqttWorldOptions = {
  gateway: {
    discovery: { prefix: 'homeassistant', devices: [{ deviceId: DEVICE_ID, name: 'Kitchen' }] }
  }
}
const WILL = { topic: 'homeassistant/status', payload: Buffer.from('offline'), qos: 0 as const }

/** What Home Assistant 2024.12 asks of a device's announcement, as far as ours goes. */
const configShape = z.strictObject({
  dev: z.strictObject({
    ids: z.array(z.string().min(1)).min(1),
    name: z.string().min(1),
    mf: z.string(),
    sn: z.string()
  }),
  o: z.strictObject({ name: z.string().min(1), sw: z.string() }),
  cmps: z.record(
    z.string().regex(/^[A-Za-z0-9_-]+$/),
    z.strictObject({
      p: z.enum(['sensor', 'binary_sensor']),
      unique_id: z.string().min(1),
      name: z.string().min(1),
      value_template: z.string().min(1),
      unit_of_measurement: z.string().optional(),
      device_class: z.enum(['temperature']).optional(),
      state_class: z.enum(['measurement']).optional()
    })
  ),
  state_topic: z.string().regex(/^[^+#]+$/),
  qos: z.union([z.literal(0), z.literal(1)])
})

async function say({ ledger, device }: MqttWorld, sequence: number): Promise<void> {
  await ledger.service.submit(device.message(sequence), 'test')
  ledger.finalise()
}

function configOf({ topic, body }: Heard): z.infer<typeof configShape> {
  assert.is(topic, `homeassistant/device/tm_${DEVICE_ID.slice(0, 32)}/config`)
  return configShape.parse(body)
}

test(
  'a device is announced with the topic that carries what it says, and again at every birth',
  withMqtt(async (world) => {
    await say(world, 1)
    const { client, next } = await world.open(5, { will: WILL })
    await client.subscribeAsync('homeassistant/+/+/config')
    const first = await next()
    const config = configOf(first)
    assert.is(first.retain, true)
    assert.equal([config.dev.name, config.dev.sn], ['Kitchen', DEVICE_ID])
    const { temperature } = config.cmps
    assert.equal(
      [temperature?.p, temperature?.unit_of_measurement, temperature?.device_class],
      ['sensor', '°C', 'temperature']
    )
    // The topic that is named carries the reading under the name that the template looks for.
    await client.subscribeAsync(config.state_topic, { qos: config.qos })
    const state = await next()
    assert.is(state.topic, config.state_topic)
    const [record] = state.body.records as readonly { n: string; v: number }[]
    assert.match(temperature?.value_template ?? '', `'eq', '${record?.n}'`)
    assert.match(temperature?.value_template ?? '', 'found[-1].v ')
    assert.is(record?.v, 21.5)
    await say(world, 2)
    assert.is((await next()).topic, config.state_topic)
    await client.publishAsync('homeassistant/status', 'online')
    const again = await next()
    assert.equal([configOf(again), again.retain], [config, false])
    assert.equal(world.bugs, [])
  }, ON)
)

test(
  'who waited hears of a device with its first reading',
  withMqtt(async (world) => {
    const { client, next } = await world.open(4, { will: WILL })
    await client.subscribeAsync('homeassistant/#')
    await say(world, 1)
    configOf(await next())
  }, ON)
)

test(
  'nothing is announced unless it is asked for',
  withMqtt(async (world) => {
    await say(world, 1)
    const { client } = await world.open(5)
    const refused = await client.subscribeAsync('homeassistant/+/+/config').then(
      () => false,
      () => true
    )
    assert.ok(refused)
    const noWill = await world.open(5, { will: WILL }).then(
      () => false,
      () => true
    )
    assert.ok(noWill)
  })
)

test.run()
