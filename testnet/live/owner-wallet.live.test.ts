import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type ProgramRun, runProgram } from '../../node/cli/testing/run-program.ts'
import { genesisPath, makerFolder } from '../home.ts'
import { type LiveNet, openLiveNet, waitFor } from './live-net.ts'
import { ask, submit, type TransactionJson, waitForFinal } from './node-questions.ts'

const test = suite('an owner with a wallet')
const USAGE = 64
const REFUSED = 69

let net: LiveNet
let deviceId = ''
let device: string

/** What was signed by a device. */
interface SignedJson {
  readonly messageId: string
  readonly message: string
  readonly sequence: number
}

function run(args: readonly string[]): Promise<ProgramRun> {
  return runProgram([...args, '--json'])
}

/** Which node is asked differs from command to command: any will do. */
let asked = 0
function network(): readonly string[] {
  const { url = '' } = net.nodes[asked++ % net.nodes.length] ?? {}
  return ['--node', url, '--genesis', genesisPath(net.home)]
}

function wallet(name: string): readonly string[] {
  return ['--wallet', join(net.home, name)]
}

/** A command by which a wallet acts, and its answer. */
async function act(
  name: string,
  command: string,
  args: readonly string[]
): Promise<Record<string, unknown>> {
  const ran = await run(['device', command, ...args, ...wallet(name), ...network()])
  assert.is(ran.code, 0, `${command}: ${ran.stderr}`)
  return JSON.parse(ran.stdout)
}

async function show(): Promise<Record<string, unknown>> {
  const ran = await run(['device', 'show', deviceId, ...network()])
  assert.is(ran.code, 0, ran.stderr)
  return JSON.parse(ran.stdout)
}

async function sign(): Promise<SignedJson> {
  const say = ['--reading', 'temperature=21.5', '--unit', 'Cel']
  const ran = await run(['device', 'sign', '--device', device, ...say, ...network()])
  assert.is(ran.code, 0, ran.stderr)
  return JSON.parse(ran.stdout)
}

async function publish({ message, messageId }: SignedJson): Promise<TransactionJson> {
  const { url = '' } = net.nodes[1] ?? {}
  await submit(url, new Uint8Array(Buffer.from(message, 'hex')))
  return waitForFinal(url, messageId)
}

async function sayOne(): Promise<number> {
  const said = await sign()
  const { outcome, code } = await publish(said)
  assert.equal([outcome, code], ['applied', null])
  return said.sequence
}

const readerKeys = new Map<string, string>()

async function newReader(name: string): Promise<string> {
  const at = ['--genesis', genesisPath(net.home), '--device-id', deviceId]
  const made = await run(['reader', 'new', '--reader', join(net.home, name), ...at])
  assert.is(made.code, 0, made.stderr)
  const { readerKey } = JSON.parse(made.stdout)
  readerKeys.set(name, readerKey)
  return readerKey
}

/** Grants to a reader and tells how many there are then. */
async function shareWith(reader: string, owner: string): Promise<number> {
  const share = ['device', 'share', String(readerKeys.get(reader)), '--device', device]
  const shared = await run([...share, ...wallet(owner), ...network()])
  assert.is(shared.code, 0, shared.stderr)
  return JSON.parse(shared.stdout).readers.length
}

test.before(async () => {
  net = await openLiveNet(4, 0)
  device = join(net.home, 'device')
})
test.after(() => net?.close())

test('a wallet claims a device from its box, and the device speaks', async () => {
  for (const name of ['first', 'second']) {
    const files = [
      ...['--words-file', join(net.home, `${name}.words`)],
      ...['--recovery-file', join(net.home, `${name}.recovery`)]
    ]
    const made = await run(['wallet', 'new', ...wallet(name), '--plain', ...files])
    assert.is(made.code, 0, made.stderr)
  }
  const box = join(net.home, 'box')
  const maker = ['--maker', makerFolder(net.home)]
  const place = ['--device', device, '--box', box]
  const born = await run(['device', 'new', ...place, ...maker, ...network()])
  assert.is(born.code, 0, born.stderr)
  deviceId = JSON.parse(born.stdout).deviceId
  const tried = await act('first', 'claim', [...place, '--dry-run'])
  assert.is(tried['isSent'], false)
  assert.is((await act('first', 'claim', place))['act'], 'claim')
  const again = await run(['device', 'claim', ...place, ...wallet('second'), ...network()])
  assert.is(again.code, REFUSED, again.stdout)
  assert.match(again.stderr, /LEAF_USED/)
  assert.is(await sayOne(), 1)
  assert.is((await show())['status'], 'active')
})

test('lost, what the device says waits; found, it counts', async () => {
  await act('first', 'lost', [deviceId])
  assert.is((await show())['isLost'], true)
  const said = await sign()
  const { url = '' } = net.nodes[1] ?? {}
  await submit(url, new Uint8Array(Buffer.from(said.message, 'hex')))
  // Blocks go by, in which it does not stand: an owner's act makes some.
  await act('first', 'profile', [deviceId, '--preset', 'industrial'])
  const { body } = await ask(url, `/v1/transactions/${said.messageId}`)
  assert.is.not(body.transaction?.stage, 'final')
  await act('first', 'found', [deviceId])
  const { outcome } = await waitFor('the message to count', async () => {
    await submit(url, new Uint8Array(Buffer.from(said.message, 'hex')))
    const { transaction } = (await ask(url, `/v1/transactions/${said.messageId}`)).body
    return transaction?.stage === 'final' ? transaction : undefined
  })
  assert.is(outcome, 'applied')
})

test('with new keys by its own rotation key the device goes on, and by the phrase kept apart too', async () => {
  const beside = ['--device', device]
  assert.is((await act('first', 'rotate', [deviceId, ...beside]))['incarnation'], 1)
  assert.is(await sayOne(), 1)
  const words = ['--recovery-file', join(net.home, 'first.recovery')]
  const why = ['--reason', 'key-theft']
  assert.is(
    (await act('first', 'recover', [deviceId, ...beside, ...words, ...why]))['incarnation'],
    2
  )
  assert.is(await sayOne(), 1)
})

test('a reader to whom its wallet grants opens what it says under its new keys', async () => {
  const without = await run([
    'device',
    'share',
    await newReader('one'),
    '--device',
    device,
    ...network()
  ])
  assert.is(without.code, USAGE, without.stdout)
  assert.is(await shareWith('one', 'first'), 1)
  assert.is(await sayOne(), 2)
  const read = await run(['reader', 'read', '--reader', join(net.home, 'one'), ...network()])
  assert.is(read.code, 0, read.stderr)
  assert.is(JSON.parse(read.stdout).messages.length, 1)
})

test('offered and accepted it is the buyer’s, with nothing left to the seller', async () => {
  const { buyerKeyHash } = await act('second', 'accept', [deviceId, '--invite'])
  await act('first', 'transfer', [deviceId, '--to', String(buyerKeyHash), '--for', '1h'])
  assert.ok((await show())['openOffer'])
  await act('second', 'accept', [deviceId, '--device', device])
  const refused = await run(['device', 'lost', deviceId, ...wallet('first'), ...network()])
  assert.is(refused.code, USAGE, refused.stdout)
  assert.match(refused.stderr, /not, or no longer, owned by this wallet/)
  const { incarnation, overlay, isLost } = await show()
  assert.equal([incarnation, overlay, isLost], [3, null, false])
  await newReader('two')
  assert.is(await shareWith('two', 'second'), 1, "the seller's reader is not among them")
  assert.is(await sayOne(), 1)
  await act('second', 'quarantine', [deviceId, '--for', '1h'])
  assert.is((await show())['status'], 'quarantined')
  const told = await runProgram(['device', 'show', deviceId, ...network()])
  assert.match(told.stdout, /It is quarantined until .*, by its owner: nothing it says counts\./)
})

test.run()
