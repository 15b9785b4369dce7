import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect as connectSocket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { SenmlRecord } from '../../protocol/index.ts'
import type { Custody } from './custody.ts'
import { findProgram } from './testing/find-program.ts'
import { type MqttWorldOptions, withMqtt } from './testing/mqtt-world.ts'

const test = suite('a device with a password, over TLS')

const folder = mkdtempSync(join(tmpdir(), 'thingmoot-tls-'))
const [certificateFile, keyFile] = [join(folder, 'a.pem'), join(folder, 'a.key')]
const said: (readonly SenmlRecord[])[] = []
let isBusy = false

const custody: Custody = {
  deviceIdOf: (name) => (name === 'kitchen' ? 'ab'.repeat(32) : undefined),
  isPassword: (_name, password) => Buffer.from(password).toString() === 'secret',
  say: async (_name, records) => {
    if (isBusy) return { kind: 'busy', code: 'OUTBOX_FULL' }
    said.push(records)
    return { kind: 'stored', messageId: new Uint8Array(32) }
  },
  counts: () => ({ devices: 1, pending: 0, stopped: 0 }),
  start: () => undefined,
  stop: async () => undefined
}

const secured = ((): MqttWorldOptions => {
  const made = ['-subj', '/CN=localhost', '-days', '2', '-keyout', keyFile, '-out', certificateFile]
  const kind = ['req', '-x509', '-nodes', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256']
  execFileSync('openssl', [...kind, ...made], { stdio: 'ignore' })
  const [certificate, key] = [readFileSync(certificateFile, 'utf8'), readFileSync(keyFile, 'utf8')]
  const reading = { at: '', name: 'temperature', unit: 'Cel' }
  const rule = {
    topic: 'kitchen/+',
    device: 'kitchen',
    format: 'number',
    readings: [reading]
  } as const
  return { custody, gateway: { tls: { certificate, key }, topicRules: [rule] } }
})()

test.after(() => rmSync(folder, { recursive: true, force: true }))

test(
  'mosquitto_pub speaks for it with the password alone, and what speaks no TLS is cut off',
  withMqtt(async ({ port, bugs }) => {
    const plain = connectSocket(port, '127.0.0.1')
    plain.on('error', () => undefined) // cut off: that is the point
    plain.resume()
    plain.write(Buffer.from('100f00044d5154540402003c0003616263', 'hex'))
    await once(plain, 'close')
    const publisher = findProgram('mosquitto_pub')
    if (publisher === undefined) {
      process.stderr.write('skipped: mosquitto_pub is not on PATH\n')
      return
    }
    const publish = async (version: string, more: readonly string[]): Promise<number> => {
      const place = ['-h', 'localhost', '-p', String(port), '--cafile', certificateFile]
      const what = ['-V', version, '-t', 'kitchen/x', '-m', '21.5', '-q', '1']
      const child = spawn(publisher, [...place, ...what, ...more], { stdio: 'ignore' })
      const [code] = await once(child, 'exit')
      return code
    }
    for (const version of ['mqttv311', 'mqttv5']) {
      assert.is(await publish(version, ['-u', 'kitchen', '-P', 'secret']), 0)
      assert.is.not(await publish(version, ['-u', 'kitchen', '-P', 'guess']), 0)
      assert.is.not(await publish(version, ['-u', 'kitchen']), 0)
    }
    assert.equal(
      said,
      [1, 2].map(() => [{ n: 'temperature', u: 'Cel', v: 21.5 }])
    )
    assert.equal(bugs, [])
  }, secured)
)

test(
  'what cannot be signed now is not acknowledged as taken',
  withMqtt(async ({ open }) => {
    const options = { protocol: 'mqtts', ca: readFileSync(certificateFile) } as const
    const access = { username: 'kitchen', password: 'secret', servername: 'localhost' }
    const { client } = await open(5, { ...options, ...access })
    isBusy = true
    const publish = (): Promise<number> =>
      client.publishAsync('kitchen/x', '22', { qos: 2 }).then(
        () => 0,
        (error: { code: number }) => error.code
      )
    assert.is(await publish(), 0x97)
    isBusy = false
    assert.is(await publish(), 0)
    assert.is(said.length, 3)
  }, secured)
)

test.run()
