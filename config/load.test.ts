import * as fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ConfigError } from './config-error.ts'
import { type ConfigSources, type LoadedConfig, loadConfig } from './load.ts'
import { SETTINGS } from './settings.ts'

const test = suite('load')

const HOME = { THINGMOOT_HOME: '/srv/moot' }
const MEMBER = 'ab'.repeat(32)

function load(sources: Partial<ConfigSources>): LoadedConfig {
  const filePath = '/etc/moot/node.yaml'
  return loadConfig({ filePath, fileText: undefined, environment: HOME, flags: {}, ...sources })
}

function refusal(sources: Partial<ConfigSources>): string {
  try {
    load({ filePath: 'node.yaml', ...sources })
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    assert.is(error.code, 'CONFIGURATION_WRONG')
    return error.message
  }
  return 'taken'
}

test('a node told nothing has every default', () => {
  const { config, origins } = load({})
  assert.is(config.http.port, 8080)
  assert.is(config.http.host, '127.0.0.1')
  assert.is(config.dataDirectory, '/srv/moot/data')
  assert.is(config.genesis, '/srv/moot/config/genesis.json')
  assert.equal([...new Set(origins.values())], ['default'])
  assert.equal([...origins.keys()], [...SETTINGS.keys()])
})

test('an empty file and an empty group say nothing', () => {
  for (const fileText of ['', '# all left out\n', 'http:\n  # port: 1\n'])
    assert.equal(load({ fileText }).config, load({}).config)
})

test('a flag beats the environment, which beats the file, which beats the default', () => {
  const fileText = 'http:\n  port: 1001\nmqtt:\n  port: 1002\nmetrics:\n  port: 1003\n'
  const environment = { ...HOME, THINGMOOT_HTTP_PORT: '2001', THINGMOOT_MQTT_PORT: '2002' }
  const { config, origins } = load({ fileText, environment, flags: { 'http.port': 3001 } })
  assert.equal([config.http.port, config.mqtt.port, config.metrics.port], [3001, 2002, 1003])
  assert.equal(
    ['http.port', 'mqtt.port', 'metrics.port', 'log.level'].map((path) => origins.get(path)),
    ['flag', 'environment', 'file', 'default']
  )
})

test('the settings and all within are frozen', () => {
  const flags = { 'network.listen': ['/ip4/127.0.0.1/tcp/0'] }
  const { config } = load({ flags })
  for (const part of [config, config.http, config.network.listen]) assert.ok(Object.isFrozen(part))
  assert.not(Object.isFrozen(flags['network.listen']))
})

test('dotted keys mean the same as groups, but nothing may be said twice', () => {
  assert.is(load({ fileText: 'http.port: 1\n' }).config.http.port, 1)
  assert.is(
    refusal({ fileText: 'http.port: 1\nhttp:\n  port: 2\n' }),
    'node.yaml:3:3: http.port: is said twice'
  )
})

test('a misspelt key is refused with its place and the name that was meant', () => {
  assert.is(
    refusal({ fileText: '# ours\nhttp:\n  prot: 1\n' }),
    'node.yaml:3:3: http.prot: unknown setting, did you mean "port"?'
  )
  assert.is(
    refusal({ fileText: 'loglevel: debug\n' }),
    'node.yaml:1:1: loglevel: unknown setting, did you mean "log.level"?'
  )
  assert.is(refusal({ fileText: 'weather: fine\n' }), 'node.yaml:1:1: weather: unknown setting')
  assert.is(refusal({ fileText: '"":\n' }), 'node.yaml:1:1: "": unknown setting')
})

test('a wrong type names the value and what is allowed', () => {
  assert.is(
    refusal({ fileText: 'http:\n  port: "80"\n' }),
    'node.yaml:2:9: http.port: "80" is not a whole number, allowed 0 to 65535'
  )
  assert.is(
    refusal({ fileText: 'http:\n  behindProxy: yes\n' }),
    'node.yaml:2:16: http.behindProxy: "yes" is not true or false'
  )
  assert.is(
    refusal({ fileText: 'http: 80\n' }),
    'node.yaml:1:1: http: 80 is not a group of settings'
  )
  assert.is(refusal({ fileText: '- a\n' }), 'node.yaml:1:1: a list is not a group of settings')
  for (const value of ['1.5', '.nan', '.inf', 'null', '[1]', '{a: 1}', '"8080"', '1e400'])
    assert.match(
      refusal({ fileText: `http:\n  port: ${value}\n` }),
      /is (not a whole number|above)/
    )
})

test('a number out of range names the range', () => {
  assert.is(
    refusal({ fileText: 'http:\n  port: 70000\n' }),
    'node.yaml:2:9: http.port: 70000 is above 65535, allowed 0 to 65535'
  )
  assert.is(
    refusal({ fileText: 'mqtt: {port: -1}\n' }),
    'node.yaml:1:14: mqtt.port: -1 is below 0, allowed 0 to 65535'
  )
})

test('a wrong word names the right ones', () => {
  assert.is(
    refusal({ fileText: 'network:\n  dissemination: gosip\n' }),
    'node.yaml:2:18: network.dissemination: "gosip" is not one of auto, push, gossip, ' +
      'did you mean "gossip"?'
  )
})

test('a fault within a list is found at its own line', () => {
  const fileText = [
    'network:',
    '  listen:',
    '    - /ip4/127.0.0.1/tcp/4001',
    '    - /ip4/127.0.0.1/udp/4001',
    '  memberAddresses:',
    `    - memberId: ${MEMBER}`,
    '      adresses: [/ip4/192.0.2.1/tcp/1]'
  ].join('\n')
  assert.equal(refusal({ fileText }).split('\n'), [
    'node.yaml:4:7: network.listen[1]: "/ip4/127.0.0.1/udp/4001" is not a multiaddr like ' +
      '/ip4/192.0.2.7/tcp/4001',
    'node.yaml:6:7: network.memberAddresses[0].addresses: is missing, expected a list',
    'node.yaml:7:7: network.memberAddresses[0].adresses: unknown key, did you mean "addresses"?'
  ])
})

test('all faults are told, ten at most', () => {
  const fileText = Array.from({ length: 40 }, (_, index) => `zzz${index}: 1\n`).join('')
  const lines = refusal({ fileText }).split('\n')
  assert.is(lines.length, 11)
  assert.is(lines[0], 'node.yaml:1:1: zzz0: unknown setting')
  assert.is(lines[10], 'and more')
})

test('variables are read by the type of their setting', () => {
  const environment = {
    ...HOME,
    THINGMOOT_HTTP_PORT: ' 0 ',
    THINGMOOT_HTTP_BEHIND_PROXY: 'true',
    THINGMOOT_NETWORK_ID: 'null',
    THINGMOOT_NETWORK_LISTEN: '/ip4/127.0.0.1/tcp/0, /ip6/::1/tcp/0',
    THINGMOOT_NETWORK_ANNOUNCE: '',
    THINGMOOT_LOG_LEVEL: '',
    THINGMOOT_NETWORK_MEMBER_ADDRESSES: `[{"memberId": "${MEMBER}", "addresses": ["/ip4/192.0.2.1/tcp/1"]}]`,
    PATH: '/bin'
  }
  const { config, origins } = load({ environment })
  assert.is(config.http.port, 0)
  assert.is(config.http.behindProxy, true)
  assert.is(config.networkId, null)
  assert.equal(config.network.listen, ['/ip4/127.0.0.1/tcp/0', '/ip6/::1/tcp/0'])
  assert.equal(config.network.announce, [])
  assert.is(config.network.memberAddresses[0]?.memberId, MEMBER)
  assert.is(origins.get('network.announce'), 'environment')
  assert.is(origins.get('log.level'), 'default')
})

test('a wrong variable or flag is named as it was written', () => {
  assert.is(
    refusal({ environment: { ...HOME, THINGMOOT_HTTP_PORT: '70000' } }),
    'THINGMOOT_HTTP_PORT: http.port: 70000 is above 65535, allowed 0 to 65535'
  )
  assert.is(
    refusal({ environment: { ...HOME, THINGMOOT_HTTP_PROT: '1' } }),
    'THINGMOOT_HTTP_PROT: unknown variable, did you mean "THINGMOOT_HTTP_PORT"?'
  )
  assert.is(
    refusal({ flags: { 'http.port': 'x' } }),
    '--http-port: http.port: "x" is not a whole number, allowed 0 to 65535'
  )
  assert.is(
    refusal({ flags: { 'http.prot': 1 } }),
    'flag: http.prot: unknown setting, did you mean "port"?'
  )
  assert.match(
    refusal({ environment: { ...HOME, THINGMOOT_NETWORK_MEMBER_ADDRESSES: '[{"__proto__": 1}]' } }),
    /^THINGMOOT_NETWORK_MEMBER_ADDRESSES:1:3: .*forbidden/
  )
  assert.match(refusal({ flags: JSON.parse('{"__proto__": {"x": 1}}') }), /unknown setting/)
})

test('variables that container platforms set for a service of our name are let be', () => {
  const environment = {
    ...HOME,
    THINGMOOT_SERVICE_HOST: '10.0.0.1',
    THINGMOOT_SERVICE_PORT_HTTP: '8080',
    THINGMOOT_PORT: 'tcp://10.0.0.1:8080',
    THINGMOOT_PORT_8080_TCP_ADDR: '10.0.0.1'
  }
  assert.equal(load({ environment }).config, load({}).config)
})

test('a value that is overruled must be right all the same', () => {
  assert.match(
    refusal({ fileText: 'http: {port: 70000}\n', flags: { 'http.port': 1 } }),
    /^node\.yaml:1:14: http\.port: 70000/
  )
})

test('relative paths in the file count from its folder, others from where one stands', () => {
  const fileText = 'genesis: ../genesis.json\nkeys:\n  passphraseFile: /run/secret\n'
  const { config } = load({ fileText, flags: { dataDirectory: 'here' } })
  assert.is(config.genesis, '/etc/moot/../genesis.json')
  assert.is(config.keys.passphraseFile, '/run/secret')
  assert.is(config.dataDirectory, 'here')
  assert.match(refusal({ fileText: 'genesis: ~/genesis.json\n' }), /home folder written out/)
  assert.is(load({ filePath: 'node.yaml', fileText }).config.genesis, '../genesis.json')
})

test('the API is open to others only behind a proxy, or with TLS and tokens', () => {
  assert.match(
    refusal({ fileText: 'http:\n  host: 0.0.0.0\n' }),
    /^node\.yaml:2:9: http\.host: "0\.0\.0\.0" is open to other machines without TLS; .*behindProxy: true$/
  )
  const fileText = 'http: {host: 0.0.0.0, behindProxy: true}\n'
  assert.is(load({ fileText }).config.http.host, '0.0.0.0')
  const tls = 'tls: {certificateFile: a.pem, keyFile: b.pem}'
  assert.match(
    refusal({ fileText: `http: {host: 0.0.0.0, ${tls}}\n` }),
    /^node\.yaml:1:14: http\.host: .* without tokens; set http\.tokenNeeded: true/
  )
  assert.match(
    refusal({ fileText: 'http: {tls: {keyFile: b.pem}}\n' }),
    /http\.tls\.keyFile: a certificate and its key go together/
  )
  const guarded = load({ fileText: `http: {host: 0.0.0.0, tokenNeeded: true, ${tls}}\n` })
  assert.is(guarded.config.http.tls.certificateFile, '/etc/moot/a.pem')
})

test('settings that contradict each other are refused where the operator spoke', () => {
  assert.is(
    refusal({ fileText: 'pace: {maxMs: 10}\n' }),
    'node.yaml:1:15: pace.minMs: 20 is above pace.maxMs, 10'
  )
  assert.is(
    refusal({ fileText: 'disk: {warnBytes: 0}\n' }),
    'node.yaml:1:19: disk.stopBytes: 268435456 is above disk.warnBytes, 0'
  )
  assert.is(
    refusal({ flags: { 'http.port': '1883' } }),
    '--http-port: mqtt.port: 1883 is taken by http.port'
  )
  assert.is(load({ flags: { 'http.port': 1883, 'mqtt.enabled': false } }).config.http.port, 1883)
  assert.is(load({ flags: { 'http.port': 0, 'mqtt.port': 0 } }).config.mqtt.port, 0)
  const twice = [1, 2].map((port) => ({
    memberId: MEMBER,
    addresses: [`/ip4/10.0.0.1/tcp/${port}`]
  }))
  assert.match(refusal({ flags: { 'network.memberAddresses': twice } }), /a second time/)
})

test('any file, variable and flag is taken or refused by a ConfigError', () => {
  const before = Object.getOwnPropertyNames(Object.prototype).join()
  const key = fc.oneof(
    fc.constantFrom(...SETTINGS.keys(), 'http', 'network', '__proto__'),
    fc.string()
  )
  fc.assert(
    fc.property(fc.dictionary(key, fc.jsonValue({ maxDepth: 2 })), (tree) => {
      refusal({ fileText: JSON.stringify(tree) })
      refusal({ flags: tree })
      const environment = Object.entries(tree).map(([name, value]) => [
        SETTINGS.get(name)?.variable ?? `THINGMOOT_${name}`,
        typeof value === 'string' ? value : JSON.stringify(value)
      ])
      refusal({ environment: Object.fromEntries(environment) as Record<string, string> })
    }),
    { numRuns: 500 }
  )
  assert.is(Object.getOwnPropertyNames(Object.prototype).join(), before)
})

test.run()
