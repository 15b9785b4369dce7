import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  judgeTransaction,
  RATCHET_NEVER,
  readDeviceMessageEnvelope,
  senmlContent,
  toHex
} from '../protocol/index.ts'
import { createDevice, type Device, openDevice } from './device.ts'
import { ClientError } from './errors.ts'
import {
  claimDevice,
  deviceOptions,
  EASY_PROFILE,
  MortalStorage,
  seededRandom,
  startDevice,
  temperature
} from './testing/fixtures.ts'

const test = suite('device')

const READING = 0
const HEARTBEAT = 3
const NOTHING = new Uint8Array(0)

async function sayAll(device: Device, contents: readonly Uint8Array[]): Promise<Uint8Array[]> {
  const wires: Uint8Array[] = []
  for (const content of contents) {
    const said = await device.say(READING, content)
    assert.ok(said.ok)
    if (said.ok) wires.push(said.value.wire)
  }
  return wires
}

for (const algorithm of ['Ed25519', 'ES256'] as const)
  for (const ratchetEvery of [1, 3, RATCHET_NEVER])
    test(`the ledger applies what a ${algorithm} device with a ratchet of ${ratchetEvery} says`, async () => {
      const profile = { ...EASY_PROFILE, ratchetEvery }
      const claimed = claimDevice(algorithm, seededRandom(1), profile)
      const device = await startDevice(claimed, ratchetEvery)
      const wires = await sayAll(device, [1, 2, 3, 4, 5, 6, 7].map(temperature))
      for (const wire of wires) assert.ok(judgeTransaction(wire, claimed.ledger.networkTag).ok)
      const outcomes = claimed.ledger.execute(wires)
      assert.ok(outcomes.every(({ outcome }) => outcome === 'applied'))
      const keys = wires.map((wire) =>
        toHex(readDeviceMessageEnvelope(wire)?.message.signingKey ?? NOTHING)
      )
      const expected = { 1: 7, 3: 3, [RATCHET_NEVER]: 1 }[ratchetEvery]
      assert.is(new Set(keys).size, expected)
    })

test('a message is on the list until it is settled, in the order in which it was said', async () => {
  const device = await startDevice(claimDevice('Ed25519', seededRandom(2)), 1)
  const wires = await sayAll(device, [1, 2, 3].map(temperature))
  assert.equal(
    device.pending().map(({ wire }) => wire),
    wires
  )
  const [first, second] = device.pending()
  assert.equal(await device.settle(second!.messageId, 'waits', 'QUOTA_EMPTY'), {
    ok: false,
    fault: 'MESSAGE_NOT_COUNTED'
  })
  assert.equal(await device.settle(first!.messageId, 'refused', 'DEVICE_UNKNOWN'), {
    ok: false,
    fault: 'MESSAGE_NOT_COUNTED'
  })
  assert.is(device.pending().length, 3)
  assert.equal(await device.settle(first!.messageId, 'applied', null), {
    ok: true,
    value: { kind: 'confirmed' }
  })
  assert.equal(await device.settle(first!.messageId, 'applied', null), {
    ok: false,
    fault: 'MESSAGE_UNKNOWN'
  })
  assert.is(device.pending().length, 2)
  assert.is(device.pending(1).length, 1)
})

test('nothing is said before the first incarnation, and nothing that the ledger never takes', async () => {
  const claimed = claimDevice('Ed25519', seededRandom(3))
  const ports = { storage: new MortalStorage(), randomBytes: seededRandom(4) }
  const device = await createDevice(deviceOptions(claimed, 1), ports)
  const faultOf = async (kind: number, content: Uint8Array): Promise<string> => {
    const said = await device.say(kind, content)
    return said.ok ? 'SAID' : said.fault
  }
  assert.is(await faultOf(HEARTBEAT, NOTHING), 'INCARNATION_NOT_BEGUN')
  assert.ok((await device.beginIncarnation(0, claimed.claimId)).ok)
  assert.is(await faultOf(99, NOTHING), 'KIND_NOT_ALLOWED')
  assert.is(await faultOf(READING, new Uint8Array(8_193)), 'CONTENT_TOO_LARGE')
  assert.is(await faultOf(READING, Uint8Array.of(0, 1)), 'CONTENT_MALFORMED')
  assert.is(await faultOf(HEARTBEAT, Uint8Array.of(0)), 'CONTENT_MALFORMED')
  assert.is(device.state.sequence, 0)
  assert.is(await faultOf(HEARTBEAT, NOTHING), 'SAID')
})

test('a full outbox says so, by number and by bytes, and signs nothing', async () => {
  const claimed = claimDevice('Ed25519', seededRandom(5))
  const ports = { storage: new MortalStorage(), randomBytes: seededRandom(6) }
  const limits = { messagesMax: 3, bytesMax: 1_200 }
  const device = await createDevice(deviceOptions(claimed, 1), ports, limits)
  await device.beginIncarnation(0, claimed.claimId)
  for (let count = 0; count < 3; count++) assert.ok((await device.say(HEARTBEAT, NOTHING)).ok)
  assert.equal(await device.say(HEARTBEAT, NOTHING), { ok: false, fault: 'OUTBOX_FULL' })
  assert.is(device.state.sequence, 3)
  await device.settle(device.pending()[0]!.messageId, 'applied', null)
  const large = senmlContent([{ n: 'note', vs: 'x'.repeat(800) }])
  assert.equal(await device.say(READING, large), { ok: false, fault: 'OUTBOX_FULL' })
  assert.ok((await device.say(HEARTBEAT, NOTHING)).ok)
})

test('a false anchor voids content, which is said again on the anchor of genesis', async () => {
  const claimed = claimDevice('Ed25519', seededRandom(7))
  const { ledger } = claimed
  const device = await startDevice(claimed, 1)
  await device.adoptAnchor({ height: 1, blockId: new Uint8Array(32).fill(9) })
  const [wire] = await sayAll(device, [temperature(20)])
  const [outcome] = ledger.execute([wire!])
  assert.equal(outcome, { outcome: 'void', code: 'ANCHOR_FALSE' })
  const settled = await device.settle(device.pending()[0]!.messageId, 'void', 'ANCHOR_FALSE')
  assert.ok(settled.ok && settled.value.kind === 'said-again')
  assert.is(device.state.anchor.height, 0)
  assert.is(ledger.execute(device.pending().map((message) => message.wire))[0]?.outcome, 'applied')
  assert.equal(readDeviceMessageEnvelope(device.pending()[0]!.wire)?.content, temperature(20))
})

test('an anchor that was adopted since is used for content that is said again', async () => {
  const claimed = claimDevice('Ed25519', seededRandom(8))
  const { ledger } = claimed
  const device = await startDevice(claimed, 1)
  await device.adoptAnchor({ height: 1, blockId: new Uint8Array(16) })
  const [wire] = await sayAll(device, [temperature(20)])
  await device.adoptAnchor({ height: ledger.height, blockId: ledger.tipId })
  ledger.execute([wire!])
  await device.settle(device.pending()[0]!.messageId, 'void', 'ANCHOR_FALSE')
  assert.is(device.state.anchor.height, 1)
  assert.is(ledger.execute(device.pending().map((message) => message.wire))[0]?.outcome, 'applied')
})

test('a ratchet that the profile finds too slow turns with every message from then on', async () => {
  const profile = { ...EASY_PROFILE, ratchetEvery: 2 }
  const claimed = claimDevice('Ed25519', seededRandom(9), profile)
  const device = await startDevice(claimed, RATCHET_NEVER)
  await sayAll(device, [1, 2, 3, 4].map(temperature))
  let rounds = 0
  while (device.pending().length > 0 && rounds++ < 5) {
    const messages = device.pending()
    const outcomes = claimed.ledger.execute(messages.map(({ wire }) => wire))
    for (const [index, { outcome, code }] of outcomes.entries())
      assert.ok((await device.settle(messages[index]!.messageId, outcome, code)).ok)
  }
  assert.is(device.pending().length, 0)
  assert.is(device.state.ratchetEvery, 1)
})

test('content that no rule can mend is held, survives a restart, and is said again or taken', async () => {
  const profile = { ...EASY_PROFILE, inlineBytesMax: 20 }
  const claimed = claimDevice('Ed25519', seededRandom(10), profile)
  const storage = new MortalStorage()
  const device = await startDevice(claimed, 1, storage)
  const long = senmlContent([{ n: 'a-name-too-long', v: 1 }])
  await sayAll(device, [long])
  const { messageId, wire } = device.pending()[0]!
  assert.equal(claimed.ledger.execute([wire]), [{ outcome: 'void', code: 'CONTENT_TOO_LARGE' }])
  assert.equal(await device.settle(messageId, 'void', 'CONTENT_TOO_LARGE'), {
    ok: true,
    value: { kind: 'held', code: 'CONTENT_TOO_LARGE' }
  })
  const again = await openDevice({ storage, randomBytes: seededRandom(11) })
  assert.equal(again.held(), [{ contentKind: READING, content: long, code: 'CONTENT_TOO_LARGE' }])
  assert.is((await again.sayHeld()).length, 1)
  assert.is(again.held().length, 0)
  await again.settle(again.pending()[0]!.messageId, 'void', 'CONTENT_TOO_LARGE')
  assert.is((await again.takeHeld()).length, 1)
  assert.is(again.held().length, 0)
})

test('the application may mend void content, but not into what the ledger never takes', async () => {
  const claimed = claimDevice('Ed25519', seededRandom(12))
  const correctContent = (_: unknown, code: string) =>
    code === 'SEALING_REQUIRED'
      ? { contentKind: HEARTBEAT, content: NOTHING }
      : { contentKind: HEARTBEAT, content: Uint8Array.of(1) }
  const ports = { storage: new MortalStorage(), randomBytes: seededRandom(13), correctContent }
  const device = await createDevice(deviceOptions(claimed, 1), ports)
  await device.beginIncarnation(0, claimed.claimId)
  await sayAll(device, [temperature(1), temperature(2)])
  const [first, second] = device.pending()
  const mended = await device.settle(first!.messageId, 'void', 'SEALING_REQUIRED')
  assert.ok(mended.ok && mended.value.kind === 'said-again')
  const held = await device.settle(second!.messageId, 'void', 'CONTENT_MALFORMED')
  assert.ok(held.ok && held.value.kind === 'held')
})

test('a new incarnation says what was pending anew, under the key that was prepared', async () => {
  const claimed = claimDevice('Ed25519', seededRandom(14))
  const storage = new MortalStorage()
  const device = await startDevice(claimed, 1, storage)
  await sayAll(device, [temperature(1), temperature(2)])
  const act = new Uint8Array(32).fill(5)
  assert.equal(await device.beginIncarnation(1, act), {
    ok: false,
    fault: 'INCARNATION_KEY_MISSING'
  })
  const prepared = await device.prepareIncarnation()
  assert.equal(await device.prepareIncarnation(), prepared)
  const again = await openDevice({ storage, randomBytes: seededRandom(15) })
  assert.equal(await again.prepareIncarnation(), prepared)
  assert.equal(await again.beginIncarnation(0, act), { ok: false, fault: 'INCARNATION_OLD' })
  assert.ok((await again.beginIncarnation(1, act)).ok)
  const messages = again.pending().map(({ wire }) => readDeviceMessageEnvelope(wire)!.message)
  assert.equal(
    messages.map(({ incarnation, sequence }) => [incarnation, sequence]),
    [
      [1, 1],
      [1, 2]
    ]
  )
  assert.equal(messages[0]?.previousMessageId, act)
  assert.equal(await again.beginIncarnation(1, act), { ok: false, fault: 'INCARNATION_OLD' })
})

test('a claim that turns out another may be begun instead while nothing was signed', async () => {
  const claimed = claimDevice('Ed25519', seededRandom(16))
  const device = await startDevice(claimed, 1)
  assert.ok((await device.beginIncarnation(0, new Uint8Array(32).fill(1))).ok)
  assert.ok((await device.beginIncarnation(0, claimed.claimId)).ok)
  const wires = await sayAll(device, [temperature(1)])
  assert.is(claimed.ledger.execute(wires)[0]?.outcome, 'applied')
  assert.equal(await device.beginIncarnation(0, claimed.claimId), {
    ok: false,
    fault: 'INCARNATION_OLD'
  })
})

test('a record is never overwritten by a first one, and damage is told, not guessed at', async () => {
  const claimed = claimDevice('Ed25519', seededRandom(17))
  const storage = new MortalStorage()
  const ports = { storage, randomBytes: seededRandom(18) }
  assert.is(await codeOf(openDevice(ports)), 'RECORD_MISSING')
  const device = await startDevice(claimed, 1, storage)
  await sayAll(device, [temperature(1)])
  assert.is(await codeOf(createDevice(deviceOptions(claimed, 1), ports)), 'RECORD_EXISTS')
  const record = (await storage.read())!
  for (let position = 0; position < record.length; position += 7) {
    const damaged = record.slice()
    damaged[position]! ^= 0x10
    await storage.write(damaged)
    assert.is(await codeOf(openDevice(ports)), 'RECORD_DAMAGED')
  }
  await storage.write(record)
  assert.is((await openDevice(ports)).pending().length, 1)
})

test('a device whose write failed signs and sends nothing until it is opened anew', async () => {
  const storage = new MortalStorage()
  const device = await startDevice(claimDevice('Ed25519', seededRandom(19)), 1, storage)
  storage.fates.push('dies-after')
  assert.is(await codeOf(device.say(HEARTBEAT, NOTHING)), 'RECORD_NOT_WRITTEN')
  assert.is(await codeOf(device.say(HEARTBEAT, NOTHING)), 'DEVICE_CLOSED')
  assert.equal(device.pending(), [])
  const again = await openDevice({ storage, randomBytes: seededRandom(20) })
  assert.is(again.pending().length, 1)
})

test('calls that come at once are carried out one after the other, a bounded number of them', async () => {
  const device = await startDevice(claimDevice('Ed25519', seededRandom(21)), 1)
  const calls = Array.from({ length: 70 }, () => device.say(HEARTBEAT, NOTHING))
  const results = await Promise.allSettled(calls)
  assert.is(results.filter(({ status }) => status === 'fulfilled').length, 64)
  const sequences = device
    .pending(100)
    .map(({ wire }) => readDeviceMessageEnvelope(wire)?.message.sequence)
  assert.equal(
    sequences,
    Array.from({ length: 64 }, (_, index) => index + 1)
  )
})

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise
    return 'NONE'
  } catch (error) {
    return error instanceof ClientError ? error.code : String(error)
  }
}

test.run()
