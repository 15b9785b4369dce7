import * as fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { toHex } from '../../protocol/index.ts'
import type { Submission } from '../ledger-service.ts'
import { decodeSubmission, encodeSubmission } from './submission-message.ts'

const test = suite('submissions between nodes')

const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 })
const code = fc.constantFrom('QUOTA_EMPTY', 'SIGNATURE_INVALID', 'X'.repeat(64))
const plain = { noNullPrototype: true }

const submission: fc.Arbitrary<Submission> = fc.oneof(
  fc.record(
    {
      kind: fc.constant('taken' as const),
      status: fc.record(
        {
          transactionId: bytes32,
          stage: fc.constantFrom('pooled', 'accepted', 'confirmed', 'final', 'dropped'),
          outcome: fc.option(fc.constantFrom('applied', 'void', 'duplicate', 'waits', 'refused')),
          code: fc.option(code),
          height: fc.option(fc.maxSafeNat()),
          timeMs: fc.option(fc.maxSafeNat())
        },
        plain
      ),
      acceptedReceipt: fc.option(fc.uint8Array({ minLength: 1, maxLength: 300 }))
    },
    plain
  ),
  fc.record(
    {
      kind: fc.constant('refused' as const),
      code,
      isStateless: fc.boolean(),
      transactionId: fc.option(bytes32)
    },
    plain
  ),
  fc.record({ kind: fc.constant('busy' as const), code, retryAfterMs: fc.nat() }, plain)
) as fc.Arbitrary<Submission>

/** One text for one value, whatever class its bytes are of. */
const textOf = (value: unknown): string =>
  JSON.stringify(value, (_, one) => (one instanceof Uint8Array ? toHex(one) : one))

test('every answer comes back from its bytes', () => {
  fc.assert(
    fc.property(submission, (answer) => {
      const read = decodeSubmission(encodeSubmission(answer))
      assert.is(textOf(sorted(read)), textOf(sorted(answer)))
    }),
    { numRuns: 300 }
  )
})

test('changed, cut and random bytes are no answer, or another one, and never thrown at', () => {
  fc.assert(
    fc.property(submission, fc.nat(), fc.nat({ max: 255 }), (answer, at, byte) => {
      const encoded = encodeSubmission(answer)
      const changed = new Uint8Array(encoded)
      changed[at % changed.length] = byte
      const read = decodeSubmission(changed)
      if (read !== undefined) assert.is(toHex(encodeSubmission(read)), toHex(changed))
      assert.is(decodeSubmission(encoded.subarray(0, at % encoded.length)), undefined)
    }),
    { numRuns: 500 }
  )
})

/** The same object with its names in order. */
function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, item]) => [name, sorted(item)])
  )
}

test.run()
