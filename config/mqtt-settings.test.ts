import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { MqttConfig } from './config.ts'
import { ConfigError } from './config-error.ts'
import { loadConfig } from './load.ts'

const test = suite('settings of the MQTT gateway')

function load(mqtt: object): MqttConfig {
  const fileText = JSON.stringify({ mqtt })
  return loadConfig({ filePath: 'node.yaml', fileText, environment: {}, flags: {} }).config.mqtt
}

function refusal(mqtt: object): string {
  try {
    load(mqtt)
  } catch (error) {
    if (error instanceof ConfigError) return error.message
    throw error
  }
  throw new Error('the settings are taken')
}

const NUMBER = { topic: 'a/b', device: 'kitchen', format: 'number', readings: [{ name: 'x' }] }

test('what a mapped topic does not say has its usual value', () => {
  const [topic] = load({ topics: [NUMBER] }).topics
  assert.equal(topic?.readings, [{ at: '', name: 'x', unit: null }])
  const [senml] = load({ topics: [{ topic: 'a', device: 'k', format: 'senml' }] }).topics
  assert.equal(senml?.readings, [])
})

test('a mapped topic is a filter of other topics than those of a network', () => {
  for (const topic of ['a', 'tele/+/SENSOR', '+/x', '#', 'tele/#', 'a//b', 'küche/ofen'])
    assert.is(load({ topics: [{ ...NUMBER, topic }] }).topics[0]?.topic, topic)
  const wrong = ['a#', '#/a', 'a+', '+a/b', '$SYS/x', 'tm/net/d/x/up', 'a/'.repeat(9), 'a\u0000']
  for (const topic of wrong)
    assert.match(refusal({ topics: [{ ...NUMBER, topic }] }), /is not a topic filter/, topic)
})

test('each format has the readings that it needs', () => {
  const none = { ...NUMBER, readings: [] }
  assert.match(refusal({ topics: [none] }), /entry 0: a number is one reading/)
  assert.match(refusal({ topics: [{ ...none, format: 'json' }] }), /JSON needs readings/)
  assert.match(refusal({ topics: [{ ...NUMBER, format: 'senml' }] }), /SenML names its readings/)
  assert.match(refusal({ topics: [{ ...NUMBER, format: 'jsn' }] }), /did you mean "json"/)
  const at = [{ at: 'power', name: 'x' }]
  assert.match(refusal({ topics: [{ ...NUMBER, readings: at }] }), /is not a JSON Pointer/)
})

test('passwords of devices stay on the machine, or go with TLS', () => {
  const topics = [NUMBER]
  assert.match(
    refusal({ host: '0.0.0.0', topics }),
    /mqtt\.topics: .*for all to read; set mqtt\.tls/
  )
  const tls = { certificateFile: '/a.pem', keyFile: '/b.pem' }
  assert.is(load({ host: '0.0.0.0', topics, tls }).topics.length, 1)
  assert.match(refusal({ tls: { keyFile: '/b.pem' } }), /mqtt\.tls\.keyFile: a certificate/)
})

test('a bridge goes to a broker by an address, and with its password by TLS', () => {
  assert.is(load({ bridge: { url: 'mqtts://broker.example:8883' } }).bridge.user, null)
  for (const url of [
    'http://a',
    'mqtt://',
    'mqtt://a/b',
    'mqtt://user@a',
    'mqtt://a:b',
    'mqtt://[['
  ])
    assert.match(refusal({ bridge: { url } }), /is not an address such as/, url)
  assert.match(refusal({ bridge: { url: 'mqtt://a:99999' } }), /mqtt\.bridge\.url: is no address/)
  const passwordFile = '/p'
  assert.match(refusal({ bridge: { url: 'mqtt://a', passwordFile } }), /use mqtts:\/\//)
  assert.is(load({ bridge: { url: 'mqtt://127.0.0.1', passwordFile } }).bridge.user, null)
  assert.match(refusal({ bridge: { passwordFile } }), /mqtt\.bridge\.url names no broker/)
})

test.run()
