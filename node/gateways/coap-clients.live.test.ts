import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { request } from 'coap'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { decodeSenmlCbor, decodeSenmlJson } from '../../protocol/index.ts'
import { type CoapWorld, withCoap } from './testing/coap-world.ts'

const test = suite('CoAP gateway with the clients of others')

const { PATH = '' } = process.env
const PROGRAM = ['coap-client-notls', 'coap-client', 'coap-client-openssl']
  .flatMap((name) => PATH.split(delimiter).map((folder) => join(folder, name)))
  .find(existsSync)

/** What libcoap's client prints for its arguments and its input. */
type Run = (path: string, args: readonly string[], input?: Uint8Array) => Promise<Buffer>

/** A test with libcoap's client, which says so where that is not installed. */
function withLibcoap(run: (world: CoapWorld, client: Run) => Promise<void>): () => Promise<void> {
  return withCoap(async (world) => {
    if (PROGRAM === undefined) {
      process.stderr.write('skipped: coap-client-notls is not on PATH\n')
      return
    }
    await run(world, async (path, args, input) => {
      const url = `coap://127.0.0.1:${world.port}/${path}`
      const child = spawn(PROGRAM, ['-B', '5', '-v', '4', ...args, url], {
        stdio: ['pipe', 'pipe', 'inherit']
      })
      child.stdin.end(input ?? new Uint8Array(0))
      const printed: Buffer[] = []
      child.stdout.on('data', (chunk: Buffer) => printed.push(chunk))
      const [code] = await once(child, 'close')
      assert.is(code, 0)
      return Buffer.concat(printed)
    })
  })
}

const UP = ['-t', '60', '-f', '-']

test(
  'libcoap shows that it is there by itself, and lists what there is',
  withLibcoap(async (_world, client) => {
    assert.match(String(await client('.well-known/core', [])), /<\/t>;rt="thingmoot/)
    const one = String(await client('.well-known/core?rt=thingmoot.devices', []))
    assert.match(one, /^<\/d>;/)
    assert.is(one.match(/</g)?.length, 1)
  })
)

test(
  'libcoap posts, puts and reads',
  withLibcoap(async ({ device, ledger }, client) => {
    const path = `d/${device.hexId}`
    const posted = JSON.parse(
      String(await client(path, ['-m', 'post', ...UP], device.message(1, 20)))
    )
    assert.equal([posted.transactionId, posted.stage], [device.transactionId(1, 20), 'accepted'])
    ledger.finalise()
    const put = JSON.parse(String(await client(path, ['-m', 'put', ...UP], device.message(2, 21))))
    assert.is(put.stage, 'accepted')
    ledger.finalise()
    const json = decodeSenmlJson(String(await client(`${path}/latest`, ['-A', '110'])))
    assert.equal([json?.[0]?.n, json?.[0]?.v], ['temperature', 21])
    assert.equal(decodeSenmlCbor(await client(`${path}/latest`, ['-A', '112', '-o', '-'])), json)
    const refused = String(await client(path, ['-m', 'post', ...UP], device.message(2, 99)))
    assert.is(refused, '')
  })
)

test(
  'libcoap sends and fetches block by block',
  withLibcoap(async ({ device, ledger }, client) => {
    const path = `d/${device.hexId}`
    for (const [index, size] of ['16', '64', '256'].entries()) {
      const wire = device.message(index + 1)
      const sent = await client(path, ['-m', 'post', '-b', size, ...UP], wire)
      assert.is(JSON.parse(String(sent)).transactionId, device.transactionId(index + 1))
      ledger.finalise()
      const fetched = await client(`${path}/latest`, ['-A', '60', '-b', size, '-o', '-'])
      assert.equal(fetched, Buffer.from(wire))
    }
  })
)

test(
  'libcoap observes',
  withLibcoap(async ({ device, ledger }, client) => {
    const path = `d/${device.hexId}/latest`
    await ledger.service.submit(device.message(1, 1), 'test')
    ledger.finalise()
    const printed = client(path, ['-s', '2', '-A', '110', '-w'])
    for (let sequence = 2; sequence <= 5; sequence++) {
      await new Promise((resolve) => setTimeout(resolve, 300))
      await ledger.service.submit(device.message(sequence, sequence), 'test')
      ledger.finalise()
    }
    const values = String(await printed)
      .trim()
      .split('\n')
      .map((line) => decodeSenmlJson(line)?.[0]?.v)
    assert.equal(values.slice(0, 5), [1, 2, 3, 4, 5])
  })
)

test(
  'the client of the coap package posts, reads and observes',
  withCoap(async ({ open, port, device, ledger }) => {
    await (await open()).verify()
    const ask = (
      method: 'GET' | 'POST',
      pathname: string,
      payload?: Uint8Array
    ): Promise<{ readonly code: string; readonly payload: Buffer }> =>
      new Promise((resolve, reject) => {
        const asked = request({ host: '127.0.0.1', port, method, pathname })
        asked.on('response', resolve).on('error', reject)
        asked.end(payload === undefined ? undefined : Buffer.from(payload))
      })
    const path = `/d/${device.hexId}`
    const posted = await ask('POST', path, device.message(1, 5))
    assert.equal([posted.code, JSON.parse(String(posted.payload)).stage], ['2.01', 'accepted'])
    ledger.finalise()
    const latest = await ask('GET', `${path}/latest`)
    assert.equal([latest.code, decodeSenmlJson(String(latest.payload))?.[0]?.v], ['2.05', 5])
    assert.is((await ask('GET', '/nowhere')).code, '4.04')
  })
)

test.run()
