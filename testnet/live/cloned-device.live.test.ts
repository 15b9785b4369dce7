import { cpSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { runProgram } from '../../node/cli/testing/run-program.ts'
import { DEVICE_STATUS, type DeviceRecord, devices, fromHex } from '../../protocol/index.ts'
import { genesisPath, makerFolder } from '../home.ts'
import { heightOf, type LiveNet, openLiveNet, rootsOf, waitFor } from './live-net.ts'
import { recordOf, submit, submitFinal, waitForFinal } from './node-questions.ts'
import { claimDevices, type LiveDevice } from './spoken.ts'

const test = suite('a cloned device')
/** Blocks from the second message to the quarantine: two by the law, and one that may be under way. */
const BLOCKS_MAX = 3
const REASON_FORK = 1
const FORK_COUNTED = 1
const MISUSE_COUNTED = 2

let net: LiveNet
let urls: readonly string[]
let fleet: readonly LiveDevice[]

test.before(async () => {
  net = await openLiveNet(4, 1)
  urls = net.nodes.map(({ url }) => url)
  fleet = await claimDevices(net, 4)
})
test.after(() => net?.close())

function at(index: number): string {
  return urls[index] as string
}

function device(index: number): LiveDevice {
  return fleet[index] as LiveDevice
}

async function deviceAt(url: string, deviceId: string): Promise<DeviceRecord> {
  const value = await recordOf(url, deviceId)
  assert.ok(typeof value === 'string', 'the device is on the ledger')
  return devices.decode(fromHex(value) as Uint8Array)
}

/** Waits until a node's record of a device is as it should be. */
function awaitRecord(
  url: string,
  deviceId: string,
  isWanted: (record: DeviceRecord) => boolean
): Promise<DeviceRecord> {
  return waitFor(`the device to be judged at ${url}`, async () => {
    const record = await deviceAt(url, deviceId)
    return isWanted(record) ? record : undefined
  })
}

/** Signs the next message of the device in a folder. */
async function signIn(
  folder: string,
  celsius: number
): Promise<{ readonly wire: Uint8Array; readonly deviceId: string; readonly messageId: string }> {
  const out = `${folder}-${celsius}.cbor`
  const signed = await runProgram([
    ...['device', 'sign', '--device', folder, '--out', out, '--json'],
    ...['--reading', `temperature=${celsius}`, '--unit', 'Cel']
  ])
  assert.is(signed.code, 0, signed.stderr)
  const { deviceId, messageId } = JSON.parse(signed.stdout)
  return { wire: readFileSync(out), deviceId, messageId }
}

async function outcomeOf(url: string, wire: Uint8Array): Promise<readonly unknown[]> {
  const { body } = await submitFinal(url, wire)
  return [body.transaction?.outcome, body.transaction?.code]
}

test('its folder is copied: whoever speaks second is the proof, and it is stopped everywhere', async () => {
  const genuine = join(net.home, 'camera')
  const clone = join(net.home, 'clone')
  const born = await runProgram([
    ...['device', 'new', '--device', genuine, '--maker', makerFolder(net.home)],
    ...['--genesis', genesisPath(net.home), '--node', at(0)]
  ])
  assert.is(born.code, 0, born.stderr)
  const honest = await signIn(genuine, 20)
  assert.equal(await outcomeOf(at(0), honest.wire), ['applied', null])
  cpSync(genuine, clone, { recursive: true })

  const stolen = await signIn(clone, 99)
  assert.equal(await outcomeOf(at(1), stolen.wire), ['applied', null], 'the clone speaks first')
  const { wire, deviceId } = await signIn(genuine, 21)
  const before = await heightOf(at(2))
  const { status, body } = await submit(at(2), wire)
  assert.equal([status, body.code], [409, 'SEQUENCE_USED'])

  for (const url of urls) {
    const { quarantine, status: standing } = await awaitRecord(
      url,
      deviceId,
      (record) => record.quarantine !== null
    )
    assert.is(standing, DEVICE_STATUS.quarantined)
    assert.equal([quarantine?.reason, quarantine?.untilMs], [REASON_FORK, 0])
    const evidenceId = Buffer.from(quarantine?.evidenceId ?? []).toString('hex')
    const { outcome, height } = await waitForFinal(url, evidenceId)
    assert.is(outcome, 'applied')
    assert.ok((height ?? Number.POSITIVE_INFINITY) <= before + BLOCKS_MAX, `${before} to ${height}`)
  }
  // The clone speaks no more, wherever it goes.
  const more = await signIn(clone, 98)
  const answer = await submit(at(3), more.wire, { query: '?wait=final&timeoutMs=1000' })
  assert.is.not(answer.body.transaction?.outcome, 'applied')
})

test('a clone that speaks late, with an old sequence and through the observer, convicts it too', async () => {
  const cloned = device(0)
  assert.equal(await outcomeOf(at(0), cloned.say().wire), ['applied', null])
  const late = cloned.draft()
  for (let count = 0; count < 3; count++)
    assert.equal(await outcomeOf(at(count), cloned.say().wire), ['applied', null])
  const { body } = await submit(at(4), late.wire)
  assert.is(body.code, 'SEQUENCE_USED')
  for (const url of urls) {
    const record = await awaitRecord(url, cloned.name, ({ evidenceMask }) => evidenceMask !== 0)
    assert.equal([record.status, record.evidenceMask], [DEVICE_STATUS.quarantined, FORK_COUNTED])
  }
})

test('two different messages that wait for one turn at one node convict it when that turn comes', async () => {
  const cloned = device(3)
  const first = cloned.say()
  const [ahead, other] = [cloned.draft(), cloned.draft()]
  const pooled = await submit(at(1), ahead.wire)
  assert.is(pooled.body.transaction?.stage, 'pooled')
  assert.is((await submit(at(1), other.wire)).status, 429)
  assert.equal(await outcomeOf(at(1), first.wire), ['applied', null])
  assert.is((await waitForFinal(at(1), ahead.name)).outcome, 'applied')
  for (const url of urls) {
    const record = await awaitRecord(url, cloned.name, ({ evidenceMask }) => evidenceMask !== 0)
    assert.equal([record.status, record.evidenceMask], [DEVICE_STATUS.quarantined, FORK_COUNTED])
  }
})

test('a clone that jumps to the head is locked out, and the device goes on, suspect', async () => {
  const honest = device(1)
  assert.equal(await outcomeOf(at(0), honest.say().wire), ['applied', null])
  const { key } = honest
  for (let count = 0; count < 2; count++)
    assert.equal(await outcomeOf(at(count), honest.say().wire), ['applied', null])
  const { body } = await submit(at(3), honest.draft({ key }).wire)
  assert.is(body.code, 'SIGNING_KEY_WRONG')
  for (const url of urls) {
    const record = await awaitRecord(url, honest.name, ({ evidenceMask }) => evidenceMask !== 0)
    assert.equal([record.status, record.evidenceMask], [DEVICE_STATUS.active, MISUSE_COUNTED])
    assert.ok(record.suspectUntilMs > 0)
  }
  assert.equal(await outcomeOf(at(2), honest.say().wire), ['applied', null])
})

test('the same bytes elsewhere, and forgeries of others, prove nothing', async () => {
  const honest = device(2)
  const said = [honest.say(), honest.say(), honest.say()]
  for (const { wire } of said) assert.equal(await outcomeOf(at(0), wire), ['applied', null])
  for (const url of urls) {
    for (const { wire } of said) assert.equal(await outcomeOf(url, wire), ['applied', null])
    const forged = honest.draft({ sequence: 2, signingKey: said[1]?.signingKey as Uint8Array })
    const { status } = await submit(url, forged.wire)
    assert.ok(status === 409 || status === 422)
  }
  assert.equal(await outcomeOf(at(1), honest.say().wire), ['applied', null])
  const { roots } = await rootsOf(urls)
  assert.is(new Set(roots).size, 1)
  const { status, evidenceMask, suspectUntilMs } = await deviceAt(at(3), honest.name)
  assert.equal([status, evidenceMask, suspectUntilMs], [DEVICE_STATUS.active, 0, 0])
})

test.run()
