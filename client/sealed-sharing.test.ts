import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  ascii,
  concatBytes,
  devices,
  type Grant,
  judgeTransaction,
  keyHash,
  publicKeyOf,
  type ReadersRecord,
  readDeviceMessageEnvelope,
  readers,
  senmlContent,
  toHex
} from '../protocol/index.ts'
import { encryptionKeyOf } from './device-keys.ts'
import { ownerKeyOf } from './owner.ts'
import { keyCommitmentOf } from './sealed-data.ts'
import { draftGrant, readerIdOf, wrapDataKey } from './sealed-grant.ts'
import { type OpenedMessage, type OpenMessageFault, SealedReader } from './sealed-reader.ts'
import { deviceDataKey, readerDataKey } from './sealed-records.ts'
import { LATE_MS, SealedWorld } from './testing/sealed-world.ts'

const test = suite('sharing sealed data')

const READING = 0
const ALARM = 1
const HEARTBEAT = 3
const NAME = 'heart-rate-of-the-patient'

function reading(value: number): Uint8Array {
  return senmlContent([{ n: NAME, u: 'beat/min', v: value }])
}

function readAll(
  reader: SealedReader,
  wires: readonly Uint8Array[]
): (OpenedMessage | OpenMessageFault)[] {
  return wires.map((wire) => {
    const opened = reader.open(wire)
    return opened.ok ? opened.value : opened.fault
  })
}

test('a reader granted at message 10 and removed at message 20 decrypts exactly those', async () => {
  const world = await SealedWorld.start(51)
  const [always, guest] = [world.drawReader(), world.drawReader()]
  const [owner, visitor] = [new SealedReader(always), new SealedReader(guest)]
  await world.grant([always])
  const said: Uint8Array[] = []
  for (let number = 1; number <= 30; number++) {
    if (number === 10) await world.grant([guest, always])
    if (number === 21) await world.grant([always])
    await world.adopt()
    await owner.adopt(world.grantRecords)
    const adopted = await visitor.adopt(world.grantRecords)
    assert.is(adopted.ok, number >= 10 && number <= 20)
    if (!adopted.ok) assert.is(adopted.fault, 'READER_UNKNOWN')
    said.push(await world.say(number % 5 === 0 ? ALARM : READING, reading(60 + number)))
  }
  assert.is(world.record.sequence, 30)
  const values = Array.from({ length: 30 }, (_, index) => toHex(reading(61 + index)))
  const seen = (reader: SealedReader): string[] =>
    readAll(reader, said).map((opened) =>
      typeof opened === 'string' ? opened : toHex(opened.content)
    )
  assert.equal(seen(owner), values)
  const missing = (count: number): string[] => Array(count).fill('DATA_KEY_MISSING')
  assert.equal(seen(visitor), [...missing(9), ...values.slice(9, 20), ...missing(10)])
})

test("the ledger's bytes searched for the plaintext or a key find nothing", async () => {
  const world = await SealedWorld.start(52)
  const reader = world.drawReader()
  await world.grant([reader])
  await world.adopt()
  for (let value = 1; value <= 5; value++) await world.say(READING, reading(value))
  const { ledger } = world.claimed
  const proofs = [devices, readers].map(({ number }) => ledger.readProof(number, world.deviceId))
  const bytes = toHex(concatBytes(...world.wires, ...proofs))
  const { bytes: dataKey } = await world.deviceKey()
  const secrets = [dataKey, reader.readerKey, reader.readerSecret]
  for (const secret of [ascii(NAME), ascii('beat/min'), reading(3), ...secrets])
    assert.is(bytes.includes(toHex(secret)), false)
  // The search itself finds what lies there openly.
  assert.ok(bytes.includes(toHex(readerIdOf(world.deviceId, reader.readerKey))))
  await world.device.speakClear()
  assert.ok(toHex(await world.say(READING, reading(3))).includes(toHex(ascii(NAME))))
})

test('a heartbeat is never sealed, and a reader passes clear content on as it is', async () => {
  const world = await SealedWorld.start(53)
  const clear = await world.say(READING, reading(1))
  await world.grant([])
  await world.adopt()
  const beat = await world.say(HEARTBEAT, new Uint8Array(0))
  assert.is(readDeviceMessageEnvelope(beat)?.message.dataKeyEpoch, 0)
  const reader = new SealedReader(world.drawReader())
  const [first, second] = readAll(reader, [clear, beat]) as OpenedMessage[]
  assert.equal([first?.content, second?.content], [reading(1), new Uint8Array(0)])
})

test('a key that does not fit its commitment is refused, whoever wrapped it', async () => {
  const world = await SealedWorld.start(54)
  const { networkTag, deviceId, randomBytes } = world
  const reader = world.drawReader()
  await world.grant([reader])
  const records = world.grantRecords
  const { dataKeyEpoch, keyCommitment } = records.device
  const place = { networkTag, deviceId, dataKeyEpoch, keyCommitment: keyCommitment! }
  const dataKey = randomBytes(32)
  const wrapped = await wrapDataKey(reader.readerKey, { place, dataKey }, randomBytes)
  assert.ok(wrapped.ok)
  if (!wrapped.ok) return
  const [wrap] = records.readers!.readers
  const forged: ReadersRecord = { ...records.readers!, readers: [{ ...wrap!, ...wrapped.value }] }
  const holder = { networkTag, deviceId, secret: reader.readerSecret }
  assert.equal(await readerDataKey(holder, reader.readerKey, { ...records, readers: forged }), {
    ok: false,
    fault: 'KEY_COMMITMENT_WRONG'
  })
  const other = { ...records.device, keyCommitment: keyCommitmentOf(dataKey) }
  assert.equal(await readerDataKey(holder, reader.readerKey, { ...records, device: other }), {
    ok: false,
    fault: 'KEY_WRAP_WRONG'
  })
})

test('swapped wraps, wraps of another epoch, device or network, and spoilt ones are refused', async () => {
  const world = await SealedWorld.start(55)
  const { networkTag, deviceId } = world
  const [one, two] = [world.drawReader(), world.drawReader()]
  await world.grant([one, two])
  const before = world.grantRecords
  await world.grant([one, two])
  const records = world.grantRecords
  const [first, second] = records.readers!.readers
  const wrong = { ok: false, fault: 'KEY_WRAP_WRONG' }
  const read = (
    changed: Partial<ReadersRecord>,
    holder: { readonly deviceId?: Uint8Array; readonly networkTag?: Uint8Array } = {}
  ): ReturnType<typeof readerDataKey> =>
    readerDataKey({ networkTag, deviceId, secret: one.readerSecret, ...holder }, one.readerKey, {
      ...records,
      readers: { ...records.readers!, ...changed }
    })
  assert.ok((await read({})).ok)
  const swapped = [
    { ...first!, enc: second!.enc, ciphertext: second!.ciphertext },
    { ...second!, enc: first!.enc, ciphertext: first!.ciphertext }
  ]
  assert.equal(await read({ readers: swapped }), wrong)
  assert.equal(await read({ readers: before.readers!.readers }), wrong)
  const spoilt = records.readers!.readers.map((wrap) => ({
    ...wrap,
    ciphertext: wrap.ciphertext.map((byte, index) => (index === 47 ? byte ^ 1 : byte))
  }))
  assert.equal(await read({ readers: spoilt }), wrong)
  assert.equal(await read({}, { networkTag: new Uint8Array(32) }), wrong)
  const unknown = { ok: false, fault: 'READER_UNKNOWN' }
  assert.equal(await read({}, { deviceId: new Uint8Array(32) }), unknown)
  const secret = world.claimed.birth.secrets.encryptionSecret
  const readersWrap = { ...records.readers!, deviceWrap: first! }
  const asDevice = { networkTag, deviceId, secret }
  assert.equal(await deviceDataKey(asDevice, { ...records, readers: readersWrap }), wrong)
})

test('records of before and after a grant give no key, nor do those of no grant at all', async () => {
  const world = await SealedWorld.start(56)
  const { networkTag, deviceId } = world
  const secret = world.claimed.birth.secrets.encryptionSecret
  const holder = { networkTag, deviceId, secret }
  assert.equal(await deviceDataKey(holder, world.grantRecords), {
    ok: false,
    fault: 'DATA_KEY_UNSET'
  })
  await world.grant([])
  const old = world.grantRecords
  await world.grant([])
  for (const records of [
    { ...old, device: world.record },
    { ...world.grantRecords, device: old.device },
    { ...old, readers: null }
  ])
    assert.equal(await deviceDataKey(holder, records), { ok: false, fault: 'GRANT_RECORDS_APART' })
})

test('a reader opens no message of another device, no spoilt one, and no other transaction', async () => {
  const world = await SealedWorld.start(57)
  const other = await SealedWorld.start(58)
  const keys = world.drawReader()
  await world.grant([keys])
  await world.adopt()
  const reader = new SealedReader(keys)
  await reader.adopt(world.grantRecords)
  const wire = await world.say(READING, reading(1))
  assert.ok(reader.open(wire).ok)
  const faultOf = (bytes: Uint8Array): string => readAll(reader, [bytes])[0] as string
  for (const position of [40, wire.length - 60, wire.length - 1]) {
    const spoilt = Uint8Array.from(wire)
    spoilt[position]! ^= 1
    assert.is(faultOf(spoilt), 'MESSAGE_MALFORMED')
  }
  assert.is(faultOf(await other.say(READING, reading(1))), 'MESSAGE_MALFORMED')
  assert.is(faultOf((await world.signGrant([])).wire), 'MESSAGE_MALFORMED')
  const stranger = new SealedReader({ ...keys, deviceId: new Uint8Array(32) }, reader.dataKeys)
  assert.is(readAll(stranger, [wire])[0], 'MESSAGE_OF_OTHER_DEVICE')
  const liar = new SealedReader(keys, [{ epoch: 1, bytes: new Uint8Array(32) }])
  assert.is(readAll(liar, [wire])[0], 'CONTENT_SEAL_WRONG')
})

test('nothing is granted to a weak key, to one reader twice, or to more than sixteen', async () => {
  const world = await SealedWorld.start(59)
  const { networkTag, deviceId, randomBytes } = world
  const device = { networkTag, deviceId, dataKeyEpoch: 0, ...world.ownership }
  const terms = (keys: readonly Uint8Array[]): Parameters<typeof draftGrant>[1] =>
    keys.map((readerKey) => ({ readerKey, notAfterMs: LATE_MS }))
  const key = world.drawReader().readerKey
  const many = Array.from({ length: 17 }, () => world.drawReader().readerKey)
  const faultOf = async (keys: readonly Uint8Array[]): Promise<string> => {
    const drafted = await draftGrant(device, terms(keys), randomBytes)
    return drafted.ok ? 'GRANTED' : drafted.fault
  }
  assert.is(await faultOf([new Uint8Array(32)]), 'PUBLIC_KEY_WEAK')
  assert.is(await faultOf([key, key]), 'READERS_WRONG')
  assert.is(await faultOf(many), 'READERS_WRONG')
  assert.is(await faultOf(many.slice(1)), 'GRANTED')
})

test('a grant has the size that its page says, and its owner key is the one whose turn it is', async () => {
  const world = await SealedWorld.start(60)
  const key = (seed: number): Uint8Array => encryptionKeyOf(new Uint8Array(32).fill(seed))
  const readersOf = (count: number): { readerKey: Uint8Array }[] =>
    Array.from({ length: count }, (_, index) => ({ readerKey: key(index + 1) }))
  const [small, large] = [await world.signGrant(readersOf(1)), await world.signGrant(readersOf(16))]
  // 183 for the prefix; a time of nine bytes in each wrap.
  assert.equal([small.wire.length, large.wire.length], [416, 2_081])
  const judged = judgeTransaction(large.wire, world.networkTag)
  assert.ok(judged.ok)
  if (!judged.ok) return
  const { ownerKey, nextOwnerKeyHash } = judged.value.body as Grant
  const { walletSeed } = world.claimed
  assert.equal(ownerKey, publicKeyOf(ownerKeyOf(walletSeed, world.deviceId, 2)))
  const next = publicKeyOf(ownerKeyOf(walletSeed, world.deviceId, 3))
  assert.equal(nextOwnerKeyHash, keyHash(next))
})

test.run()
