import * as fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  decodeCbor,
  encodeMotion,
  type Motion,
  PARAMETERS,
  plainTrustPolicy,
  readMotion
} from '../../protocol/index.ts'
import { motionFromJson, motionToJson } from './motion-json.ts'

const test = suite('motions in JSON')

const id = fc.uint8Array({ minLength: 32, maxLength: 32 })
const amount = fc.integer({ min: 0, max: 2 ** 40 })

const anyMotion: fc.Arbitrary<Motion> = fc.oneof(
  fc.record({ type: fc.constant('admit' as const), applicationId: id }),
  fc.record({ type: fc.constant('remove' as const), memberId: id, reasonHash: id }),
  fc.record({
    type: fc.constant('reweigh' as const),
    weights: fc.array(fc.record({ memberId: id, weight: fc.integer({ min: 1, max: 10_000 }) }), {
      minLength: 1,
      maxLength: 5
    }),
    isLargeMeant: fc.boolean()
  }),
  fc.record({
    type: fc.constant('change-parameter' as const),
    number: fc.integer({ min: 0, max: PARAMETERS.length - 1 }),
    value: amount
  }),
  fc.record({
    type: fc.constant('change-fault-model' as const),
    faultModel: fc.constantFrom('byzantine' as const, 'crash' as const)
  }),
  fc.record({
    type: fc.constant('change-trust-model' as const),
    subject: fc.constantFrom('members' as const, 'vendors' as const),
    policy: fc.constantFrom(
      plainTrustPolicy('vouch'),
      plainTrustPolicy('anchored', [{ key: new Uint8Array(32).fill(5), quota: 3 }]),
      {
        model: 'hybrid' as const,
        ways: [['vouch' as const, 'anchored' as const], ['open-vote' as const]],
        roots: []
      }
    ),
    renewByMs: amount
  }),
  fc.record({
    type: fc.constant('upgrade' as const),
    protocolVersion: amount,
    activationHeight: amount
  }),
  fc.record({
    type: fc.constant('vendor-admit' as const),
    vendorId: id,
    birthCap: amount,
    claimsPerDay: amount,
    rateUnitsPerHour: amount,
    proofs: fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { maxLength: 4 })
  }),
  fc.record({ type: fc.constant('vendor-remove' as const), vendorId: id })
)

test('every motion that the ledger reads comes back from its JSON as it was', () => {
  fc.assert(
    fc.property(anyMotion, (motion) => {
      const wire = readMotion(decodeCbor(encodeMotion(motion)))
      assert.equal(motionFromJson(JSON.parse(JSON.stringify(motionToJson(motion)))), wire)
    })
  )
})

test('parameters go by their names, and what is left out has its plain meaning', () => {
  const number = PARAMETERS.findIndex(({ name }) => name === 'heartbeatMs')
  const argument = { name: 'heartbeatMs', value: 30_000 }
  assert.equal(motionFromJson({ type: 'change-parameter', argument }), {
    type: 'change-parameter',
    number,
    value: 30_000
  })
  const memberId = 'ab'.repeat(32)
  assert.equal(motionFromJson({ type: 'remove', argument: { memberId } }), {
    type: 'remove',
    memberId: new Uint8Array(32).fill(0xab),
    reasonHash: new Uint8Array(32)
  })
})

test('what is no motion is told of by its place', () => {
  const fault = (value: unknown): string => {
    const read = motionFromJson(value)
    return 'fault' in read ? read.fault : ''
  }
  assert.match(fault(null), /expected object/)
  assert.match(fault({ type: 'abolish', argument: {} }), /^type: /)
  assert.match(fault({ type: 'remove', argument: { memberId: 'xy' } }), /remove: memberId: /)
  assert.match(
    fault({ type: 'vendor-remove', argument: { vendorId: '00'.repeat(32), more: 1 } }),
    /vendor-remove: Unrecognized key/
  )
  const hybrid = { model: 'hybrid', ways: [['vouch', 'vouch']] }
  assert.match(
    fault({ type: 'change-trust-model', argument: { policy: hybrid, renewByMs: 0 } }),
    /bounds of the ledger/
  )
})

test.run()
