import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { openDevice, systemRandomBytes } from '../../client/index.ts'
import {
  type DeviceMessage,
  equalBytes,
  judgeTransaction,
  keyHash,
  networkTagOfGenesis,
  type Transaction
} from '../../protocol/index.ts'
import { withDeviceFolder } from './device-folder.ts'
import { createReferenceDevice } from './device-new.ts'
import { trustNetwork } from './network-trust.ts'
import { makeAccepted } from './testing/proofs.ts'
import { runProgram, type TestHome, withHome } from './testing/run-program.ts'

const test = suite('thingmoot device')

const CLAIM_ID = new Uint8Array(32).fill(9)

async function makeDevice({ folder, genesis, maker }: TestHome): Promise<string> {
  const device = join(folder, 'device')
  const network = trustNetwork(genesis)
  await createReferenceDevice({ folder: device, network, maker, registration: null })
  return device
}

/** As after a claim that became final. */
function beginSpeaking(device: string): Promise<void> {
  return withDeviceFolder(device, async ({ storage }) => {
    const opened = await openDevice({ storage, randomBytes: systemRandomBytes })
    assert.ok((await opened.beginIncarnation(0, CLAIM_ID)).ok)
  })
}

function readMessage(home: TestHome, wire: Uint8Array): Transaction & { body: DeviceMessage } {
  const judged = judgeTransaction(wire, networkTagOfGenesis(home.genesis))
  assert.ok(judged.ok)
  assert.is(judged.value.body.kind, 'device-message')
  return judged.value as Transaction & { body: DeviceMessage }
}

test(
  'signs messages that follow each other, each once, without any node',
  withHome(async (home) => {
    const device = await makeDevice(home)
    await beginSpeaking(device)
    const sign = ['device', 'sign', '--device', device]
    const reading = ['--reading', 'temperature=21.5', '--unit', 'Cel']
    const first = await runProgram([...sign, ...reading])
    assert.is(first.code, 0, first.stderr)
    const one = readMessage(home, first.stdoutBytes)
    const out = join(home.folder, 'message.cbor')
    const second = await runProgram([...sign, '--heartbeat', '--out', out])
    assert.is(second.code, 0)
    assert.is(second.stdout, '')
    assert.match(second.stderr, /topic +tm\/test\/d\/[0-9a-f]{64}\/up/)
    const two = readMessage(home, new Uint8Array(await readFile(out)))
    assert.equal([one.body.sequence, two.body.sequence], [1, 2])
    assert.equal([one.body.contentKind, two.body.contentKind], [0, 3])
    assert.ok(equalBytes(one.body.previousMessageId, CLAIM_ID))
    assert.ok(equalBytes(two.body.previousMessageId, one.id))
    assert.ok(equalBytes(one.body.nextSigningKeyHash, keyHash(two.body.signingKey)))
    const third = await runProgram([...sign, '--alarm', 'smoke=true', '--json'])
    const { sequence, message } = JSON.parse(third.stdout)
    assert.is(sequence, 3)
    const alarm = readMessage(home, new Uint8Array(Buffer.from(message, 'hex')))
    assert.is(alarm.body.contentKind, 1)
  })
)

test(
  'keeps its secrets from others and does not speak before it is claimed',
  withHome(async (home) => {
    const device = join(home.folder, 'device')
    const made = await runProgram([
      ...['device', 'new', '--device', device],
      ...['--maker', home.makerFolder, '--genesis', home.genesisPath]
    ])
    assert.is(made.code, 0, made.stderr)
    for (const name of ['born.json', 'outbox'])
      assert.is((await stat(join(device, name))).mode & 0o777, 0o600, name)
    const { code, stderr } = await runProgram(['device', 'sign', '--device', device, '--heartbeat'])
    assert.is(code, 64)
    assert.match(stderr, /the device is not claimed/)
    const listed = await runProgram(['device', 'list', home.folder, '--json'])
    assert.equal(
      JSON.parse(listed.stdout).map(({ folder }: { folder: string }) => folder),
      ['device']
    )
  })
)

test(
  "proves that a member carries a message, with the message's own bytes",
  withHome(async (home) => {
    const device = await makeDevice(home)
    await beginSpeaking(device)
    const path = join(home.folder, 'message.cbor')
    await runProgram(['device', 'sign', '--device', device, '--reading', 'a=1', '--out', path])
    const accepted = makeAccepted(home, readMessage(home, new Uint8Array(await readFile(path))))
    const proof = join(home.folder, 'accepted.cbor')
    await writeFile(proof, accepted)
    const verify = ['verify', proof, '--genesis', home.genesisPath]
    const proved = await runProgram([...verify, '--transaction', path])
    assert.is(proved.code, 0, proved.stderr)
    assert.match(proved.stdout, /has promised to carry transaction/)
    assert.is((await runProgram(verify)).code, 64)
  })
)

test(
  'refuses a word that is no reading, and signs nothing then',
  withHome(async (home) => {
    const device = await makeDevice(home)
    await beginSpeaking(device)
    const before = await readFile(join(device, 'outbox'), 'utf8')
    const sign = ['device', 'sign', '--device', device]
    assert.is((await runProgram([...sign, '--reading', 'warm'])).code, 64)
    assert.is((await runProgram([...sign, '--reading', 'a=1', '--heartbeat'])).code, 64)
    assert.is(await readFile(join(device, 'outbox'), 'utf8'), before)
  })
)

test.run()
