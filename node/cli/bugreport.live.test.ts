import { appendFile, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { stringify } from 'yaml'
import { describeSettings } from '../../config/index.ts'
import { HEALTHY_STATUS } from './doctor/testing/sample-facts.ts'
import { withNode } from './testing/run-node.ts'
import { runProgram, type TestHome, withHome } from './testing/run-program.ts'

const test = suite('thingmoot bugreport')

/** Nothing of a secret as long as this may be found. */
const TELLING_CHARACTERS = 12
const PASSPHRASE = 'correct-horse-battery-staple'
const SEED = '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60'

test(
  'of a running node it writes one private file with everything that helps',
  withHome((home) =>
    withNode(home, async ({ url }) => {
      const out = join(home.folder, 'report.txt')
      const settings = join(home.environment['THINGMOOT_HOME'] ?? '', 'config', 'node.yaml')
      const log = join(home.folder, 'node.log')
      await writeFile(log, '{"level":30,"time":1700000000000,"msg":"node is up","height":0}\n')
      const args = ['bugreport', '--config', settings, '--url', url, '--out', out, '--log', log]
      const made = await runProgram(args, home.environment)
      assert.is(made.code, 0, made.stderr)
      assert.is((await stat(out)).mode & 0o777, 0o600)
      const text = await readFile(out, 'utf8')
      for (const line of [
        /^program: \d+\.\d+\.\d+$/m,
        /^node: v\d+\.\d+\.\d+$/m,
        /^node: ok: answers at its address, as member of left out$/m,
        /^state: ready$/m,
        /^http\.port: 0 \(file\)$/m,
        /^founders: 1$/m,
        /^ledger:\n {2}files: \d+\n {2}bytes: [1-9]\d*$/m,
        /^2023-11-14T22:13:20\.000Z {2}info {2}node is up {2}height=0$/m
      ])
        assert.match(text, line)
      const again = await runProgram(args, home.environment)
      assert.is(again.code, 64)
      assert.match(again.stderr, /exists already; nothing is overwritten/)
      await assertWithoutSecrets(text, await secretsOf(home))
    })
  )
)

test(
  'no secret comes through, from whatever text, file, answer or line',
  withHome(async (home) => {
    const secrets = [PASSPHRASE, SEED, 'hunter2-hunter2-hunter2', 'tm_QkFzZTY0VXJsU2VjcmV0VG9rZW4']
    await withLiar(secrets, async (url) => {
      const config = join(home.folder, 'node.yaml')
      const data = join(home.folder, `data-${PASSPHRASE}`)
      await makeData(home, config, data)
      await writeFile(config, settingsFullOf(secrets, { home, data }))
      const log = join(home.folder, 'node.log')
      await writeFile(log, logFullOf(secrets))
      const host = url.replace('http://', '')
      let reports = 0
      for (const place of [url, `http://user:${PASSPHRASE}@${host}`, `${url}/${SEED}`])
        for (const form of [[], ['--json']]) {
          const out = join(home.folder, `report-${reports++}.txt`)
          const access = ['--url', place, '--metrics-url', url, '--log', log, '--out', out]
          const made = await runProgram(
            ['bugreport', '--config', config, ...access, ...form],
            home.environment
          )
          assert.is(made.code, 0, made.stderr)
          const text = await readFile(out, 'utf8')
          assert.match(text, /keys\.passphraseFile"?: "?set \(file\)/)
          assert.match(text, /faultModel"?: "?byzantine/)
          assert.match(text, /node is up/)
          await assertWithoutSecrets(text, [...secrets, ...(await secretsOf(home))])
        }
    })
  })
)

test(
  'settings that cannot be read are told by line and name alone',
  withHome(async ({ folder, environment }) => {
    const config = join(folder, 'node.yaml')
    const out = join(folder, 'report.txt')
    await writeFile(config, `http:\n  port: ${PASSPHRASE}\n${PASSPHRASE}: 1\n`)
    const made = await runProgram(['bugreport', '--config', config, '--out', out], environment)
    assert.is(made.code, 0, made.stderr)
    const text = await readFile(out, 'utf8')
    assert.match(text, /^code: CONFIGURATION_WRONG\nproblems:\n {2}line 2, column 9: http\.port\n/m)
    await assertWithoutSecrets(text, [PASSPHRASE])
  })
)

test.run()

/** Any telling piece of a secret counts as the secret. */
async function assertWithoutSecrets(text: string, secrets: readonly string[]): Promise<void> {
  assert.ok(secrets.length > 0)
  for (const secret of secrets)
    for (let from = 0; from + TELLING_CHARACTERS <= secret.length; from++) {
      const piece = secret.slice(from, from + TELLING_CHARACTERS)
      assert.not.ok(text.includes(piece), `"${piece}" of a secret is in the report`)
    }
}

/** What the key files of a home hold. */
async function secretsOf({ keysFolder }: TestHome): Promise<readonly string[]> {
  const names = (await readdir(keysFolder)).filter((name) => name.endsWith('.key'))
  assert.ok(names.length >= 3, names.join())
  const texts = await Promise.all(names.map((name) => readFile(join(keysFolder, name))))
  return texts.flatMap((bytes) => [bytes.toString('utf8').trim(), bytes.toString('hex')])
}

/** A data directory whose keys, tokens and names are full of secrets. */
async function makeData(home: TestHome, config: string, data: string): Promise<void> {
  const made = await runProgram(
    [
      ...['init', '--config', config, '--genesis', home.genesisPath, '--keys', home.keysFolder],
      ...['--data-directory', data, '--plain-keys']
    ],
    home.environment
  )
  assert.is(made.code, 0, made.stderr)
  await mkdir(join(data, PASSPHRASE))
  await writeFile(join(data, PASSPHRASE, SEED), SEED)
  await appendFile(join(data, 'keys', 'passphrase'), PASSPHRASE)
}

/** A file in which every text setting that takes one holds a secret. */
function settingsFullOf(
  secrets: readonly string[],
  { home, data }: { readonly home: TestHome; readonly data: string }
): string {
  const tree: Record<string, unknown> = {}
  const special: Readonly<Record<string, unknown>> = {
    networkId: null,
    genesis: home.genesisPath,
    dataDirectory: data,
    'network.listen': [`/dns4/${PASSPHRASE}/tcp/4001`],
    'network.announce': [`/dns4/${PASSPHRASE}/tcp/4001`],
    'network.bootstrap': [],
    'network.memberAddresses': [{ memberId: SEED, addresses: [`/dns4/${PASSPHRASE}/tcp/4001`] }],
    'http.host': PASSPHRASE,
    'http.behindProxy': true,
    'http.corsOrigins': [`https://${PASSPHRASE}.example`],
    'mqtt.host': PASSPHRASE,
    'mqtt.homeAssistant.prefix': PASSPHRASE,
    'mqtt.bridge.url': `mqtts://${PASSPHRASE}.example:8883`,
    'coap.host': PASSPHRASE,
    'metrics.host': PASSPHRASE
  }
  for (const { path, type, range } of describeSettings()) {
    const isFreeText = type.startsWith('text') && range === ''
    if (!(path in special) && !isFreeText) continue
    const value = path in special ? special[path] : join('/srv', secrets[2] as string)
    const names = path.split('.')
    let place = tree
    for (const name of names.slice(0, -1)) {
      place[name] ??= {}
      place = place[name] as Record<string, unknown>
    }
    place[names.at(-1) as string] = value
  }
  return stringify(tree)
}

/** Lines in which every field holds a secret, and lines that are nothing but one. */
function logFullOf(secrets: readonly string[]): string {
  const fields = ['msg', 'name', 'error', 'code', 'peer', 'reason', 'trouble', 'height', 'level']
  return secrets
    .flatMap((secret) => [
      secret,
      ...fields.map((field) =>
        JSON.stringify({ level: 30, time: 1, msg: 'node is up', [field]: secret })
      ),
      JSON.stringify({ level: 50, time: 1, msg: `${secret} raised an alarm`, [secret]: 1 }),
      JSON.stringify({ error: `Error: ${secret}\n at dist/node/${secret}.js:1:1` })
    ])
    .join('\n')
}

/** Something at the address of a node that puts secrets wherever it can. */
async function withLiar(
  secrets: readonly string[],
  run: (url: string) => Promise<void>
): Promise<void> {
  const [passphrase = '', seed = '', , token = ''] = secrets
  const member = {
    memberId: seed,
    region: passphrase,
    weight: 1,
    isSelf: true,
    isConnected: true,
    roundTripMs: null,
    lastHeardAtMs: null,
    endpoints: [`/dns4/${passphrase}/tcp/1`, `http://${passphrase}.invalid`]
  }
  const status = {
    ...HEALTHY_STATUS,
    networkId: passphrase,
    nodeId: seed,
    stateRoot: seed,
    role: passphrase,
    state: token,
    sentence: passphrase,
    wayBack: passphrase,
    alarms: [passphrase, 'SECRET_ALARM_OF_NOBODY'],
    missing: [{ memberId: seed, region: passphrase, weight: 1, lastHeardAtMs: null }],
    software: { version: token, protocolVersion: 1, networkProtocolVersion: 2 }
  }
  const answers: Readonly<Record<string, string>> = {
    '/v1/status': JSON.stringify({ status }),
    '/v1/members': JSON.stringify({ members: [member, { ...member, isSelf: false }] }),
    '/metrics': `${passphrase.replaceAll('-', '_')} 1\nthingmoot_network_bans_total{kind="${token}",${'x'}="${seed}"} 1\nthingmoot_ledger_blocks_total{kind="${passphrase}"} ${passphrase}\n`
  }
  const server: Server = createServer((request, response) => {
    const path = `/${(request.url ?? '').split('/').slice(1).join('/')}`
    const answer = answers[path]
    response.statusCode = answer === undefined ? 404 : 200
    response.end(answer ?? JSON.stringify({ code: passphrase, detail: seed }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  try {
    await run(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  } finally {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
}
