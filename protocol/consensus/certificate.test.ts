import * as fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type CborValue, decodeCbor, encodeCbor } from '../codec/cbor.ts'
import { fromHex, toHex } from '../foundation/bytes.ts'
import { createElectorate } from '../membership/electorate.ts'
import { buildTestChain } from '../testing/test-chain.ts'
import type { Epoch, MemberIndex, View } from '../types.ts'
import {
  type Certificate,
  createCertificate,
  decodeCertificate,
  encodeCertificate,
  judgeCertificate
} from './certificate.ts'
import type { SignedVote } from './vote.ts'

const test = suite('certificates')

const { networkTag, electorate, block1, sign } = buildTestChain()
const VIEW = 2
const vote = (signer: number): SignedVote => sign('notarise', VIEW, block1, signer)
const bySigners = (...signers: readonly number[]): Certificate =>
  createCertificate(signers.map(vote))
const judge = (certificate: Certificate): string => {
  const judged = judgeCertificate(certificate, networkTag, electorate)
  return judged.ok ? 'good' : judged.fault
}
const weightOf = (signers: readonly number[]): number =>
  signers.reduce((sum, signer) => sum + (electorate.seats[signer]?.weight ?? 0), 0)

test('a set of members certifies exactly if its weight reaches the quorum', () => {
  assert.is(electorate.totalWeight, 7)
  assert.is(electorate.quorumWeight, 5)
  for (let bits = 1; bits < 16; bits++) {
    const signers = [0, 1, 2, 3].filter((index) => bits & (1 << index))
    const verdict = weightOf(signers) >= 5 ? 'good' : 'CERTIFICATE_UNDERWEIGHT'
    assert.is(judge(bySigners(...signers)), verdict, signers.join())
  }
})

test('every kind of vote is certified, a nullification without a subject', () => {
  for (const kind of ['notarise', 'nullify', 'finalise'] as const) {
    const block = kind === 'nullify' ? null : block1
    const certificate = createCertificate([0, 1, 2, 3].map((i) => sign(kind, VIEW, block, i)))
    assert.is(judge(certificate), 'good')
    const read = decodeCertificate(encodeCertificate(certificate))
    assert.equal(read, certificate)
  }
})

test('a stranger is refused before anything is weighed', () => {
  const { signatures, vote: said } = bySigners(0)
  const [first] = signatures
  const stranger = { signer: 4 as MemberIndex, signature: first?.signature ?? new Uint8Array(64) }
  assert.is(
    judge({ vote: said, signatures: [...signatures, stranger] }),
    'CERTIFICATE_SIGNER_UNKNOWN'
  )
})

test('one forged signature spoils a quorum, also one that the quorum would not need', () => {
  const { signatures, vote: said } = bySigners(0, 1, 2, 3)
  for (const index of signatures.keys()) {
    const forged = signatures.map((one, at) =>
      at === index ? { ...one, signature: new Uint8Array(64) } : one
    )
    assert.is(judge({ vote: said, signatures: forged }), 'CERTIFICATE_SIGNATURE_FORGED')
  }
})

test('two members’ signatures exchanged are forged', () => {
  const { signatures, vote: said } = bySigners(0, 1, 2, 3)
  const signers = signatures.map(({ signer }) => signer)
  const turned = signers.map((signer, at) => ({
    signer,
    signature: signatures[(at + 1) % 4]?.signature ?? new Uint8Array(64)
  }))
  assert.is(judge({ vote: said, signatures: turned }), 'CERTIFICATE_SIGNATURE_FORGED')
})

test('signatures of one vote certify no other', () => {
  const { signatures, vote: said } = bySigners(0, 1, 2, 3)
  const subject = said.subject
  const others: readonly Certificate['vote'][] = [
    { ...said, kind: 'finalise' },
    { ...said, kind: 'nullify', subject: null },
    { ...said, view: 3 as View },
    { ...said, subject: subject && { ...subject, parentView: 1 as View } },
    { ...said, subject: subject && { ...subject, blockId: 'ab'.repeat(32) as never } }
  ]
  for (const other of others)
    assert.is(judge({ vote: other, signatures }), 'CERTIFICATE_SIGNATURE_FORGED')
})

test('another epoch is another electorate’s matter', () => {
  const certificate = bySigners(0, 1, 2, 3)
  const later = { ...certificate.vote, epoch: 1 as Epoch }
  assert.is(judge({ ...certificate, vote: later }), 'CERTIFICATE_EPOCH_WRONG')
})

test('another network, or another electorate of the same epoch, does not take it', () => {
  const certificate = bySigners(0, 1, 2, 3)
  const elsewhere = judgeCertificate(certificate, new Uint8Array(32), electorate)
  assert.equal(elsewhere, { ok: false, fault: 'CERTIFICATE_SIGNATURE_FORGED' })
  const reweighed = createElectorate({
    ...electorate,
    seats: electorate.seats.map((seat) => ({ ...seat, weight: 1 }))
  })
  const other = judgeCertificate(certificate, networkTag, reweighed)
  assert.equal(other, { ok: false, fault: 'CERTIFICATE_SIGNATURE_FORGED' })
})

test('the order in which votes came is of no matter', () => {
  assert.is(
    toHex(encodeCertificate(bySigners(3, 1, 0, 2))),
    toHex(encodeCertificate(bySigners(0, 1, 2, 3)))
  )
})

test('the bitmap names members by their bits, the lowest first', () => {
  const fields = decodeCbor(encodeCertificate(bySigners(0, 2, 3))) as readonly CborValue[]
  assert.equal(fields.slice(0, 4), [1, 0, VIEW, block1.header.parentView])
  assert.is(toHex(fields[4] as Uint8Array), block1.id)
  assert.is(toHex(fields[5] as Uint8Array), '0d')
  assert.is((fields[6] as readonly CborValue[]).length, 3)
})

const hex = (text: string): Uint8Array => fromHex(text) as Uint8Array
const MALFORMED: readonly (readonly [why: string, position: number, value: CborValue])[] = [
  ['a kind of nothing', 0, 0],
  ['a fourth kind', 0, 4],
  ['a notarisation without a parent view', 3, null],
  ['a notarisation without a block', 4, null],
  ['a nullification of a block', 0, 2],
  ['a block id of 31 bytes', 4, new Uint8Array(31)],
  ['a bitmap with an empty byte at its end', 5, hex('0f00')],
  ['an empty bitmap', 5, new Uint8Array(0)],
  ['a bitmap of no one', 5, hex('00')],
  ['a bit too many', 5, hex('1f')],
  ['a bit too few', 5, hex('07')],
  ['a bitmap of more than 512 members', 5, new Uint8Array(65).fill(1)],
  ['no signatures', 6, []],
  ['a signature of 63 bytes', 6, [1, 2, 3, 4].map(() => new Uint8Array(63))],
  ['a view that is text', 2, '2']
]

test('it is read in its one shape only', () => {
  const fields = decodeCbor(encodeCertificate(bySigners(0, 1, 2, 3))) as readonly CborValue[]
  assert.ok(decodeCertificate(encodeCbor(fields)))
  for (const [why, position, value] of MALFORMED)
    assert.is(decodeCertificate(encodeCbor(fields.with(position, value))), undefined, why)
  assert.is(decodeCertificate(encodeCbor(fields.slice(1))), undefined)
  assert.is(decodeCertificate(encodeCbor([...fields, 0])), undefined)
  assert.is(decodeCertificate(new Uint8Array(65_537)), undefined)
})

test('no member can stand in it twice, for the wire has one bit for each', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 8 }), (bitmap) => {
      const fields = decodeCbor(encodeCertificate(bySigners(0, 1, 2))) as readonly CborValue[]
      const count = [...bitmap].reduce(
        (sum, byte) => sum + byte.toString(2).replaceAll('0', '').length,
        0
      )
      const signatures = Array.from({ length: count }, () => new Uint8Array(64))
      const read = decodeCertificate(encodeCbor(fields.with(5, bitmap).with(6, signatures)))
      if (read === undefined) return assert.is(bitmap.at(-1), 0)
      const signers = read.signatures.map(({ signer }) => signer)
      assert.equal(
        signers,
        [...new Set(signers)].sort((a, b) => a - b)
      )
      assert.is(
        toHex(encodeCertificate(read)),
        toHex(encodeCbor(fields.with(5, bitmap).with(6, signatures)))
      )
    })
  )
})

test('changed bytes are no certificate, or are judged without a throw', () => {
  const encoded = encodeCertificate(bySigners(0, 1, 2, 3))
  for (let position = 0; position < encoded.length; position++) {
    const changed = encoded.slice()
    changed[position] = (changed[position] as number) ^ (1 << (position % 8))
    const read = decodeCertificate(changed)
    if (read !== undefined) assert.is.not(judge(read), 'good', `byte ${position}`)
  }
})

test.run()
