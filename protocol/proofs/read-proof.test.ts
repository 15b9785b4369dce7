import * as fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { devices } from '../ledger/records/device-record.ts'
import { vendors } from '../ledger/records/vendor-record.ts'
import { DIRECT, readOf, THROUGH_CHILD, TRUSTED } from '../testing/chain-proofs.ts'
import { CHAIN } from '../testing/core-state.ts'
import { decodeReadProof, encodeReadProof, judgeRead, type ReadProof } from './read-proof.ts'

const test = suite('read proofs')

const { vendorId, block2 } = CHAIN
const judge = (proof: ReadProof): string => {
  const judged = judgeRead(proof, TRUSTED)
  return judged.ok ? 'good' : judged.fault
}
const present = readOf()
const absent = readOf(new Uint8Array(32).fill(7))

test('a value that is there is proved, directly or through a descendant', () => {
  assert.ok(present.value)
  assert.is(judge(present), 'good')
  assert.is(judge({ ...present, finality: DIRECT }), 'good')
  assert.equal(present.value && vendors.decode(present.value).vendorSequence, 2)
})

test('that there is no value is proved too', () => {
  assert.is(absent.value, null)
  assert.is(judge(absent), 'good')
})

const FAULTS: readonly (readonly [why: string, fault: string, proof: ReadProof])[] = [
  ['another value', 'VALUE_DIFFERENT', { ...present, value: Uint8Array.of(1) }],
  ['a value said to be absent', 'VALUE_DIFFERENT', { ...present, value: null }],
  ['a value where there is none', 'VALUE_DIFFERENT', { ...absent, value: Uint8Array.of(1) }],
  ['another key', 'STATE_PROOF_WRONG', { ...present, key: new Uint8Array(32) }],
  ['another table', 'STATE_PROOF_WRONG', { ...present, table: devices.number }],
  [
    'another header',
    'STATE_PROOF_WRONG',
    { ...present, finality: { ...THROUGH_CHILD, headerBytes: block2.headerBytes, descendants: [] } }
  ],
  [
    'no finality',
    'FINALISATION_OF_OTHER_BLOCK',
    { ...present, finality: { ...DIRECT, descendants: [block2.headerBytes] } }
  ]
]

for (const [why, fault, proof] of FAULTS)
  test(`a read with ${why} proves nothing: ${fault}`, () => {
    assert.is(judge(proof), fault)
  })

test('the absence of one key is none of another that is there', () => {
  assert.is.not(judge({ ...absent, key: vendorId }), 'good')
})

test('reads come back from their bytes, and changed ones prove nothing', () => {
  for (const proof of [present, absent]) {
    const encoded = encodeReadProof(proof)
    const read = decodeReadProof(encoded)
    assert.is(read && judge(read), 'good')
    fc.assert(
      fc.property(
        fc.nat({ max: encoded.length - 1 }),
        fc.integer({ min: 1, max: 255 }),
        (at, mask) => {
          const changed = encoded.slice()
          changed[at] = (changed[at] as number) ^ mask
          const other = decodeReadProof(changed)
          if (other === undefined || judge(other) !== 'good') return
          // An absence is also that of any other key between the same neighbours.
          assert.is(proof, absent)
          assert.is(other.value, null)
        }
      ),
      { numRuns: 400 }
    )
  }
})

test.run()
