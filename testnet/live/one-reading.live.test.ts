import { spawn, spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type ProgramRun, runProgram } from '../../node/cli/testing/run-program.ts'
import { fromHex, toHex } from '../../protocol/index.ts'
import { genesisPath, makerFolder } from '../home.ts'
import { type LiveNet, type LiveNode, openLiveNet, waitFor } from './live-net.ts'
import { ask, askBytes, submit, waitForFinal } from './node-questions.ts'

const test = suite('one reading')
const EXIT_DAMAGED = 65

interface SignedFile {
  readonly path: string
  readonly deviceId: string
  readonly messageId: string
  readonly topic: string
}

let net: LiveNet
let message: SignedFile

async function publishOne(): Promise<void> {
  const device = join(net.home, 'own-device')
  const genesis = ['--genesis', genesisPath(net.home)]
  const maker = ['--maker', makerFolder(net.home)]
  const born = await runProgram([
    ...['device', 'new', '--device', device, ...maker, ...genesis],
    ...['--node', node(0).url]
  ])
  assert.is(born.code, 0, born.stderr)
  const path = join(net.home, 'message.cbor')
  const say = ['--reading', 'temperature=21.5', '--unit', 'Cel']
  const signed = await runProgram([
    ...['device', 'sign', '--device', device, ...say, '--out', path, '--json']
  ])
  assert.is(signed.code, 0, signed.stderr)
  const { deviceId, messageId, topic } = JSON.parse(signed.stdout)
  message = { path, deviceId, messageId, topic }
  assert.is(await mosquitto(node(1).ports.mqtt, topic, path), 0)
}

/** Publishes a file with the ordinary client; resolves with its exit code. */
function mosquitto(port: number, topic: string, path: string): Promise<number | null> {
  const where = ['-h', '127.0.0.1', '-p', String(port), '-V', '5', '-q', '1']
  const child = spawn('mosquitto_pub', [...where, '-t', topic, '-f', path], {
    stdio: ['ignore', 'inherit', 'inherit'],
    timeout: 30_000
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
}

function node(index: number): LiveNode {
  return net.nodes[index] as LiveNode
}

/** Judges a proof in a process that knows nothing but the genesis. */
function verify(
  name: string,
  proof: Uint8Array,
  more: readonly string[] = []
): Promise<ProgramRun> {
  const path = join(net.home, `${name}.proof`)
  writeFileSync(path, proof)
  const genesis = ['--genesis', genesisPath(net.home)]
  return runProgram(['verify', path, ...genesis, '--json', ...more])
}

if (spawnSync('mosquitto_pub', ['--version']).error !== undefined) {
  process.stderr.write('one reading: NOT RUN, mosquitto_pub (mosquitto-clients) is not installed\n')
} else {
  test.before(async () => {
    net = await openLiveNet(4, 1)
    await publishOne()
  })
  test.after(() => net?.close())

  // Another member than the one that was published to, and the observer.
  for (const [where, index] of [
    ['another member', 2],
    ['the observer', 4]
  ] as const) {
    test(`published to one member it is final and readable at ${where}`, async () => {
      const { url } = node(index)
      const { outcome, code } = await waitForFinal(url, message.messageId)
      assert.equal([outcome, code], ['applied', null])
      const { body } = await ask(url, `/v1/devices/${message.deviceId}/readings`)
      assert.is(body.readings?.length, 1)
      const [reading] = body.readings ?? []
      assert.is(reading?.['transactionId'], message.messageId)
      assert.is(reading?.['sequence'], 1)
      assert.equal(reading?.['records'], [{ n: 'temperature', u: 'Cel', v: 21.5 }])
    })

    test(`the proofs of ${where} convince who has the genesis alone`, async () => {
      const { url } = node(index)
      const receipt = await receiptAt(url)
      const told = await verify(`receipt-${index}`, receipt)
      assert.is(told.code, 0, told.stderr)
      const fact = JSON.parse(told.stdout)
      assert.is(fact.proof, 'receipt')
      assert.is(fact.transactionId, message.messageId)
      assert.is(fact.outcome, 'applied')

      const path = `/v1/state/devices/${message.deviceId}?proof=1&at=${fact.height}`
      const read = await waitFor('a proof of the state', () => askBytes(url, path))
      const shown = await verify(`read-${index}`, read)
      assert.is(shown.code, 0, shown.stderr)
      const { table, key, record } = JSON.parse(shown.stdout)
      assert.equal([table, key], ['devices', message.deviceId])
      assert.is(record.sequence, 1)
      assert.is(record.headMessageId, message.messageId)
    })
  }

  test('the accepted receipt convinces too, for these very bytes', async () => {
    const wire = readFileSync(message.path)
    const { status, body } = await submit(node(1).url, wire)
    assert.is(status, 202)
    const receipt = fromHex(body.transaction?.acceptedReceipt ?? '') as Uint8Array
    const bytes = ['--transaction', message.path]
    const told = await verify('accepted', receipt, bytes)
    assert.is(told.code, 0, told.stderr)
    assert.is(JSON.parse(told.stdout).proof, 'accepted')
    const other = join(net.home, 'other.cbor')
    const spoilt = wire.slice()
    spoilt[spoilt.length - 1]! ^= 1
    writeFileSync(other, spoilt)
    const refused = await verify('accepted', receipt, ['--transaction', other])
    assert.is(refused.code, EXIT_DAMAGED, refused.stdout)
  })

  test('a proof that was tampered with proves nothing', async () => {
    const receipt = await receiptAt(node(2).url)
    const read = await waitFor('a proof of the state', () =>
      askBytes(node(2).url, `/v1/state/devices/${message.deviceId}?proof=1`)
    )
    const value = fromHex(message.messageId) as Uint8Array
    const runs = await Promise.all([
      verify('tampered-id', flipped(receipt, Buffer.from(receipt).indexOf(value))),
      verify('tampered-signature', flipped(receipt, receipt.length - 5)),
      verify('tampered-value', flipped(read, Buffer.from(read).indexOf(value))),
      verify('cut', receipt.subarray(0, receipt.length >> 1))
    ])
    for (const { code, stdout, stderr } of runs) {
      assert.is(code, EXIT_DAMAGED, stderr)
      assert.is(JSON.parse(stdout).proved, false)
      assert.match(stderr, /^thingmoot: .*proves nothing, [A-Z_]+: .+\n$/)
    }
  })

  test('published again, elsewhere, it stays one reading', async () => {
    assert.is(await mosquitto(node(3).ports.mqtt, message.topic, message.path), 0)
    const { body } = await ask(node(3).url, `/v1/devices/${message.deviceId}/readings`)
    assert.is(body.readings?.length, 1)
    const proof = await receiptAt(node(3).url)
    assert.is(JSON.parse((await verify('again', proof)).stdout).outcome, 'applied')
  })
}

test.run()

function receiptAt(url: string): Promise<Uint8Array> {
  return waitFor(`a receipt at ${url}`, () => askBytes(url, `/v1/receipts/${message.messageId}`))
}

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  assert.ok(at >= 0, `there is something to spoil in ${toHex(bytes.subarray(0, 8))}`)
  const other = bytes.slice()
  other[at]! ^= 1
  return other
}
