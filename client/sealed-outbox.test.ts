import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  ascii,
  createTaggedHash,
  decodeCbor,
  encodeCbor,
  readDeviceMessageEnvelope,
  senmlContent,
  toHex
} from '../protocol/index.ts'
import { openDevice } from './device.ts'
import { newOutbox } from './outbox.ts'
import { decodeOutboxRecord, encodeOutboxRecord } from './outbox-record.ts'
import type { DataKey } from './sealed-data.ts'
import { seededRandom } from './testing/fixtures.ts'
import { SealedWorld, share } from './testing/sealed-world.ts'

const test = suite('sealing devices')

const READING = 0
const HEARTBEAT = 3
const NAME = 'weight-of-the-owner'
const SECRET = toHex(ascii(NAME))

function reading(value: number): Uint8Array {
  return senmlContent([{ n: NAME, u: 'kg', v: value }])
}

function epochOf(wire: Uint8Array): number | undefined {
  return readDeviceMessageEnvelope(wire)?.message.dataKeyEpoch
}

function contentOf(wire: Uint8Array): string {
  return toHex(readDeviceMessageEnvelope(wire)?.content ?? new Uint8Array(0))
}

async function adoptTip({ device, claimed: { ledger } }: SealedWorld): Promise<void> {
  await device.adoptAnchor({ height: ledger.height, blockId: ledger.tipId })
}

test('content under a key that is old by its anchor is held, and sealed anew under the next one', async () => {
  const world = await SealedWorld.start(71)
  const { device } = world
  const { reader, grant } = await share(world)
  await world.adopt()
  await grant()
  await adoptTip(world)
  const said = await device.say(READING, reading(80))
  assert.ok(said.ok)
  assert.equal(await world.carry(), [{ outcome: 'void', code: 'DATA_KEY_OLD' }])
  assert.equal(device.held(), [
    { contentKind: READING, content: reading(80), code: 'DATA_KEY_OLD' }
  ])
  assert.equal(await device.say(READING, reading(81)), { ok: false, fault: 'DATA_KEY_MISSING' })
  const adopted = await device.adoptDataKey(await world.deviceKey())
  assert.ok(adopted.ok && adopted.value.length === 1)
  assert.is(device.held().length, 0)
  const [again] = device.pending()
  assert.is(epochOf(again!.wire), 2)
  assert.equal(await world.carry(), [{ outcome: 'applied', code: null }])
  const opened = reader.open(again!.wire)
  assert.ok(opened.ok)
  if (opened.ok) assert.equal(opened.value.content, reading(80))
})

test('content that is void under an old key is said again at once where a newer one is in force', async () => {
  const world = await SealedWorld.start(72)
  const { device } = world
  const { reader, grant } = await share(world)
  await world.adopt()
  await grant()
  await adoptTip(world)
  await device.say(READING, reading(80))
  await world.adopt()
  const [first] = device.pending()
  assert.equal(await world.carry(), [{ outcome: 'void', code: 'DATA_KEY_OLD' }])
  const [again] = device.pending()
  assert.equal([epochOf(first!.wire), epochOf(again!.wire)], [1, 2])
  await world.carry()
  assert.is(device.pending().length, 0)
  const opened = reader.open(again!.wire)
  assert.ok(opened.ok)
})

test('a message signed before the newer key still counts, and its reader still opens it', async () => {
  const world = await SealedWorld.start(73)
  const { device } = world
  const { reader, grant } = await share(world)
  await world.adopt()
  await device.say(READING, reading(80))
  await grant()
  await world.adopt()
  await device.say(READING, reading(81))
  const wires = device.pending().map(({ wire }) => wire)
  assert.equal(wires.map(epochOf), [1, 2])
  assert.ok((await world.carry()).every(({ outcome }) => outcome === 'applied'))
  assert.ok(wires.every((wire) => reader.open(wire).ok))
})

test('content said again shares no salt and no byte of ciphertext with what it was', async () => {
  const world = await SealedWorld.start(74)
  await share(world)
  await world.adopt()
  const { device } = world
  await device.adoptAnchor({ height: 1, blockId: new Uint8Array(16).fill(9) })
  await device.say(READING, reading(80))
  const [first] = device.pending()
  assert.equal(await world.carry(), [{ outcome: 'void', code: 'ANCHOR_FALSE' }])
  const [again] = device.pending()
  const [before, after] = [contentOf(first!.wire), contentOf(again!.wire)]
  assert.is(before.length, after.length)
  assert.is.not(before.slice(0, 32), after.slice(0, 32))
  assert.is.not(before.slice(32), after.slice(32))
})

test('a device that sealed never falls back to clear words: not in a new incarnation either', async () => {
  const world = await SealedWorld.start(75)
  await share(world)
  await world.adopt()
  const { device, storage } = world
  await device.say(READING, reading(80))
  await device.prepareIncarnation()
  assert.ok((await device.beginIncarnation(1, new Uint8Array(32).fill(5))).ok)
  assert.is(device.pending().length, 0)
  assert.is(device.held()[0]?.code, 'DATA_KEY_MISSING')
  assert.equal(await device.say(READING, reading(81)), { ok: false, fault: 'DATA_KEY_MISSING' })
  assert.ok((await device.say(HEARTBEAT, new Uint8Array(0))).ok)
  assert.is((await device.sayHeld()).length, 0)
  const again = await openDevice({ storage, randomBytes: seededRandom(1) })
  assert.equal(await again.say(READING, reading(81)), { ok: false, fault: 'DATA_KEY_MISSING' })
  const next: DataKey = { epoch: 3, bytes: new Uint8Array(32).fill(3) }
  const adopted = await again.adoptDataKey(next)
  assert.ok(adopted.ok && adopted.value.length === 1)
  const wires = again.pending().map(({ wire }) => wire)
  assert.equal(wires.map(epochOf), [0, 3])
  assert.is(
    wires.some((wire) => toHex(wire).includes(SECRET)),
    false
  )
})

test('a profile that requires sealing silences clear words at the first refusal', async () => {
  const world = await SealedWorld.start(76, { sealing: 1 })
  const { device } = world
  await device.say(READING, reading(80))
  assert.equal(await world.carry(), [{ outcome: 'void', code: 'SEALING_REQUIRED' }])
  assert.is(device.held()[0]?.code, 'SEALING_REQUIRED')
  assert.equal(await device.say(READING, reading(81)), { ok: false, fault: 'DATA_KEY_MISSING' })
  const { reader } = await share(world)
  await world.adopt()
  const [again] = device.pending()
  assert.equal(await world.carry(), [{ outcome: 'applied', code: null }])
  assert.ok(reader.open(again!.wire).ok)
  await device.speakClear()
  assert.ok((await device.say(READING, reading(82))).ok)
})

test('an older key, or another of the same epoch, is not taken', async () => {
  const world = await SealedWorld.start(77)
  const { device } = world
  const key = (epoch: number, byte = epoch): DataKey => ({
    epoch,
    bytes: new Uint8Array(32).fill(byte)
  })
  assert.ok((await device.adoptDataKey(key(2))).ok)
  const old = { ok: false, fault: 'DATA_KEY_OLD' }
  assert.equal(await device.adoptDataKey(key(1)), old)
  assert.equal(await device.adoptDataKey(key(2, 9)), old)
  assert.equal(await device.adoptDataKey(key(0)), old)
  assert.ok((await device.adoptDataKey(key(2))).ok)
  assert.ok((await device.adoptDataKey(key(5))).ok)
})

test('content that grows too large by its seal is refused before it is signed', async () => {
  const world = await SealedWorld.start(78)
  const large = senmlContent([{ n: 'x', vs: 'y'.repeat(8_160) }])
  assert.ok(large.length <= 8_192 && large.length + 32 > 8_192)
  assert.ok((await world.device.say(READING, large)).ok)
  await world.device.adoptDataKey({ epoch: 1, bytes: new Uint8Array(32) })
  assert.equal(await world.device.say(READING, large), { ok: false, fault: 'CONTENT_TOO_LARGE' })
})

test('a record keeps data keys as long as a message needs them, and one of format 1 is read', async () => {
  const world = await SealedWorld.start(79)
  const { device, storage } = world
  const key = (epoch: number): DataKey => ({ epoch, bytes: new Uint8Array(32).fill(0xa0 + epoch) })
  const holds = async (epoch: number): Promise<boolean> =>
    toHex((await storage.read())!).includes(toHex(key(epoch).bytes))
  await device.adoptDataKey(key(1))
  await device.say(READING, reading(1))
  await device.adoptDataKey(key(2))
  assert.equal([await holds(1), await holds(2)], [true, true])
  await device.settle(device.pending()[0]!.messageId, 'applied', null)
  assert.equal([await holds(1), await holds(2)], [false, true])
  const state = newOutbox({
    networkTag: new Uint8Array(32),
    deviceId: new Uint8Array(32),
    signingKey: { algorithm: 'Ed25519', bytes: new Uint8Array(32).fill(7) },
    ratchetEvery: 1,
    genesisId: new Uint8Array(32)
  })
  const record = decodeCbor(encodeOutboxRecord(state)) as Uint8Array[]
  const body = encodeCbor((decodeCbor(record[1]!) as Uint8Array[]).slice(0, 13))
  const checksum = createTaggedHash('tm/outbox/1')(body)
  const read = decodeOutboxRecord(encodeCbor([1, body, checksum]))!
  assert.is(toHex(encodeOutboxRecord(read)), toHex(encodeOutboxRecord(state)))
  assert.is(decodeOutboxRecord(encodeCbor([2, body, checksum])), undefined)
})

test.run()
