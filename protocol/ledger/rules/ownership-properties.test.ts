import * as fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { equalBytes } from '../../foundation/bytes.ts'
import { OwnedDevice } from '../../testing/owned-device.ts'
import { BUYER, GUARDIAN_TERMS, hashOf, ownerKey } from '../../testing/owned-device-keys.ts'
import { bytes32, seedKey, signTransaction } from '../../testing/rule-ledger.ts'
import { DEVICE_ID } from '../../testing/speaking-device.ts'
import { encodeGrant } from '../../transactions/grant.ts'
import { GUARDIAN_ACTS } from '../../transactions/guardian-act.ts'
import { encodeOwnerFork } from '../../transactions/owner-fork.ts'
import { encodePlainOwnerAct, PLAIN_OWNER_KINDS } from '../../transactions/plain-owner-act.ts'
import { encodeRotate } from '../../transactions/rotate.ts'
import type { Transaction } from '../../transactions/transaction.ts'
import { encodeTransferOffer } from '../../transactions/transfer-offer.ts'
import { readers } from '../records/reader-record.ts'

const test = suite('what ownership promises')

const HOUR_MS = 3_600_000
const RUNS = 150

type Step =
  | 'lost'
  | 'found'
  | 'transfer-cancel'
  | 'offer'
  | 'accept'
  | 'accept-absent'
  | 'replace-owner'
  | 'replace-absent'
  | 'recovery-cancel'
  | 'rotate'
  | 'grant'
  | 'thief'
  | 'message'
  | 'wait'
const STEPS: readonly Step[] = [
  'lost',
  'found',
  'transfer-cancel',
  'offer',
  'accept',
  'accept-absent',
  'replace-owner',
  'replace-absent',
  'recovery-cancel',
  'rotate',
  'grant',
  'thief',
  'message',
  'wait'
]

const OWN_ACTS: readonly Step[] = ['lost', 'found', 'offer', 'grant', 'rotate', 'transfer-cancel']

/** Two acts, shown as if they were one owner's lie. */
function accuse(first: Transaction, second: Transaction): Transaction {
  const signatureOf = ({ signatures }: Transaction): Uint8Array =>
    signatures[0]?.signature as Uint8Array
  const body = encodeOwnerFork({
    first: first.signedBody,
    firstSignature: signatureOf(first),
    second: second.signedBody,
    secondSignature: signatureOf(second)
  })
  return signTransaction(42, body, [])
}

/** Somebody who signs everything that the ledger gives them the keys for, in whatever order. */
class Household {
  readonly owned = new OwnedDevice({ ownership: { guardians: GUARDIAN_TERMS } })
  readonly acts: Transaction[] = []
  #offerId = bytes32(0)

  take(step: Step): Transaction | null {
    const { owned } = this
    switch (step) {
      case 'lost':
      case 'found':
      case 'transfer-cancel':
      case 'recovery-cancel':
        return this.#act(PLAIN_OWNER_KINDS[step], encodePlainOwnerAct(step, owned.prefix()))
      case 'offer': {
        const offer = this.#act(14, this.#offer())
        this.#offerId = offer.id
        return offer
      }
      case 'accept':
        return owned.accept(this.#offerId)
      case 'accept-absent':
        return owned.accept(this.#offerId, { presence: seedKey(7) })
      case 'replace-owner':
        return owned.guardianAct(GUARDIAN_ACTS.replaceOwner, [0, 1], { argument: bytes32(0x99) })
      case 'replace-absent': {
        const given = { argument: bytes32(0x98), presence: seedKey(7) }
        return owned.guardianAct(GUARDIAN_ACTS.replaceOwner, [0, 1], given)
      }
      case 'rotate': {
        const body = encodeRotate({ ...owned.prefix(), ...owned.rekeying() })
        return this.#act(19, body, true)
      }
      case 'grant':
        return this.#act(10, this.#grant())
      case 'thief':
        return this.#theft()
      case 'message':
        return owned.say()
      case 'wait':
        owned.wait(HOUR_MS)
        return null
    }
  }

  #act(kind: number, body: Uint8Array, isRekeying = false): Transaction {
    const act = this.owned.sign(kind, body, isRekeying ? this.owned.rotationSigners : [])
    this.acts.push(act)
    return act
  }

  #offer(): Uint8Array {
    const notAfterMs = this.owned.timeMs + 24 * HOUR_MS
    const terms = { buyerKeyHash: hashOf(BUYER), termsHash: bytes32(9), notAfterMs }
    return encodeTransferOffer({ ...this.owned.prefix(), ...terms })
  }

  #grant(): Uint8Array {
    const deviceWrap = { enc: bytes32(1), ciphertext: new Uint8Array(48) }
    const reader = { readerId: new Uint8Array(16), ...deviceWrap, notAfterMs: 1 }
    return encodeGrant({
      ...this.owned.prefix(),
      dataKeyEpoch: this.owned.device.dataKeyEpoch + 1,
      keyCommitment: bytes32(2),
      deviceWrap,
      readers: this.acts.length % 2 === 0 ? [reader] : []
    })
  }

  /** Whoever holds a key that was shown before signs with it again. */
  #theft(): Transaction {
    const { ownerSequence } = this.owned.ownership
    const stolen = ownerKey(ownerSequence)
    const prefix = { ...this.owned.prefix(), ownerKey: this.owned.prefix(0).ownerKey }
    const body = encodePlainOwnerAct('lost', prefix)
    return this.owned.signBy(stolen, PLAIN_OWNER_KINDS.lost, { body })
  }
}

const stories = fc.array(fc.constantFrom(...STEPS), { minLength: 1, maxLength: 40 })

test('without the presence of the device no key owns it that the one before did not commit to', () => {
  fc.assert(
    fc.property(stories, (story) => {
      const house = new Household()
      for (const step of story) {
        const before = house.owned.ownership
        const act = house.take(step)
        if (act === null) continue
        house.owned.play(act)
        const after = house.owned.ownership.ownerKeyHash
        if (equalBytes(after, before.ownerKeyHash)) continue
        const { body } = act
        const isCommitted = 'nextOwnerKeyHash' in body && equalBytes(after, body.nextOwnerKeyHash)
        assert.ok(isCommitted || step === 'accept', `${step} changed the owner`)
      }
    }),
    { numRuns: RUNS }
  )
})

/** Lives a story in which what is signed for a sequence stays what it is, however often it is sent. */
function liveHonestly(story: readonly Step[]): {
  readonly owned: OwnedDevice
  readonly acts: readonly Transaction[]
} {
  const house = new Household()
  const { owned } = house
  const signed = new Map<number, Transaction>()
  for (const step of story.filter((one) => OWN_ACTS.includes(one))) {
    const sequence = owned.ownership.ownerSequence + 1
    const act = signed.get(sequence) ?? (house.take(step) as Transaction)
    signed.set(sequence, act)
    owned.play(act)
    owned.play(act)
  }
  return { owned, acts: [...signed.values()] }
}

test('an owner that signs one act for each sequence is never proved to have signed two', () => {
  fc.assert(
    fc.property(stories, (story) => {
      const { owned, acts } = liveHonestly(story)
      for (const first of acts)
        for (const second of acts)
          assert.match(owned.play(accuse(first, second)), /^refused EVIDENCE_WRONG/)
    }),
    { numRuns: 40 }
  )
})

test('after a grant without a reader nobody is granted the data key that came with it', () => {
  fc.assert(
    fc.property(stories, (story) => {
      const house = new Household()
      for (const step of story) {
        const act = house.take(step)
        if (act === null || !house.owned.play(act).startsWith('applied')) continue
        if (act.body.kind !== 'grant') continue
        const record = house.owned.state.read(readers, DEVICE_ID)
        assert.equal(record?.readers, act.body.readers)
        assert.is(record?.dataKeyEpoch, house.owned.device.dataKeyEpoch)
      }
    }),
    { numRuns: RUNS }
  )
})

test.run()
