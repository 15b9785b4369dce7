import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { publicKeyOf } from '../../crypto/signing.ts'
import { OwnedDevice } from '../../testing/owned-device.ts'
import {
  BUYER,
  deviceKey,
  GUARDIAN_TERMS,
  hashOf,
  ownerKey
} from '../../testing/owned-device-keys.ts'
import { bytes32, seedKey, VENDOR_ID } from '../../testing/rule-ledger.ts'
import { DEVICE_ID } from '../../testing/speaking-device.ts'
import { encodeControllersSet } from '../../transactions/controllers-set.ts'
import { encodeGrant, type Grant } from '../../transactions/grant.ts'
import { encodeGuardiansSet } from '../../transactions/guardians-set.ts'
import { encodePlainOwnerAct, PLAIN_OWNER_KINDS } from '../../transactions/plain-owner-act.ts'
import type { ProfileOverlay } from '../../transactions/profile.ts'
import { encodeProfileSet } from '../../transactions/profile-set.ts'
import { encodeQuarantine } from '../../transactions/quarantine.ts'
import { encodeRemediate } from '../../transactions/remediate.ts'
import { encodeRetire } from '../../transactions/retire.ts'
import type { Transaction } from '../../transactions/transaction.ts'
import { encodeTransferOffer } from '../../transactions/transfer-offer.ts'
import { controllers } from '../records/controller-record.ts'
import { DEVICE_STATUS } from '../records/device-record.ts'
import { readers } from '../records/reader-record.ts'

const test = suite('owner acts')

const HOUR_MS = 3_600_000
const NOTHING_SAID: ProfileOverlay = {
  sealing: null,
  signatureSuites: null,
  ratchetEvery: null,
  inlineBytesMax: null,
  rateBurst: null,
  ratePerHour: null,
  silenceMaxMs: null,
  anchorAgeMaxMs: null,
  speedMaxMetresPerSecond: null,
  regions: null,
  attestLevel: null,
  attestEveryMs: null,
  onFork: null,
  heuristicQuarantine: null,
  readersMax: null,
  firmwareConsent: null,
  verdictsMin: null
}

const plain = (owned: OwnedDevice, kind: keyof typeof PLAIN_OWNER_KINDS): Transaction =>
  owned.sign(PLAIN_OWNER_KINDS[kind], encodePlainOwnerAct(kind, owned.prefix()))
const offer = (owned: OwnedDevice, change: { readonly notAfterMs?: number } = {}): Transaction =>
  owned.sign(
    14,
    encodeTransferOffer({
      ...owned.prefix(),
      buyerKeyHash: hashOf(BUYER),
      termsHash: bytes32(9),
      notAfterMs: owned.timeMs + HOUR_MS,
      ...change
    })
  )
const quarantine = (owned: OwnedDevice, untilMs: number): Transaction =>
  owned.sign(18, encodeQuarantine({ ...owned.prefix(), untilMs }))

function grant(owned: OwnedDevice, change: Partial<Grant> = {}): Transaction {
  const wrap = { enc: bytes32(1), ciphertext: new Uint8Array(48) }
  const body = encodeGrant({
    ...owned.prefix(),
    dataKeyEpoch: owned.device.dataKeyEpoch + 1,
    keyCommitment: bytes32(0x77),
    deviceWrap: wrap,
    readers: [1, 2].map((byte) => ({
      readerId: new Uint8Array(16).fill(byte),
      ...wrap,
      notAfterMs: 9
    })),
    ...change
  })
  return owned.sign(10, body)
}

test('the reveal counts, also where the act behind it is void', () => {
  const owned = new OwnedDevice()
  const cancel = plain(owned, 'transfer-cancel')
  assert.is(owned.play(cancel), 'void OFFER_NONE')
  assert.is(owned.ownership.ownerSequence, 1)
  assert.equal(owned.ownership.ownerHeadId, cancel.id)
  assert.equal(owned.ownership.ownerKeyHash, hashOf(ownerKey(2)))
  assert.is(owned.play(cancel), 'duplicate')
  assert.is(owned.play(plain(owned, 'lost')), 'applied')
})

test('an act out of turn waits, one of before and one by another key are refused', () => {
  const owned = new OwnedDevice()
  const ahead = owned.prefix(2)
  const later = owned.signBy(ownerKey(2), 16, { body: encodePlainOwnerAct('lost', ahead) })
  assert.is(owned.play(later), 'waits OWNER_SEQUENCE_AHEAD')
  const first = plain(owned, 'lost')
  const rival = plain(owned, 'found')
  assert.is(owned.play(first), 'applied')
  assert.is(owned.play(rival), 'refused OWNER_SEQUENCE_USED')
  const stranger = { ...owned.prefix(), ownerKey: publicKeyOf(ownerKey(40)) }
  const stolen = owned.signBy(ownerKey(40), 17, { body: encodePlainOwnerAct('found', stranger) })
  assert.is(owned.play(stolen), 'refused OWNER_KEY_WRONG')
  const again = { ...owned.prefix(), nextOwnerKeyHash: hashOf(ownerKey(2)) }
  const same = owned.sign(17, encodePlainOwnerAct('found', again))
  assert.is(owned.play(same), 'refused OWNER_KEY_REUSED')
})

test('acts in flight are executed in their order, and the budget makes them wait', () => {
  const owned = new OwnedDevice({ ownership: { ownerBucket: { tokens: 1, filledAtMs: 2 ** 44 } } })
  assert.is(owned.play(plain(owned, 'lost')), 'applied')
  assert.is(owned.play(plain(owned, 'found')), 'waits QUOTA_EMPTY')
  assert.is(owned.ownership.ownerSequence, 1)
})

test('nothing is done with a device that nobody knows, or that has ended', () => {
  const ended = new OwnedDevice({ device: { status: DEVICE_STATUS.retired } })
  assert.is(ended.play(plain(ended, 'lost')), 'refused DEVICE_ENDED')
  const owned = new OwnedDevice()
  const other = { ...owned.prefix(), deviceId: bytes32(0xee) }
  assert.is(
    owned.play(owned.sign(16, encodePlainOwnerAct('lost', other))),
    'refused DEVICE_UNKNOWN'
  )
})

test('a grant raises the data key, for readers in their order and no more than the profile allows', () => {
  const owned = new OwnedDevice()
  const epoch = owned.device.dataKeyEpoch
  assert.is(owned.play(grant(owned)), 'applied')
  assert.equal([owned.device.dataKeyEpoch, owned.device.keyCommitment], [epoch + 1, bytes32(0x77)])
  assert.is(owned.device.dataKeyRaisedAtHeight, owned.height - 1)
  assert.is(owned.state.read(readers, DEVICE_ID)?.readers.length, 2)
  assert.is(owned.play(grant(owned, { dataKeyEpoch: epoch + 1 })), 'void DATA_KEY_EPOCH_WRONG')
  const [one, two] = owned.state.read(readers, DEVICE_ID)?.readers ?? []
  assert.ok(one && two)
  assert.is(owned.play(grant(owned, { readers: [two, one] })), 'void READERS_WRONG')
  assert.is(owned.play(grant(owned, { readers: [one, one] })), 'void READERS_WRONG')
  const strict = new OwnedDevice({ profile: { readersMax: 1 } })
  assert.is(strict.play(grant(strict)), 'void READERS_WRONG')
  assert.is(strict.play(grant(strict, { readers: [] })), 'applied')
})

test('a controller that stays keeps its place; one that is new begins with none', () => {
  const owned = new OwnedDevice()
  const set = (...bytes: readonly number[]): Transaction =>
    owned.sign(
      11,
      encodeControllersSet({
        ...owned.prefix(),
        controllers: bytes.map((byte) => ({
          controllerKey: publicKeyOf(seedKey(byte)),
          notAfterMs: owned.timeMs + HOUR_MS
        }))
      })
    )
  const order = [101, 102, 103].sort((a, b) =>
    Buffer.compare(publicKeyOf(seedKey(a)), publicKeyOf(seedKey(b)))
  )
  const [first, second, third] = order as [number, number, number]
  assert.is(owned.play(set(second, first)), 'void CONTROLLERS_WRONG')
  assert.is(owned.play(set(first, second)), 'applied')
  const listed = owned.state.read(controllers, DEVICE_ID) ?? []
  const used = listed.map((one) => ({ ...one, commandSequence: 9 }))
  owned.state.write(controllers, DEVICE_ID, used)
  assert.is(owned.play(set(second, third)), 'applied')
  assert.equal(
    owned.state.read(controllers, DEVICE_ID)?.map(({ commandSequence }) => commandSequence),
    [9, 0]
  )
})

test('a profile is only ever tightened, and an updater is one of the class', () => {
  const owned = new OwnedDevice()
  const set = (overlay: Partial<ProfileOverlay>, version = 1, vendor = VENDOR_ID): Transaction =>
    owned.sign(
      12,
      encodeProfileSet({
        ...owned.prefix(),
        classVersion: version,
        updateVendorId: vendor,
        overlay: { ...NOTHING_SAID, ...overlay }
      })
    )
  assert.is(owned.play(set({ sealing: 1 })), 'applied')
  assert.is(owned.play(owned.say()), 'void SEALING_REQUIRED')
  assert.is(owned.play(set({}, 2)), 'void CLASS_VERSION_WRONG')
  assert.is(owned.play(set({}, 1, bytes32(7))), 'void AUTHORITY_UNKNOWN')
  assert.is(owned.play(set({ signatureSuites: 0 })), 'void PROFILE_EMPTY')
})

test('first guardians count at once, others after the delay of those before', () => {
  const owned = new OwnedDevice()
  const set = (change: Partial<typeof GUARDIAN_TERMS> | null): Transaction =>
    owned.sign(
      13,
      encodeGuardiansSet({
        ...owned.prefix(),
        guardians: change && { ...GUARDIAN_TERMS, ...change }
      })
    )
  for (const wrong of [{ threshold: 0 }, { threshold: 4 }, { count: 17 }, { delayMs: 1 }])
    assert.is(owned.play(set(wrong)), 'void GUARDIANS_WRONG')
  assert.is(owned.play(set({})), 'applied')
  assert.equal(owned.ownership.guardians, GUARDIAN_TERMS)
  assert.is(owned.play(set(null)), 'applied')
  assert.equal(owned.ownership.guardians, GUARDIAN_TERMS)
  owned.wait(HOUR_MS)
  assert.is(owned.play(plain(owned, 'lost')), 'applied')
  assert.is(owned.ownership.guardians, null)
})

test('one offer is open at a time, of a device in order, for a bounded time', () => {
  const owned = new OwnedDevice()
  assert.is(owned.play(offer(owned, { notAfterMs: owned.timeMs })), 'void OFFER_TIME_WRONG')
  assert.is(owned.play(offer(owned, { notAfterMs: 2 ** 50 })), 'void OFFER_TIME_WRONG')
  assert.is(owned.play(offer(owned)), 'applied')
  assert.is(owned.play(offer(owned)), 'void OFFER_OPEN')
  assert.is(owned.play(plain(owned, 'transfer-cancel')), 'applied')
  assert.is(owned.play(offer(owned)), 'applied')
  owned.wait(HOUR_MS)
  assert.is(owned.play(offer(owned)), 'applied', 'the one before is over')
  assert.is(owned.play(plain(owned, 'lost')), 'applied')
  assert.is(owned.ownership.openOffer, null)
  assert.is(owned.play(offer(owned)), 'void DEVICE_STOPPED')
  const frozen = new OwnedDevice({ ownership: { transferFrozenUntilMs: 2 ** 44 } })
  assert.is(frozen.play(offer(frozen)), 'void TRANSFER_FROZEN')
})

test('a lost device is not heard until it is found', () => {
  const owned = new OwnedDevice()
  assert.is(owned.play(plain(owned, 'found')), 'void DEVICE_NOT_LOST')
  assert.is(owned.play(plain(owned, 'lost')), 'applied')
  assert.is(owned.play(plain(owned, 'lost')), 'void DEVICE_LOST')
  const message = owned.say()
  assert.is(owned.play(message), 'waits DEVICE_STOPPED')
  assert.is(owned.play(plain(owned, 'found')), 'applied')
  assert.is(owned.play(message), 'applied')
})

test('an owner stops a device for a time and lets it go on; a stop by proof it cannot lift', () => {
  const owned = new OwnedDevice()
  assert.is(owned.play(quarantine(owned, 0)), 'void QUARANTINE_NOT_LIFTABLE')
  assert.is(owned.play(quarantine(owned, owned.timeMs + HOUR_MS)), 'applied')
  assert.is(owned.play(owned.say()), 'waits DEVICE_STOPPED')
  assert.is(owned.play(quarantine(owned, owned.timeMs + HOUR_MS)), 'void DEVICE_STOPPED')
  assert.is(owned.play(quarantine(owned, 0)), 'applied')
  assert.is(owned.play(quarantine(owned, owned.timeMs + HOUR_MS)), 'applied')
  owned.wait(HOUR_MS)
  assert.is(owned.play(owned.say()), 'applied', 'its time is up')
  assert.is(owned.device.status, DEVICE_STATUS.active)
  const proved = new OwnedDevice({
    device: {
      status: DEVICE_STATUS.quarantined,
      quarantine: { reason: 1, untilMs: 0, evidenceId: bytes32(3) }
    }
  })
  assert.is(proved.play(quarantine(proved, 0)), 'void QUARANTINE_NOT_LIFTABLE')
})

test('a wallet alone retires nothing', () => {
  const owned = new OwnedDevice()
  const alone = owned.sign(21, encodeRetire({ ...owned.prefix(), revealed: [] }))
  assert.is(owned.play(alone), 'void ROTATION_KEYS_WRONG')
  const { revealed } = owned.rekeying()
  const body = encodeRetire({ ...owned.prefix(), revealed })
  assert.is(owned.play(owned.sign(21, body, owned.rotationSigners)), 'applied')
  assert.is(owned.play(plain(owned, 'lost')), 'refused DEVICE_ENDED')
})

test('while a device is to show that it is clean, only what shows it has effect', () => {
  const owned = new OwnedDevice()
  const order = (releaseId: Uint8Array | null): Transaction =>
    owned.sign(24, encodeRemediate({ ...owned.prefix(), releaseId, deadlineMs: 2 ** 44 }))
  assert.is(owned.play(order(bytes32(1))), 'void RELEASE_UNKNOWN')
  const epoch = owned.device.dataKeyEpoch
  assert.is(owned.play(order(null)), 'applied')
  assert.equal([owned.device.dataKeyEpoch, owned.device.keyCommitment], [epoch + 1, null])
  assert.is(owned.play(order(null)), 'void DEVICE_STOPPED')
  assert.is(owned.play(owned.say({ key: 1 })), 'void KIND_NOT_ALLOWED')
  assert.equal(owned.device.signingKeyHash, hashOf(deviceKey(2)))
})

test.run()
