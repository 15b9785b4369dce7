import * as fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createDefaults, describeSettings } from '../../../config/index.ts'
import { HEALTHY, withStatus } from '../doctor/testing/sample-facts.ts'
import { parseMetricsText } from '../top/metrics-text.ts'
import { formatReport } from './report-text.ts'
import { showDoctor } from './shown-doctor.ts'
import { LINES_SHOWN_MAX, showLog } from './shown-log.ts'
import { showMetricSamples } from './shown-metrics.ts'
import { showSettings } from './shown-settings.ts'

const test = suite('what a report shows')

const isOurs = (path: string): boolean => path === 'node/node.js'
const TIME_MS = Date.UTC(2026, 0, 2, 12)

test('of a line of the log stay time, level, sentence, numbers, codes and places', () => {
  const line = {
    level: 50,
    time: TIME_MS,
    name: '0ff12420',
    msg: 'node cannot go on',
    height: 7,
    code: 'DISK_FULL',
    error: 'Error: SECRET\n at x (file:///home/ada/dist/node/node.js:3:4)\n at dist/node/no.js:1:2'
  }
  assert.equal(showLog(JSON.stringify(line), isOurs), [
    '2026-01-02T12:00:00.000Z  error  node cannot go on  height=7  code=DISK_FULL  at node/node.js:3:4'
  ])
  const alarm = { level: 50, time: TIME_MS, msg: 'consensus raised an alarm', code: 'KEY_IN_USE' }
  assert.equal(showLog(JSON.stringify(alarm), isOurs), [
    '2026-01-02T12:00:00.000Z  error  … raised an alarm  code=KEY_IN_USE'
  ])
})

test('what is not of the log, or not known, is left out; the last lines are shown', () => {
  for (const line of [
    'AGE-SECRET-KEY-1QQQ',
    '[1]',
    '"SECRET"',
    '{"msg":"SECRET","time":"SECRET","level":"SECRET","code":"SECRET","height":"SECRET"}'
  ])
    assert.not.match(showLog(line, () => true).join('\n'), /SECRET/)
  const many = Array.from({ length: 900 }, (_, height) => JSON.stringify({ height })).join('\n')
  const shown = showLog(many, isOurs)
  assert.is(shown.length, LINES_SHOWN_MAX)
  assert.match(shown.at(-1) ?? '', /height=899/)
})

test('no text of a log line comes through, wherever it stands', () => {
  const texts = fc.string({ unit: 'grapheme', minLength: 12, maxLength: 40 })
  fc.assert(
    fc.property(texts, fc.constantFrom('msg', 'error', 'code', 'name', 'peer'), (text, field) => {
      const secret = `${text}#secret`
      const line = JSON.stringify({ level: 30, time: TIME_MS, [field]: secret, [secret]: secret })
      assert.not.ok(showLog(line, () => true).some((shown) => shown.includes('#secret')))
    })
  )
})

test('settings are shown as numbers and choices, texts as set or as usual', () => {
  const environment = { THINGMOOT_HOME: '/srv/town' }
  const config = createDefaults(environment)
  const shown = showSettings(
    {
      ...config,
      networkId: 'secret-town',
      http: { ...config.http, host: '10.9.8.7', port: 8081 },
      mqtt: { ...config.mqtt, host: '0.0.0.0' },
      keys: { passphraseFile: '/srv/secret' },
      network: { ...config.network, bootstrap: ['/dns4/secret/tcp/1/p2p/x'] }
    },
    new Map([['http.port', 'environment']]),
    environment
  )
  assert.equal(
    Object.keys(shown),
    describeSettings().map(({ path }) => path)
  )
  assert.is(shown['networkId'], 'set (default)')
  assert.is(shown['http.host'], 'one interface (default)')
  assert.is(shown['http.port'], '8081 (environment)')
  assert.is(shown['mqtt.host'], 'every interface (default)')
  assert.is(shown['coap.host'], 'this machine alone (default)')
  assert.is(shown['keys.passphraseFile'], 'set (default)')
  assert.is(shown['dataDirectory'], 'as usual (default)')
  assert.is(shown['log.level'], 'info (default)')
  assert.is(shown['network.bootstrap'], '1 entries (default)')
  assert.not.match(JSON.stringify(shown), /secret|10\.9/)
})

test('metrics are shown by names of the program, and kinds as their counts', () => {
  const text = `
thingmoot_network_bans_total{kind="secret reason"} 3
thingmoot_network_bans_total{kind="another"} 9
thingmoot_consensus_height_blocks 7
thingmoot_consensus_block_final_seconds{quantile="0.5"} 0.2
thingmoot_consensus_block_final_seconds_count 5
process_resident_memory_bytes 1000
secret_metric{secret="x"} 4
`
  assert.equal(showMetricSamples(parseMetricsText(text)), {
    thingmoot_consensus_block_final_seconds: 'median 0.2, 99th unknown, of 5',
    thingmoot_consensus_height_blocks: 7,
    thingmoot_network_bans_total: '12 = 9 + 3',
    process_resident_memory_bytes: 1000
  })
})

test("the doctor's answers are told without what came from outside", () => {
  const shown = JSON.stringify(showDoctor(HEALTHY))
  assert.match(shown, /clock: ok: with the clocks of 2 other nodes/)
  assert.not.match(shown, /town|node\.example|\/n\/|127\.0\.0\.1/)
  const trouble = 'https://u:SECRET@h:1/: no node answers there (ERR_TLS_CERT_ALTNAME_INVALID)'
  const locked = { ok: false, trouble, code: 'NODE_NOT_REACHED' } as const
  assert.match(
    JSON.stringify(showDoctor({ ...HEALTHY, node: locked, holder: 'held' })),
    /node: wrong: NODE_NOT_REACHED \(ERR_TLS_CERT_ALTNAME_INVALID\) → name it as its certificate/
  )
  const alarmed = JSON.stringify(showDoctor(withStatus({ alarms: ['KEY_IN_USE', 'SECRET_CODE'] })))
  assert.match(alarmed, /KEY_IN_USE/)
  assert.not.match(alarmed, /SECRET/)
})

test('a report is read section by section', () => {
  const report = { one: { a: 1, b: null, c: { d: true } }, two: [], three: [1, { e: 2 }] }
  assert.is(
    formatReport(report),
    '# one\na: 1\nb: none\nc:\n  d: true\n\n# two\nnone\n\n# three\n1\ne: 2\n'
  )
})

test.run()
