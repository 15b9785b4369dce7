import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  decodeTransaction,
  devices,
  encodeDeviceFork,
  encodeTransaction,
  invariant,
  RATCHET_NEVER,
  type Transaction
} from '../protocol/index.ts'
import { type Device, openDevice } from './device.ts'
import {
  type ClaimedDevice,
  claimDevice,
  EASY_PROFILE,
  MortalStorage,
  seededRandom,
  startDevice,
  temperature
} from './testing/fixtures.ts'

const test = suite('a clone of a device')
const READING = 0
const QUARANTINED = 1

/** A device, and a copy of its record as it is after its first message has counted. */
async function cloned(ratchetEvery: number) {
  const profile = { ...EASY_PROFILE, ratchetEvery, onFork: 1 }
  const claimed = claimDevice('Ed25519', seededRandom(31), profile)
  const [storage, copied] = [new MortalStorage(), new MortalStorage()]
  const device = await startDevice(claimed, ratchetEvery, storage)
  assert.equal(outcomesOf(claimed, [await said(device, 1)]), ['applied'])
  await copied.write((await storage.read()) ?? new Uint8Array(0))
  const clone = await openDevice({ storage: copied, randomBytes: seededRandom(99) })
  return { claimed, device, clone }
}

/** The bytes of the message that a device signs next. */
async function said(device: Device, value: number): Promise<Uint8Array> {
  const verdict = await device.say(READING, temperature(value))
  invariant(verdict.ok, 'a device that began has something to say')
  return verdict.value.wire
}

function outcomesOf({ ledger }: ClaimedDevice, wires: readonly Uint8Array[]): readonly string[] {
  return ledger
    .execute(wires)
    .map(({ outcome, code }) => (code === null ? outcome : `${outcome} ${code}`))
}

/** The proof that two messages of one turn were signed under one key; the first is on the ledger. */
function forkOf({ ledger }: ClaimedDevice, first: Uint8Array, second: Uint8Array): Uint8Array {
  const [one, other] = [first, second].map((wire): Transaction => {
    const decoded = decodeTransaction(wire, ledger.networkTag)
    invariant(decoded.ok, 'a device signs what decodes')
    return decoded.value
  }) as [Transaction, Transaction]
  const signatureOf = ({ signatures }: Transaction): Uint8Array =>
    signatures[0]?.signature ?? new Uint8Array(64)
  const body = encodeDeviceFork({
    first: one.signedBody,
    firstSignature: signatureOf(one),
    second: other.signedBody,
    secondSignature: signatureOf(other),
    secondContent: other.attachment ?? new Uint8Array(0),
    inclusion: null
  })
  return encodeTransaction(body, [], null)
}

test('under a key that never turns it is heard until the genuine device speaks, and then both are stopped', async () => {
  const { claimed, device, clone } = await cloned(RATCHET_NEVER)
  const { deviceId } = claimed.birth
  const forged = [await said(clone, 100), await said(clone, 101)]
  assert.equal(outcomesOf(claimed, forged), ['applied', 'applied'], 'nothing tells the two apart')
  const genuine = [await said(device, 2), await said(device, 3)]
  assert.equal(
    outcomesOf(claimed, genuine),
    ['refused SEQUENCE_USED', 'refused SEQUENCE_USED'],
    'the genuine device finds its turns taken'
  )
  const [, last = forged[0]!] = forged
  assert.equal(outcomesOf(claimed, [forkOf(claimed, last, genuine[1]!)]), ['applied'])
  assert.is(claimed.ledger.read(devices, deviceId)?.status, QUARANTINED)
})

test('under a key that turns with each message a copy of yesterday cannot speak at the head', async () => {
  const { claimed, device, clone } = await cloned(1)
  const { deviceId } = claimed.birth
  assert.equal(outcomesOf(claimed, [await said(device, 2)]), ['applied'])
  const late = await said(clone, 100)
  const ahead = await said(clone, 101)
  assert.equal(outcomesOf(claimed, [late]), ['refused SEQUENCE_USED'])
  assert.equal(outcomesOf(claimed, [ahead]), ['refused CHAIN_BROKEN'])
  assert.equal(outcomesOf(claimed, [await said(device, 3)]), ['applied'], 'it goes on unharmed')
  assert.is(claimed.ledger.read(devices, deviceId)?.status, 0)
})

test.run()
