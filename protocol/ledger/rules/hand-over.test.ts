import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { publicKeyOf } from '../../crypto/signing.ts'
import { OwnedDevice } from '../../testing/owned-device.ts'
import {
  BUYER,
  GUARDIAN_TERMS,
  hashOf,
  ownerKey,
  ROTATION
} from '../../testing/owned-device-keys.ts'
import { bytes32, seedKey, signTransaction } from '../../testing/rule-ledger.ts'
import { DEVICE_ID } from '../../testing/speaking-device.ts'
import { type Command, encodeCommand } from '../../transactions/command.ts'
import { GUARDIAN_ACTS } from '../../transactions/guardian-act.ts'
import { encodePlainOwnerAct, PLAIN_OWNER_KINDS } from '../../transactions/plain-owner-act.ts'
import { encodeRecover, type Recover } from '../../transactions/recover.ts'
import type { Rekeying } from '../../transactions/rekeying.ts'
import { encodeRotate } from '../../transactions/rotate.ts'
import type { Transaction } from '../../transactions/transaction.ts'
import { encodeTransferOffer } from '../../transactions/transfer-offer.ts'
import { controllers } from '../records/controller-record.ts'
import { DEVICE_STATUS, type DeviceRecord, devices } from '../records/device-record.ts'
import { disputeKey, disputes } from '../records/dispute-record.ts'
import { readers } from '../records/reader-record.ts'

const test = suite('new keys, new owners, guardians and commands')

const HOUR_MS = 3_600_000
const NO_EVIDENCE = new Uint8Array(32)
const FORK = { status: 1, quarantine: { reason: 1, untilMs: 0, evidenceId: bytes32(0xe1) } }

const plain = (owned: OwnedDevice, kind: keyof typeof PLAIN_OWNER_KINDS): Transaction =>
  owned.sign(PLAIN_OWNER_KINDS[kind], encodePlainOwnerAct(kind, owned.prefix()))
const offer = (owned: OwnedDevice): Transaction =>
  owned.sign(
    14,
    encodeTransferOffer({
      ...owned.prefix(),
      buyerKeyHash: hashOf(BUYER),
      termsHash: bytes32(9),
      notAfterMs: owned.timeMs + 24 * HOUR_MS
    })
  )
const rotate = (owned: OwnedDevice, change: Partial<Rekeying> = {}): Transaction =>
  owned.sign(
    19,
    encodeRotate({ ...owned.prefix(), ...owned.rekeying(change) }),
    owned.rotationSigners
  )
const recover = (owned: OwnedDevice, change: Partial<Recover> = {}): Transaction =>
  owned.sign(
    20,
    encodeRecover({
      ...owned.prefix(),
      ...owned.rekeying(),
      evidenceId: NO_EVIDENCE,
      goodBranch: 0,
      disputedFromSequence: 0,
      reason: 1,
      ...change
    }),
    owned.rotationSigners
  )
const at = (device: Partial<DeviceRecord>): OwnedDevice => new OwnedDevice({ device })

test('a rotation begins an incarnation with new keys, and the old ones are worth nothing', () => {
  const owned = at({ suspectUntilMs: 9, evidenceMask: 2 })
  const before = owned.device
  const act = rotate(owned)
  const old = owned.say()
  assert.is(owned.play(act), 'applied')
  const { device, ownership } = owned
  assert.equal([device.incarnation, device.sequence], [before.incarnation + 1, 0])
  assert.equal(device.headMessageId, act.id)
  assert.equal([device.suspectUntilMs, device.evidenceMask, device.keyCommitment], [0, 0, null])
  assert.is(device.dataKeyEpochFirst, before.dataKeyEpoch + 1)
  assert.equal([ownership.rotationThreshold, ownership.encryptionKey], [1, bytes32(0x64)])
  assert.is(owned.play(old), 'refused INCARNATION_OLD')
  assert.is(owned.play(owned.say()), 'applied')
})

test('a stolen wallet alone re-keys nothing, and rotation keys alone do not either', () => {
  const owned = new OwnedDevice()
  const alone = encodeRotate({ ...owned.prefix(), ...owned.rekeying({ revealed: [] }) })
  assert.is(owned.play(owned.sign(19, alone)), 'void ROTATION_KEYS_WRONG')
  const thief = { ...owned.prefix(), ownerKey: publicKeyOf(ownerKey(50)) }
  const body = encodeRotate({ ...thief, ...owned.rekeying() })
  const others = owned.rotationSigners
  assert.is(owned.play(owned.signBy(ownerKey(50), 19, { body, others })), 'refused OWNER_KEY_WRONG')
})

test('the re-keying part is judged field by field', () => {
  const { revealed } = new OwnedDevice().rekeying()
  const [first, second] = revealed
  assert.ok(first && second)
  const cases: readonly (readonly [string, Partial<Rekeying>])[] = [
    ['INCARNATION_WRONG', { newIncarnation: 2 }],
    ['INCARNATION_WRONG', { newIncarnation: 4 }],
    ['ROTATION_KEYS_WRONG', { revealed: [second, first] }],
    ['ROTATION_KEYS_WRONG', { revealed: [first, { ...second, index: 2 }] }],
    ['ROTATION_KEYS_REUSED', { newRotationKeyHashes: [hashOf(ROTATION[0] as never)] }],
    ['ROTATION_KEYS_REUSED', { newRotationThreshold: 0 }],
    ['ROTATION_KEYS_REUSED', { newRotationThreshold: 3 }],
    ['ROTATION_KEYS_REUSED', { newRotationKeyHashes: [bytes32(2), bytes32(1)] }]
  ]
  for (const [code, change] of cases) {
    const owned = new OwnedDevice()
    const body = encodeRotate({ ...owned.prefix(), ...owned.rekeying(change) })
    const order = (change.revealed ?? revealed).map(({ key }) =>
      ROTATION.find((one) => Buffer.compare(publicKeyOf(one), key) === 0)
    )
    const signers = order.map((key) => ({ role: 'rotation', key: key as never }) as const)
    assert.is(owned.play(owned.sign(19, body, signers)), `void ${code}`)
  }
})

test('a stopped device is not rotated, but recovered', () => {
  for (const device of [FORK, { lost: 1 }, { status: 2 }]) {
    const owned = at(device)
    assert.is(owned.play(rotate(owned)), 'void DEVICE_STOPPED')
    assert.is(owned.play(recover(owned)), 'applied')
    assert.is(owned.device.status, DEVICE_STATUS.active)
  }
  const lost = at({ lost: 1 })
  assert.is(lost.play(recover(lost)), 'applied')
  assert.is(lost.device.lost, 1)
})

test('a recovery names its evidence and the good branch; the other is disputed for ever', () => {
  const forked = at({ ...FORK, sequence: 40 })
  const { incarnation } = forked.device
  assert.is(forked.play(recover(forked, { evidenceId: bytes32(1) })), 'void EVIDENCE_UNKNOWN')
  assert.is(forked.play(recover(forked, { disputedFromSequence: 1 })), 'void DISPUTE_WRONG')
  const tooFar = { goodBranch: 1, disputedFromSequence: 41 }
  assert.is(forked.play(recover(forked, tooFar)), 'void DISPUTE_WRONG')
  const { evidenceId } = FORK.quarantine
  const good = { evidenceId, goodBranch: 1, disputedFromSequence: 31 }
  assert.is(forked.play(recover(forked, good)), 'applied')
  assert.equal(forked.state.read(disputes, disputeKey(DEVICE_ID, incarnation)), {
    branch: 0,
    fromSequence: 31,
    atHeight: forked.height - 1
  })
  const whole = new OwnedDevice()
  assert.is(whole.play(recover(whole, { goodBranch: 1 })), 'void BRANCH_UNKNOWN')
})

test('after malware a device first shows that it is clean, and then gets new keys', () => {
  const owned = at(FORK)
  assert.is(owned.play(recover(owned, { reason: 3 })), 'applied')
  assert.is(owned.device.status, DEVICE_STATUS.remediating)
  const again = owned.rekeying({ newRotationKeyHashes: [bytes32(0x50)] })
  assert.is(again.newIncarnation, owned.device.incarnation + 1)
  const report = new Uint8Array([
    0x84,
    0x58,
    0x20,
    ...new Array<number>(32).fill(7),
    0,
    4,
    0x58,
    0x20,
    ...new Array<number>(32).fill(8)
  ])
  assert.is(owned.play(owned.say()), 'void KIND_NOT_ALLOWED')
  assert.is(owned.play(owned.say({ contentKind: 4, content: report })), 'applied')
  assert.equal([owned.device.remediation?.attested, owned.device.firmware.securityVersion], [1, 4])
  const lower = report.map((byte, index) => (index === 36 ? 3 : byte))
  assert.is(owned.play(owned.say({ contentKind: 4, content: lower })), 'applied')
  assert.is(owned.device.suspectUntilMs, owned.timeMs + 86_400_000)
})

test('a device changes hands by offer, buyer and presence, and nothing of the seller stays', () => {
  const owned = new OwnedDevice()
  const wrap = { enc: bytes32(1), ciphertext: new Uint8Array(48) }
  owned.state.write(readers, DEVICE_ID, { dataKeyEpoch: 5, deviceWrap: wrap, readers: [] })
  owned.state.write(controllers, DEVICE_ID, [])
  const open = offer(owned)
  assert.is(owned.play(owned.accept(open.id)), 'refused OFFER_NONE')
  assert.is(owned.play(open), 'applied')
  assert.is(owned.play(owned.accept(bytes32(1))), 'refused OFFER_NONE')
  assert.is(owned.play(owned.accept(open.id, { buyer: seedKey(99) })), 'refused OFFER_NONE')
  const thief = { presence: seedKey(62) }
  assert.is(owned.play(owned.accept(open.id, thief)), 'refused SIGNATURE_INVALID')
  const pending = plain(owned, 'lost')
  assert.is(owned.play(owned.accept(open.id)), 'applied')
  assert.is(owned.play(pending), 'refused OWNER_SEQUENCE_USED')
  assert.is(owned.play(owned.accept(open.id)), 'refused OFFER_NONE')
  const { ownership, device } = owned
  assert.equal(ownership.ownerKeyHash, hashOf(ownerKey(1_000)))
  assert.equal([ownership.openOffer, ownership.guardians, ownership.overlay], [null, null, null])
  assert.is(owned.state.read(readers, DEVICE_ID)?.dataKeyEpoch, 0)
  assert.equal([device.incarnation, device.sequence], [3, 0])
  assert.is(owned.play(owned.say()), 'applied')
})

test('whoever sells twice sells once: the first to accept has it', () => {
  const owned = new OwnedDevice()
  const first = offer(owned)
  assert.is(owned.play(first), 'applied')
  const second = offer(owned)
  assert.is(owned.play(second), 'void OFFER_OPEN')
  assert.is(owned.play(owned.accept(second.id)), 'refused OFFER_NONE')
  assert.is(owned.play(owned.accept(first.id)), 'applied')
})

test('a sale waits while the device is stopped or frozen, and as long as guardians may object', () => {
  const owned = new OwnedDevice({ ownership: { guardians: GUARDIAN_TERMS } })
  const open = offer(owned)
  assert.is(owned.play(open), 'applied')
  assert.is(owned.play(owned.accept(open.id)), 'waits TRANSFER_TOO_EARLY')
  owned.wait(HOUR_MS)
  const { device } = owned
  owned.state.write(devices, DEVICE_ID, { ...device, ...FORK })
  assert.is(owned.play(owned.accept(open.id)), 'waits DEVICE_STOPPED')
  owned.state.write(devices, DEVICE_ID, device)
  assert.is(owned.play(owned.accept(open.id)), 'applied')
})

test('one guardian cancels, enough mark a device lost, and replace a lost owner key after the delay', () => {
  const owned = new OwnedDevice({ ownership: { guardians: GUARDIAN_TERMS } })
  const { cancel, lost, replaceOwner } = GUARDIAN_ACTS
  assert.is(owned.play(owned.guardianAct(cancel, [0])), 'refused GUARDIAN_ACT_NONE')
  assert.is(owned.play(offer(owned)), 'applied')
  assert.is(owned.play(owned.guardianAct(cancel, [0])), 'applied')
  assert.is(owned.ownership.openOffer, null)
  assert.is(owned.play(owned.guardianAct(lost, [1])), 'refused GUARDIANS_TOO_FEW')
  const replayed = owned.guardianAct(lost, [1, 2], { sequence: 1 })
  assert.is(owned.play(replayed), 'refused GUARDIAN_SEQUENCE_USED')
  assert.is(owned.play(owned.guardianAct(lost, [1, 2])), 'applied')
  assert.is(owned.device.lost, 1)
  const argument = hashOf(ownerKey(2_000))
  const absent = owned.guardianAct(replaceOwner, [0, 2], { argument, presence: seedKey(1) })
  assert.is(owned.play(absent), 'refused SIGNATURE_INVALID')
  assert.is(owned.play(owned.guardianAct(replaceOwner, [0, 2], { argument })), 'applied')
  const heir = (): Transaction => {
    const prefix = { ...owned.prefix(), ownerKey: publicKeyOf(ownerKey(2_000)) }
    const body = encodePlainOwnerAct('found', prefix)
    return owned.signBy(ownerKey(2_000), 17, { body })
  }
  assert.is(owned.play(heir()), 'refused OWNER_KEY_WRONG', 'not before the delay')
  owned.wait(HOUR_MS)
  assert.is(owned.play(plain(owned, 'found')), 'refused OWNER_KEY_WRONG', 'the thief is too late')
  assert.is(owned.play(heir()), 'applied')
  assert.is(owned.ownership.pendingOwner, null)
})

test('an owner who is there cancels a recovery, unless all guardians are of one mind', () => {
  for (const [who, verdict] of [
    [[0, 1], 'applied'],
    [[0, 1, 2], 'void RECOVERY_NONE']
  ] as const) {
    const owned = new OwnedDevice({ ownership: { guardians: GUARDIAN_TERMS } })
    const act = owned.guardianAct(GUARDIAN_ACTS.replaceOwner, who, { argument: bytes32(1) })
    assert.is(owned.play(act), 'applied')
    assert.is(owned.play(plain(owned, 'recovery-cancel')), verdict)
  }
  const none = new OwnedDevice()
  assert.is(none.play(none.guardianAct(GUARDIAN_ACTS.lost, [0, 1])), 'refused GUARDIANS_NONE')
})

test('commands count once, in order, by controllers that are listed, and not for a stopped device', () => {
  const owned = new OwnedDevice()
  const key = seedKey(111)
  const bucket = { tokens: 20, filledAtMs: owned.timeMs }
  const controller = { controllerKey: publicKeyOf(key), commandSequence: 4, bucket }
  const until = owned.timeMs + HOUR_MS
  owned.state.write(controllers, DEVICE_ID, [{ ...controller, notAfterMs: until }])
  const command = (change: Partial<Command> = {}, by = key): Transaction =>
    signTransaction(
      33,
      encodeCommand({
        deviceId: DEVICE_ID,
        incarnation: 2,
        controllerKey: publicKeyOf(by),
        commandSequence: 5,
        notAfterMs: until,
        enc: bytes32(1),
        sealed: new Uint8Array(16),
        ...change
      }),
      [{ role: 'controller', key: by }]
    )
  assert.is(owned.play(command({ incarnation: 1 })), 'refused INCARNATION_OLD')
  assert.is(owned.play(command({}, seedKey(112))), 'refused CONTROLLER_UNKNOWN')
  assert.is(owned.play(command({ commandSequence: 4 })), 'refused COMMAND_SEQUENCE_USED')
  assert.is(owned.play(command({ notAfterMs: owned.timeMs })), 'refused COMMAND_EXPIRED')
  assert.is(owned.play(command()), 'applied')
  assert.is(owned.play(command()), 'refused COMMAND_SEQUENCE_USED')
  assert.is(owned.play(plain(owned, 'lost')), 'applied')
  assert.is(owned.play(command({ commandSequence: 6 })), 'waits DEVICE_STOPPED')
  assert.is(owned.play(plain(owned, 'found')), 'applied')
  owned.wait(HOUR_MS)
  const late = { commandSequence: 6, notAfterMs: until + HOUR_MS }
  assert.is(owned.play(command(late)), 'refused CONTROLLER_UNKNOWN')
})

test.run()
