import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { DEVICE_STATUS, devices, toHex } from '../protocol/index.ts'
import { anchorOf, checkAcceptedReceipt, checkRead, checkReceipt } from './checks.ts'
import { createDevice, type Device } from './device.ts'
import { trustGenesis } from './ledger-follower.ts'
import { type ClaimedDevice, claimDevice, MortalStorage, seededRandom } from './testing/fixtures.ts'

const test = suite('checks')

const HEARTBEAT = 3

async function speakingDevice(seed: number): Promise<{ claimed: ClaimedDevice; device: Device }> {
  const claimed = claimDevice('Ed25519', seededRandom(seed))
  const device = await createDevice(
    {
      networkTag: claimed.ledger.networkTag,
      deviceId: claimed.birth.deviceId,
      signingKey: claimed.birth.secrets.signingKey,
      ratchetEvery: 1,
      genesisId: claimed.ledger.genesisId
    },
    { storage: new MortalStorage(), randomBytes: seededRandom(seed + 1) }
  )
  await device.beginIncarnation(0, claimed.claimId)
  for (let count = 0; count < 3; count++) await device.say(HEARTBEAT, new Uint8Array(0))
  return { claimed, device }
}

const faultOf = (verdict: { readonly ok: boolean; readonly fault?: string }): string =>
  verdict.ok ? 'NONE' : (verdict.fault ?? '')

test('a receipt proves an outcome, gives an anchor, and settles the message', async () => {
  const { claimed, device } = await speakingDevice(41)
  const { ledger } = claimed
  const network = trustGenesis(ledger.genesis)
  ledger.execute(device.pending().map(({ wire }) => wire))
  for (const { messageId } of device.pending()) {
    const checked = checkReceipt(network, messageId, ledger.receipt(messageId))
    assert.ok(checked.ok)
    if (!checked.ok) return
    assert.equal(checked.value.outcome, { outcome: 'applied', code: null })
    const anchor = anchorOf(checked.value)
    assert.is(anchor.height, ledger.height)
    assert.is(toHex(anchor.blockId), toHex(ledger.tipId))
    await device.adoptAnchor(anchor)
    assert.ok((await device.settle(messageId, 'applied', null)).ok)
  }
  await device.say(HEARTBEAT, new Uint8Array(0))
  const outcomes = ledger.execute(device.pending().map(({ wire }) => wire))
  assert.equal(outcomes, [{ outcome: 'applied', code: null }])
})

test('a receipt of another transaction, of another network, or with any byte changed is refused', async () => {
  const { claimed, device } = await speakingDevice(43)
  const { ledger } = claimed
  const network = trustGenesis(ledger.genesis)
  ledger.execute(device.pending().map(({ wire }) => wire))
  const [first, second] = device.pending()
  const receipt = ledger.receipt(first!.messageId)
  assert.is(
    faultOf(checkReceipt(network, second!.messageId, receipt)),
    'RECEIPT_OF_OTHER_TRANSACTION'
  )
  const other = trustGenesis({ ...ledger.genesis, networkId: 'other' })
  assert.is(faultOf(checkReceipt(other, first!.messageId, receipt)), 'HEADER_NETWORK_WRONG')
  for (let position = 0; position < receipt.length; position++) {
    const changed = new Uint8Array(receipt)
    changed[position]! ^= 1
    assert.not(checkReceipt(network, first!.messageId, changed).ok, `byte ${position}`)
  }
})

test('a read is proved at a final height, and so is that there is nothing', async () => {
  const { claimed } = await speakingDevice(45)
  const { ledger, birth } = claimed
  const network = trustGenesis(ledger.genesis)
  const place = { table: devices.number, key: birth.deviceId }
  const proof = ledger.readProof(place.table, place.key)
  const read = checkRead(network, place, proof)
  assert.ok(read.ok && read.value.value !== null)
  if (read.ok && read.value.value !== null)
    assert.is(devices.decode(read.value.value).status, DEVICE_STATUS.active)
  const nobody = { table: devices.number, key: new Uint8Array(32).fill(4) }
  const nothing = checkRead(network, nobody, ledger.readProof(nobody.table, nobody.key))
  assert.ok(nothing.ok && nothing.value.value === null)
  assert.is(faultOf(checkRead(network, nobody, proof)), 'READ_OF_OTHER_KEY')
  for (let position = 0; position < proof.length; position += 3) {
    const changed = new Uint8Array(proof)
    changed[position]! ^= 1
    assert.not(checkRead(network, place, changed).ok, `byte ${position}`)
  }
})

test('an accepted receipt binds a member to every byte of a transaction', async () => {
  const { claimed, device } = await speakingDevice(47)
  const { ledger } = claimed
  const network = trustGenesis(ledger.genesis)
  const messages = device.pending()
  const wires = messages.map(({ wire }) => wire)
  for (const [index, { messageId: transactionId, wire }] of messages.entries()) {
    const receipt = ledger.acceptedReceipt(wires, index)
    const checked = checkAcceptedReceipt(network, { transactionId, wire }, receipt)
    assert.ok(checked.ok && checked.value.count === 3)
    const respelt = new Uint8Array(wire)
    respelt[wire.length - 2]! ^= 1
    assert.is(
      faultOf(checkAcceptedReceipt(network, { transactionId, wire: respelt }, receipt)),
      'ACCEPTED_RECEIPT_PATH_WRONG'
    )
    for (let position = 0; position < receipt.length; position++) {
      const changed = new Uint8Array(receipt)
      changed[position]! ^= 1
      const verdict = checkAcceptedReceipt(network, { transactionId, wire }, changed)
      assert.not(verdict.ok, `byte ${position}`)
    }
  }
})

test('an accepted receipt of nobody, or of another network, is refused', async () => {
  const { claimed, device } = await speakingDevice(49)
  const { ledger } = claimed
  const { messageId: transactionId, wire } = device.pending()[0]!
  const receipt = ledger.acceptedReceipt([wire], 0)
  const [founder] = ledger.genesis.members
  const strangers = { ...ledger.genesis, members: [{ ...founder!, memberId: founder!.voteKey }] }
  const check = (network: ReturnType<typeof trustGenesis>): string =>
    faultOf(checkAcceptedReceipt(network, { transactionId, wire }, receipt))
  assert.is(check(trustGenesis(strangers)), 'BATCH_AUTHOR_UNKNOWN')
  const other = trustGenesis({ ...ledger.genesis, networkId: 'other' })
  assert.is(check(other), 'BATCH_SIGNATURE_FORGED')
})

test.run()
