import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { judgeTransaction, type PrivateKey, publicKeyOf } from '../protocol/index.ts'
import {
  signBallot,
  signLeaveByRecovery,
  signMemberApply,
  signMemberLeave,
  signMemberRenew,
  signMotionOpen,
  signMotionWithdraw
} from './member.ts'

const test = suite('what a member signs')

const keyOf = (byte: number): PrivateKey => ({
  algorithm: 'Ed25519',
  bytes: new Uint8Array(32).fill(byte)
})
const networkTag = new Uint8Array(32).fill(7)
const signer = { networkTag, identity: keyOf(1) }
const hash = new Uint8Array(32)

test('every act is judged genuine, and keeps its fields', () => {
  const place = { region: 'eu', endpoints: ['/ip4/10.0.0.1/tcp/4001'], softwareHash: hash }
  const acts = [
    signMotionOpen(signer, {
      memberSequence: 5,
      motion: { type: 'change-fault-model', faultModel: 'crash' },
      notAfterMs: 9
    }),
    signBallot(signer, { memberSequence: 6, motionId: hash, choice: 1 }),
    signMotionWithdraw(signer, { memberSequence: 7, motionId: hash }),
    signMemberRenew(signer, { memberSequence: 8, ...place, proofs: [] }),
    signMemberLeave(signer, { memberSequence: 9 })
  ]
  for (const [index, { wire, transactionId }] of acts.entries()) {
    const judged = judgeTransaction(wire, networkTag)
    assert.ok(judged.ok)
    if (!judged.ok) continue
    const body = judged.value.body as { memberSequence?: number; memberId?: Uint8Array }
    assert.is(body.memberSequence, index + 5)
    assert.equal(body.memberId, publicKeyOf(signer.identity))
    assert.equal(judged.value.id, transactionId)
  }
})

test('an application is signed by identity and vote key, a recovery by the recovery key', () => {
  const apply = signMemberApply(signer, keyOf(2), {
    nextVoteKeyHash: hash,
    recoveryKeyHash: hash,
    operatorId: new Uint8Array(16),
    region: 'eu',
    endpoints: [],
    softwareHash: hash,
    proofs: []
  })
  const memberId = publicKeyOf(signer.identity)
  const leave = signLeaveByRecovery(keyOf(3), { networkTag, memberId })
  for (const { wire } of [apply, leave]) assert.ok(judgeTransaction(wire, networkTag).ok)
  assert.not.ok(judgeTransaction(apply.wire, new Uint8Array(32)).ok)
})

test.run()
