import { existsSync } from 'node:fs'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type OtherBroker, startOtherBroker } from '../../gateways/testing/other-broker.ts'
import { type TestNode, withNode, withStarted } from '../testing/run-node.ts'
import { runProgram, type TestHome, withHome } from '../testing/run-program.ts'

const test = suite('devices whose keys a node holds')

const TOPICS = `
  topics:
    - {topic: kitchen/temperature, device: kitchen, format: number, readings: [{name: temperature, unit: Cel}]}
    - topic: tele/+/SENSOR
      device: kitchen
      format: json
      readings: [{at: /ENERGY/Power, name: power, unit: W}, {at: /ENERGY/On, name: on}]
    - {topic: kitchen/senml, device: kitchen, format: senml}
`

interface Reading {
  readonly sequence: number
  readonly records: unknown
}

async function open({ readyLine }: TestNode, options: IClientOptions = {}): Promise<MqttClient> {
  const url = `mqtt://${/ mqtt=(\S+)/.exec(readyLine)?.[1] ?? ''}`
  return connectAsync(url, { protocolVersion: 5, reconnectPeriod: 0, ...options })
}

async function readings(url: string, deviceId: string, count: number): Promise<readonly Reading[]> {
  for (;;) {
    const answer = await fetch(`${url}/v1/devices/${deviceId}/readings`)
    const { readings: found } = (await answer.json()) as { readings: readonly Reading[] }
    if (found.length >= count) return found.toReversed()
    await sleep(50)
  }
}

async function makeDevice(home: TestHome, url: string): Promise<Record<string, string>> {
  const { environment, makerFolder } = home
  const make = ['gateway', 'new', 'kitchen', '--maker', makerFolder, '--node', url, '--json']
  const made = await runProgram(make, environment)
  assert.is(made.code, 0, made.stderr)
  return JSON.parse(made.stdout)
}

async function mapTopics({ folder }: TestHome, port: number): Promise<void> {
  const path = join(folder, 'home', 'config', 'node.yaml')
  const settings = await readFile(path, 'utf8')
  assert.match(settings, /^mqtt:$/m)
  await writeFile(
    path,
    settings.replace(
      /^mqtt:$/m,
      `mqtt:${TOPICS.trimEnd()}\n  homeAssistant: {enabled: true}\n  bridge: {url: 'mqtt://127.0.0.1:${port}'}`
    )
  )
}

test(
  'what they publish is signed here, counts, and shows on the ledger as held by a gateway',
  withHome(async (home) => {
    let made: Record<string, string> = {}
    await withNode(home, async ({ url, stop }) => {
      made = await makeDevice(home, url)
      const again = await runProgram(
        ['gateway', 'new', 'kitchen', '--maker', home.makerFolder, '--node', url],
        home.environment
      )
      assert.is(again.code, 64, 'a device is made once')
      await stop()
    })
    const broker = await startOtherBroker(home.folder)
    await mapTopics(home, broker.port)
    const { deviceId = '', user = '', password = '' } = made
    await withStarted(home.environment, async (node) => {
      const client = await open(node, { username: user, password })
      await client.subscribeAsync(`tm/test/d/${deviceId}/state`, { qos: 1 })
      await client.publishAsync('kitchen/temperature', ' 21.5 ', { qos: 1 })
      await client.publishAsync('tele/plug7/SENSOR', '{"ENERGY":{"Power":230,"On":true}}', {
        qos: 2
      })
      await client.publishAsync('kitchen/senml', '[{"n":"humidity","u":"%RH","v":40}]', { qos: 1 })
      const found = await readings(node.url, deviceId, 3)
      assert.equal(found[0]?.records, [{ n: 'temperature', u: 'Cel', v: 21.5 }])
      assert.equal(found[1]?.records, [
        { n: 'power', u: 'W', v: 230 },
        { n: 'on', vb: true }
      ])
      assert.match(JSON.stringify(found[2]?.records), /"n":"humidity","u":"%RH","v":40/)
      const record = await (await fetch(`${node.url}/v1/devices/${deviceId}`)).json()
      assert.is((record as { device: { custody: string } }).device.custody, 'gateway')
      for (const [topic, payload] of [
        ['kitchen/temperature', 'warm'],
        ['kitchen/temperature', '1'.repeat(100)],
        ['tele/plug7/SENSOR', '{"ENERGY":{}}'],
        ['tele/plug7/SENSOR', '['.repeat(30_000)],
        ['kitchen/senml', '[{"n":"x"}]']
      ] as const)
        assert.is(await reasonOf(client, topic, payload), 0x99, `${topic} ${payload.slice(0, 20)}`)
      assert.is(await reasonOf(client, 'garden/temperature', '1'), 0x87)
      const stranger = await open(node)
      assert.is(await reasonOf(stranger, 'kitchen/temperature', '1'), 0x87)
      const wrong = await open(node, { username: user, password: 'guess' }).then(
        () => 0,
        (error: { code: number }) => error.code
      )
      assert.is(wrong, 0x86)
      await Promise.all([client.endAsync(), stranger.endAsync()])
    })
    await goesOnAfterAKill(home, made)
    await isSealed(home)
    await speaksThroughABridge(home, made, broker)
  })
)

/** What was acknowledged is said, though the process ends at once; and the chain goes on behind it. */
async function goesOnAfterAKill(home: TestHome, made: Record<string, string>): Promise<void> {
  const { deviceId = '', user = '', password = '' } = made
  await withStarted(home.environment, async (node) => {
    const client = await open(node, { username: user, password })
    await client.publishAsync('kitchen/temperature', '22', { qos: 1 })
    client.end(true)
  })
  await withStarted(home.environment, async (node) => {
    const client = await open(node, { username: user, password })
    await client.publishAsync('kitchen/temperature', '23', { qos: 1 })
    const found = await readings(node.url, deviceId, 5)
    assert.equal(
      found.map(({ sequence }) => sequence),
      [1, 2, 3, 4, 5]
    )
    assert.equal(found[3]?.records, [{ n: 'temperature', u: 'Cel', v: 22 }])
    await client.endAsync()
  })
}

/** At a broker that is there already: it says something, and is announced and shown there. */
async function speaksThroughABridge(
  home: TestHome,
  { deviceId = '' }: Record<string, string>,
  broker: OtherBroker
): Promise<void> {
  try {
    await withStarted(home.environment, async ({ url }) => {
      const client = await connectAsync(`mqtt://127.0.0.1:${broker.port}`)
      const heard: string[] = []
      client.on('message', (topic) => heard.push(topic))
      const stateTopic = `tm/test/d/${deviceId}/state`
      const configTopic = `homeassistant/device/tm_${deviceId.slice(0, 32)}/config`
      await client.subscribeAsync([stateTopic, configTopic], { qos: 1 })
      // The other broker knows the node from before, and keeps it for it if it is not there yet.
      await client.publishAsync('kitchen/temperature', '24', { qos: 1 })
      const found = await readings(url, deviceId, 6)
      assert.equal(found[5]?.records, [{ n: 'temperature', u: 'Cel', v: 24 }])
      while (!heard.includes(stateTopic) || !heard.includes(configTopic)) await sleep(20)
      await client.endAsync()
    })
  } finally {
    await broker.stop()
  }
}

async function isSealed({ folder }: TestHome): Promise<void> {
  const data = join(folder, 'home', 'data')
  assert.ok(existsSync(join(data, 'keys', 'gateway.key')))
  const held = join(data, 'held', 'kitchen')
  // A kill may leave what was just being written, and that is sealed as well.
  const names = (await readdir(held)).filter((name) => !['access.json', 'lock'].includes(name))
  assert.ok(names.includes('born') && names.includes('outbox'))
  for (const name of names) {
    const bytes = await readFile(join(held, name))
    assert.not.match(bytes.toString('latin1'), /signingKey|deviceId|[0-9a-f]{64}/)
  }
}

async function reasonOf(client: MqttClient, topic: string, payload: string): Promise<number> {
  return client.publishAsync(topic, payload, { qos: 1 }).then(
    (packet) => (packet as { reasonCode?: number } | undefined)?.reasonCode ?? 0,
    (error: { code: number }) => error.code
  )
}

test.run()
