import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { BLOCK_FORMAT, blockIdOf, encodeBlockHeader } from '../../blocks/block.ts'
import { createListTree, listLeafHash } from '../../crypto/merkle.ts'
import { publicKeyOf } from '../../crypto/signing.ts'
import { compareBytes } from '../../foundation/bytes.ts'
import { OwnedDevice } from '../../testing/owned-device.ts'
import {
  bareSignature,
  deviceKey,
  hashOf,
  ownerKey,
  ROTATION
} from '../../testing/owned-device-keys.ts'
import { bytes32, NETWORK_TAG, signTransaction } from '../../testing/rule-ledger.ts'
import { DEVICE_ID, READING } from '../../testing/speaking-device.ts'
import { encodeDeviceFork } from '../../transactions/device-fork.ts'
import type { Inclusion } from '../../transactions/inclusion.ts'
import { encodeKeyExposed } from '../../transactions/key-exposed.ts'
import { encodeKeyMisuse } from '../../transactions/key-misuse.ts'
import { encodeOwnerFork } from '../../transactions/owner-fork.ts'
import { encodePlainOwnerAct } from '../../transactions/plain-owner-act.ts'
import { encodeRotate } from '../../transactions/rotate.ts'
import type { Transaction } from '../../transactions/transaction.ts'
import type { Epoch, Height, View } from '../../types.ts'
import { encodeReceiptLeaf } from '../outcome.ts'
import { DEVICE_STATUS, QUARANTINE_REASONS } from '../records/device-record.ts'

const test = suite('evidence about devices')

const SAID = READING
const OTHER = new Uint8Array([0x01, 0x83, 0x58, 0x20, ...new Array<number>(32).fill(5), 1, 2])
const signatureOf = (transaction: Transaction): Uint8Array =>
  transaction.signatures[0]?.signature as Uint8Array

function fork(
  first: Transaction,
  second: Transaction,
  change: { readonly inclusion?: Inclusion; readonly secondSignature?: Uint8Array } = {}
): Transaction {
  const body = encodeDeviceFork({
    first: first.signedBody,
    firstSignature: signatureOf(first),
    second: second.signedBody,
    secondSignature: change.secondSignature ?? signatureOf(second),
    secondContent: new Uint8Array(0),
    inclusion: change.inclusion ?? null
  })
  return signTransaction(40, body, [])
}

function misuse(
  last: Transaction,
  stray: Transaction,
  inclusion: Inclusion | null = null
): Transaction {
  const straySignature = signatureOf(stray)
  const body = encodeKeyMisuse({
    last: last.signedBody,
    inclusion,
    stray: stray.signedBody,
    straySignature
  })
  return signTransaction(41, body, [])
}

/** Two messages of one sequence, the first of which the ledger took. */
function forked(profile: { readonly onFork?: number } = {}): {
  readonly owned: OwnedDevice
  readonly first: Transaction
  readonly second: Transaction
} {
  const owned = new OwnedDevice({ profile })
  const first = owned.say({ content: SAID })
  const second = owned.say({ content: OTHER })
  assert.is(owned.play(first), 'applied')
  return { owned, first, second }
}

/** The proof that a message counted, in a block of ten that the ledger remembers. */
function inclusionOf(
  owned: OwnedDevice,
  message: Transaction,
  code: string | null = null
): Inclusion {
  const leaves = Array.from({ length: 10 }, (_, index) =>
    listLeafHash(
      index === 3
        ? encodeReceiptLeaf(message.id, { outcome: code === null ? 'applied' : 'void', code })
        : bytes32(index)
    )
  )
  const tree = createListTree(leaves)
  const headerBytes = encodeBlockHeader({
    format: BLOCK_FORMAT,
    networkTag: NETWORK_TAG,
    epoch: 0 as Epoch,
    view: 1 as View,
    parentId: bytes32(1),
    parentView: 0 as View,
    height: 50 as Height,
    timeMs: 1,
    batchListRoot: bytes32(2),
    stateRoot: bytes32(3),
    receiptsRoot: tree.root,
    transactionCount: leaves.length,
    electorateHash: bytes32(4),
    seal: null
  })
  owned.remember(50, blockIdOf(headerBytes))
  return { height: 50, headerBytes, receiptsPath: tree.path(3), index: 3, code }
}

test('a clone that speaks after the ledger heard the device is the proof against its key', () => {
  const { owned, first, second } = forked()
  assert.is(owned.play(second), 'refused SEQUENCE_USED')
  const evidence = fork(first, second)
  assert.is(owned.play(evidence), 'applied')
  assert.is(owned.device.status, DEVICE_STATUS.quarantined)
  assert.equal(owned.device.quarantine, {
    reason: QUARANTINE_REASONS.fork,
    untilMs: 0,
    evidenceId: evidence.id
  })
  assert.is(owned.play(owned.say()), 'waits DEVICE_STOPPED')
  assert.is(owned.play(fork(first, second)), 'refused EVIDENCE_COUNTED')
})

test('one message carried twice, a forged one, and one of another key prove nothing', () => {
  const { owned, first, second } = forked()
  assert.is(owned.play(fork(first, first)), 'refused EVIDENCE_WRONG')
  const secondSignature = signatureOf(first)
  assert.is(owned.play(fork(first, second, { secondSignature })), 'refused EVIDENCE_WRONG')
  const stranger = owned.say({ sequence: 1, key: 9, content: OTHER })
  assert.is(owned.play(fork(first, stranger)), 'refused EVIDENCE_WRONG')
  const next = owned.say()
  assert.is(owned.play(fork(first, next)), 'refused EVIDENCE_WRONG')
  assert.is(owned.play(fork(second, first)), 'refused EVIDENCE_WRONG', 'the ledger knows no second')
  assert.is(owned.device.status, DEVICE_STATUS.active)
})

test('where the ledger has neither, the lesser id is the first, so there is one proof', () => {
  const owned = new OwnedDevice()
  const pair = [owned.say({ content: SAID }), owned.say({ content: OTHER })].sort((a, b) =>
    compareBytes(a.id, b.id)
  ) as [Transaction, Transaction]
  assert.is(owned.play(fork(pair[1], pair[0])), 'refused EVIDENCE_WRONG')
  assert.is(owned.play(fork(pair[0], pair[1])), 'applied')
})

test('an old message convicts too, as long as a block that the ledger remembers holds it', () => {
  const { owned, first, second } = forked()
  assert.is(owned.play(owned.say()), 'applied')
  assert.is(owned.play(fork(first, second)), 'refused EVIDENCE_WRONG')
  const inclusion = inclusionOf(owned, first)
  const moved = { ...inclusion, index: 4 }
  assert.is(owned.play(fork(first, second, { inclusion: moved })), 'refused EVIDENCE_WRONG')
  const elsewhere = { ...inclusion, height: 51 }
  assert.is(owned.play(fork(first, second, { inclusion: elsewhere })), 'refused EVIDENCE_WRONG')
  assert.is(owned.play(fork(first, second, { inclusion })), 'applied')
  const voided = forked()
  voided.owned.play(voided.owned.say())
  const asVoid = inclusionOf(voided.owned, voided.first, 'CONTENT_TOO_LARGE')
  const other = fork(voided.first, voided.second, { inclusion: asVoid })
  assert.is(voided.owned.play(other), 'applied')
})

test('marked instead of stopped, both branches go on, and no third is taken', () => {
  const { owned, first, second } = forked({ onFork: 0 })
  assert.is(owned.play(fork(first, second)), 'applied')
  assert.is(owned.device.status, DEVICE_STATUS.active)
  assert.equal(owned.device.rival?.headMessageId, second.id)
  const onRival = owned.say({ sequence: 2, previousMessageId: second.id, content: OTHER })
  assert.is(owned.play(onRival), 'applied')
  assert.equal(owned.device.rival?.headMessageId, onRival.id)
  assert.is(owned.play(owned.say()), 'applied')
  assert.is(owned.device.sequence, 2)
  const third = owned.say({ sequence: 1, previousMessageId: bytes32(0xaa), key: 1 })
  assert.is(owned.play(third), 'refused SEQUENCE_USED')
})

test('evidence of an incarnation that is over convicts nobody', () => {
  const { owned, first, second } = forked()
  const part = owned.rekeying()
  const rotate = encodeRotate({ ...owned.prefix(), ...part })
  assert.is(owned.play(owned.sign(19, rotate, owned.rotationSigners)), 'applied')
  assert.is(owned.play(fork(first, second)), 'refused INCARNATION_OLD')
})

test('a key that signs after its turn makes the device suspect, and stops nothing', () => {
  const owned = new OwnedDevice()
  const last = owned.say()
  assert.is(owned.play(last), 'applied')
  const stray = owned.say({ key: 1, content: OTHER })
  assert.is(owned.play(stray), 'refused SIGNING_KEY_WRONG')
  assert.is(owned.play(misuse(last, last)), 'refused EVIDENCE_WRONG')
  assert.is(owned.play(misuse(last, stray)), 'applied')
  assert.is(owned.device.suspectUntilMs, owned.timeMs + 86_400_000)
  assert.is(owned.play(misuse(last, stray)), 'refused EVIDENCE_COUNTED')
  assert.is(owned.play(owned.say()), 'applied')
})

test('a key that was to sign on is no stray, and neither is one of which nothing is known', () => {
  const owned = new OwnedDevice()
  const staying = owned.say({ nextSigningKeyHash: hashOf(deviceKey(1)) })
  assert.is(owned.play(staying), 'applied')
  const next = owned.say({ key: 1 })
  assert.is(owned.play(misuse(staying, next)), 'refused EVIDENCE_WRONG')
  assert.is(owned.play(next), 'applied')
  const later = owned.say({ key: 1 })
  const inclusion = inclusionOf(owned, next)
  assert.is(
    owned.play(misuse(next, later, { ...inclusion, code: 'X' })),
    'applied',
    'it is the head'
  )
})

test('two acts under one reveal freeze transfers; two re-keyings stop the device', () => {
  const owned = new OwnedDevice()
  const prefix = owned.prefix()
  const first = owned.sign(16, encodePlainOwnerAct('lost', prefix))
  const second = owned.sign(17, encodePlainOwnerAct('found', prefix))
  const evidence = (a: Transaction, b: Transaction): Transaction =>
    signTransaction(
      42,
      encodeOwnerFork({
        first: a.signedBody,
        firstSignature: signatureOf(a),
        second: b.signedBody,
        secondSignature: signatureOf(b)
      }),
      []
    )
  assert.is(owned.play(first), 'applied')
  assert.is(owned.play(evidence(first, first)), 'refused EVIDENCE_WRONG')
  assert.is(owned.play(evidence(second, first)), 'refused EVIDENCE_WRONG')
  assert.is(owned.play(evidence(first, second)), 'applied')
  assert.is(owned.ownership.transferFrozenUntilMs, owned.timeMs + 86_400_000)
  assert.is(owned.play(evidence(first, second)), 'refused EVIDENCE_COUNTED')
  assert.is(owned.device.status, DEVICE_STATUS.active)

  const other = new OwnedDevice()
  const rotation = (byte: number): Transaction => {
    const part = other.rekeying({ newEncryptionKey: bytes32(byte) })
    return other.sign(19, encodeRotate({ ...other.prefix(), ...part }), other.rotationSigners)
  }
  const pair = [rotation(1), rotation(2)].sort((a, b) => compareBytes(a.id, b.id))
  assert.is(other.play(evidence(pair[0] as Transaction, pair[1] as Transaction)), 'applied')
  assert.is(other.device.quarantine?.reason, QUARANTINE_REASONS.rotationFork)
})

test('a rotation key that is shown counts no more, unless the owner would be left without enough', () => {
  const owned = new OwnedDevice()
  const show = (index: number, key = ROTATION[index]): Transaction => {
    assert.ok(key)
    const shown = { deviceId: DEVICE_ID, incarnation: 2, index }
    const body = encodeKeyExposed({ ...shown, key: publicKeyOf(key) })
    return signTransaction(44, body, [{ role: 'exposed', key }])
  }
  assert.is(owned.play(show(0, ownerKey(5))), 'refused EVIDENCE_WRONG')
  assert.is(owned.play(show(0)), 'applied')
  assert.is(owned.ownership.exposedMask, 1)
  assert.is(owned.play(show(0)), 'refused EVIDENCE_COUNTED')
  const part = owned.rekeying()
  const rotate = encodeRotate({ ...owned.prefix(), ...part })
  assert.is(owned.play(owned.sign(19, rotate, owned.rotationSigners)), 'void ROTATION_KEYS_WRONG')
  assert.is(owned.play(show(1)), 'applied')
  assert.is(owned.ownership.exposedMask, 1, 'two of three are needed')
})

test('a carrier pays for what strangers hand it', () => {
  const { owned, first, second } = forked()
  const signature = bareSignature(deviceKey(1), second.signedBody, { kind: 1, role: 'device' })
  assert.equal(signature, signatureOf(second))
  for (let count = 0; count < 40; count++) owned.play(fork(first, first))
  assert.is(owned.play(fork(first, second)), 'applied', 'what is refused costs nothing')
})

test.run()
