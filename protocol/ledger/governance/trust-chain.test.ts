import * as fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { concatBytes, toHex } from '../../foundation/bytes.ts'
import { certificateNamed, certifiedKey } from '../../testing/trust-certificates.ts'
import { vendorIdOf } from '../../transactions/vendor-set.ts'
import { readTrustCertificate } from './trust-certificate.ts'
import { judgeTrustChain, type TrustSubjectKey } from './trust-chain.ts'

const test = suite('certificate chains')

// The first moments of the years 2023, 2020 and 2120.
const TIME_MS = 1_672_531_200_000
const BEGIN_MS = 1_577_836_800_000
const END_MS = 4_733_510_400_000
const ROOTS = ['rootEd', 'rootP256'].map((name) => ({ key: certifiedKey(name), quota: 5 }))
const MEMBER: TrustSubjectKey = { subjectKey: certifiedKey('member') }

const judgeBytes = (
  proofs: readonly Uint8Array[],
  {
    timeMs = TIME_MS,
    subject = MEMBER,
    roots = ROOTS
  }: {
    readonly timeMs?: number
    readonly subject?: TrustSubjectKey
    readonly roots?: typeof ROOTS
  } = {}
): string => {
  const judged = judgeTrustChain(proofs, { ...subject, roots, timeMs })
  if (!judged.ok) return judged.fault
  return toHex(judged.value.key) === toHex(certifiedKey('rootEd')) ? 'rootEd' : 'rootP256'
}
const judge = (names: readonly string[], timeMs: number = TIME_MS): string =>
  judgeBytes(names.map(certificateNamed), { timeMs })

const CHAINS: readonly (readonly [why: string, verdict: string, names: readonly string[]])[] = [
  ['an Ed25519 root signed it', 'rootEd', ['memberByEd']],
  ['a P-256 root signed it', 'rootP256', ['memberByP256']],
  ['an intermediate stands between', 'rootEd', ['memberByIntermediate', 'intermediateEd']],
  [
    'a P-256 intermediate stands between',
    'rootP256',
    ['memberByIntermediateP256', 'intermediateP256']
  ],
  ['the root shows its own certificate too', 'rootEd', ['memberByEd', 'rootEdCert']],
  ['so does a P-256 root', 'rootP256', ['memberByP256', 'rootP256Cert']],
  ['there are no constraints on the member itself', 'rootEd', ['memberWithoutExtensions']],
  ['an unknown extension may be ignored', 'rootEd', ['memberUnknownIgnorable']],
  ['there is no certificate', 'ANCHOR_MISSING', []],
  ['it is about somebody else', 'ANCHOR_SUBJECT_WRONG', ['secondByEd']],
  ['the intermediate comes first', 'ANCHOR_SUBJECT_WRONG', ['intermediateEd', 'memberByEd']],
  ['it has expired', 'ANCHOR_EXPIRED', ['memberExpired']],
  ['it is not valid yet', 'ANCHOR_EXPIRED', ['memberNotYet']],
  ['its issuer has expired', 'ANCHOR_EXPIRED', ['memberByIntermediate', 'intermediateExpired']],
  [
    'its issuer is no authority',
    'ANCHOR_NOT_AUTHORITY',
    ['memberByIntermediate', 'intermediateNotCa']
  ],
  [
    'its issuer says nothing of being one',
    'ANCHOR_NOT_AUTHORITY',
    ['memberByIntermediate', 'intermediateNoBasic']
  ],
  [
    'its issuer may not sign certificates',
    'ANCHOR_NOT_AUTHORITY',
    ['memberByIntermediate', 'intermediateNoSign']
  ],
  [
    'one authority more than a path length allows stands between',
    'ANCHOR_NOT_AUTHORITY',
    ['memberByBelow', 'intermediateBelow', 'intermediatePath0']
  ],
  [
    'a path of no further authority is kept',
    'rootEd',
    ['memberByIntermediate', 'intermediatePath0']
  ],
  ['its issuer did not sign it', 'ANCHOR_SIGNATURE_WRONG', ['memberByEd', 'intermediateEd']],
  [
    'its issuer has a key of the other kind',
    'ANCHOR_SIGNATURE_WRONG',
    ['memberByEd', 'intermediateP256']
  ],
  ['a foreign root signed it', 'ANCHOR_ROOT_UNKNOWN', ['memberByForeign']],
  [
    'a foreign root shows its own certificate too',
    'ANCHOR_ROOT_UNKNOWN',
    ['memberByForeign', 'foreignCert']
  ],
  ['the intermediate is missing', 'ANCHOR_ROOT_UNKNOWN', ['memberByIntermediate']],
  ['an unknown extension is critical', 'ANCHOR_MALFORMED', ['memberUnknownCritical']],
  ['the signature is by RSA', 'ANCHOR_MALFORMED', ['memberByRsa']],
  ['the key is for RSA', 'ANCHOR_MALFORMED', ['rsaMember']],
  ['the key is of another curve', 'ANCHOR_MALFORMED', ['p384Member']],
  ['the hash is another', 'ANCHOR_MALFORMED', ['memberByP256Sha384']]
]

for (const [why, verdict, names] of CHAINS)
  test(`${verdict}: ${why}`, () => {
    assert.is(judge(names), verdict)
  })

test('a certificate holds from its first second to its last', () => {
  assert.is(judge(['memberByEd'], BEGIN_MS), 'rootEd')
  assert.is(judge(['memberByEd'], BEGIN_MS - 1), 'ANCHOR_EXPIRED')
  assert.is(judge(['memberByEd'], END_MS), 'rootEd')
  assert.is(judge(['memberByEd'], END_MS + 1), 'ANCHOR_EXPIRED')
})

test('only roots that are kept count', () => {
  const [ed, p256] = ROOTS
  assert.ok(ed && p256)
  const proofs = [certificateNamed('memberByEd')]
  assert.is(judgeBytes(proofs, { roots: [p256] }), 'ANCHOR_ROOT_UNKNOWN')
  assert.is(judgeBytes(proofs, { roots: [] }), 'ANCHOR_ROOT_UNKNOWN')
  assert.is(judgeBytes(proofs, { roots: [ed] }), 'rootEd')
})

test('a maker is certified by the only key of which its id is made', () => {
  const proofs = [certificateNamed('makerByEd')]
  const maker = certifiedKey('maker')
  const subject = { vendorId: vendorIdOf([maker], 1) }
  assert.is(judgeBytes(proofs, { subject }), 'rootEd')
  const two = { vendorId: vendorIdOf([maker, certifiedKey('second')], 1) }
  assert.is(judgeBytes(proofs, { subject: two }), 'ANCHOR_SUBJECT_WRONG')
})

test('what is no certificate is malformed: garbage, a piece of one, one with more after it', () => {
  const whole = certificateNamed('memberByEd')
  const others = [
    new Uint8Array(0),
    Uint8Array.of(0x30, 0x00),
    new Uint8Array(300).fill(0xff),
    whole.subarray(0, whole.length - 1),
    concatBytes(whole, Uint8Array.of(0))
  ]
  for (const bytes of others) assert.is(judgeBytes([bytes]), 'ANCHOR_MALFORMED')
})

test('the same certificate in BER is malformed: length in more bytes than needed, or indefinite', () => {
  const whole = certificateNamed('memberByEd')
  // SEQUENCE with a length of two bytes, 30 82 hh ll
  assert.equal([...whole.subarray(0, 2)], [0x30, 0x82])
  const content = whole.subarray(4)
  const long = concatBytes(
    Uint8Array.of(0x30, 0x83, 0, whole[2] as number, whole[3] as number),
    content
  )
  const indefinite = concatBytes(Uint8Array.of(0x30, 0x80), content, Uint8Array.of(0, 0))
  assert.is(judgeBytes([long]), 'ANCHOR_MALFORMED')
  assert.is(judgeBytes([indefinite]), 'ANCHOR_MALFORMED')
})

test('no byte of a chain can be another without it being refused', () => {
  const proofs = ['memberByIntermediate', 'intermediateEd'].map(certificateNamed)
  const place = fc.record({
    which: fc.nat({ max: 1 }),
    at: fc.nat({ max: 400 }),
    mask: fc.integer({ min: 1, max: 255 })
  })
  fc.assert(
    fc.property(place, ({ which, at, mask }) => {
      const spoilt = proofs.map((proof) => Uint8Array.from(proof))
      const der = spoilt[which] as Uint8Array
      const index = at % der.length
      der[index] = (der[index] as number) ^ mask
      assert.is.not(judgeBytes(spoilt), 'rootEd')
    }),
    { numRuns: 400 }
  )
})

test('no bytes make the reader throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
      assert.is(readTrustCertificate(bytes), undefined)
    })
  )
})

test.run()
