import * as fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { encodeBatch } from '../blocks/batch.ts'
import { type CborValue, decodeCbor, encodeCbor } from '../codec/cbor.ts'
import { concatBytes, toHex } from '../foundation/bytes.ts'
import { CHAIN } from '../testing/core-state.ts'
import type { Epoch, MemberIndex, View } from '../types.ts'
import {
  decodeMemberMessage,
  encodeCertificateMessage,
  encodeProposalMessage,
  encodeStatusMessage,
  encodeVoteMessage,
  JUSTIFICATION_MAX,
  type MemberMessage,
  type Status
} from './message.ts'
import { isVoteGenuine } from './vote.ts'

const test = suite('member messages')

const { networkTag, electorate, batch, block1, certify, sign } = CHAIN
const FROM = 2 as MemberIndex
const TO = 1 as MemberIndex
const proposal = {
  block: block1,
  vote: sign('notarise', 2, block1, FROM),
  justification: [certify('nullify', 1, null)]
}
const status: Status = {
  epoch: 0 as Epoch,
  view: 9 as View,
  finalView: 7 as View,
  height: 5,
  pendingBatches: 3,
  latestVoteOfYours: sign('notarise', 2, block1, TO),
  isQuestion: true,
  instance: 77,
  hasTwin: false
}

/** The wire form of whatever was read. */
function encodeAgain(message: MemberMessage): Uint8Array {
  if (message.kind === 'vote') return encodeVoteMessage(message.vote)
  if (message.kind === 'status') return encodeStatusMessage(message.status)
  if (message.kind === 'certificate') return encodeCertificateMessage(message.certificate)
  return encodeProposalMessage(message.proposal, message.batches)
}

const MESSAGES: readonly (readonly [name: string, encoded: Uint8Array])[] = [
  ['a notarise vote', encodeVoteMessage(sign('notarise', 2, block1, FROM))],
  ['a nullify vote', encodeVoteMessage(sign('nullify', 2, null, FROM))],
  ['a finalise vote', encodeVoteMessage(sign('finalise', 2, block1, FROM))],
  ['a proposal with its batch', encodeProposalMessage(proposal, [encodeBatch(batch)])],
  ['a proposal without batches', encodeProposalMessage({ ...proposal, justification: [] }, [])],
  ['a certificate', encodeCertificateMessage(certify('finalise', 2, block1))],
  ['a question', encodeStatusMessage(status)],
  [
    'an answer to someone unseen',
    encodeStatusMessage({
      ...status,
      latestVoteOfYours: null,
      isQuestion: false,
      hasTwin: true
    })
  ]
]

for (const [name, encoded] of MESSAGES) {
  test(`${name} comes back from its bytes`, () => {
    const read = decodeMemberMessage(encoded, FROM, TO)
    assert.ok(read)
    assert.is(read && toHex(encodeAgain(read)), toHex(encoded))
  })

  test(`${name} cut short or lengthened is none`, () => {
    for (let length = 0; length < encoded.length; length++)
      assert.is(decodeMemberMessage(encoded.subarray(0, length), FROM), undefined)
    assert.is(decodeMemberMessage(concatBytes(encoded, Uint8Array.of(0)), FROM), undefined)
  })

  test(`${name} changed anywhere is none, or is read as what it then says`, () => {
    const changes = fc.array(
      fc.tuple(fc.nat({ max: encoded.length - 1 }), fc.nat({ max: 255 }), fc.nat({ max: 2 })),
      { minLength: 1, maxLength: 3 }
    )
    fc.assert(
      fc.property(changes, (list) => {
        let changed: Uint8Array = encoded
        for (const [at, byte, way] of list) {
          const inserted = way === 2 ? Uint8Array.of(byte, changed[at] ?? 0) : Uint8Array.of(byte)
          changed = concatBytes(changed.subarray(0, at), inserted, changed.subarray(at + 1))
        }
        const read = decodeMemberMessage(changed, FROM, TO)
        if (read !== undefined) assert.is(toHex(encodeAgain(read)), toHex(changed))
      }),
      { numRuns: 300 }
    )
  })
}

test('random bytes are no message and never thrown at', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      decodeMemberMessage(bytes, FROM)
    })
  )
})

test('a vote is the sender’s, whoever it says it is from', () => {
  const encoded = encodeVoteMessage(sign('notarise', 2, block1, FROM))
  for (const from of [0, 1, 2, 3] as MemberIndex[]) {
    const read = decodeMemberMessage(encoded, from)
    assert.is(read?.kind, 'vote')
    if (read?.kind !== 'vote') return
    assert.is(read.vote.signer, from)
    assert.is(isVoteGenuine(networkTag, electorate, read.vote), from === FROM)
  }
})

test('a proposal’s vote is for the block that it carries', () => {
  const [, encoded] = MESSAGES[3] as (typeof MESSAGES)[number]
  const read = decodeMemberMessage(encoded, FROM)
  assert.is(read?.kind, 'proposal')
  if (read?.kind !== 'proposal') return
  const { vote, signer } = read.proposal.vote
  assert.is(signer, FROM)
  assert.equal(vote, proposal.vote.vote)
  assert.ok(isVoteGenuine(networkTag, electorate, read.proposal.vote))
})

test('a vote with a subject where none belongs, or without where one does, is none', () => {
  const nullify = decodeCbor(encodeVoteMessage(sign('nullify', 2, null, FROM))) as CborValue[]
  const notarise = decodeCbor(encodeVoteMessage(sign('notarise', 2, block1, FROM))) as CborValue[]
  const faults = [
    nullify.with(4, 0),
    nullify.with(4, 0).with(5, new Uint8Array(32)),
    notarise.with(4, null),
    notarise.with(5, null),
    notarise.with(1, 2),
    notarise.with(1, 4)
  ]
  for (const fault of faults) assert.is(decodeMemberMessage(encodeCbor(fault), FROM), undefined)
})

test('more justification or batches than a proposal may carry make it none', () => {
  const fields = decodeCbor(encodeProposalMessage(proposal, [])) as readonly CborValue[]
  const [certificate] = fields[2] as readonly CborValue[]
  const justified = (count: number): Uint8Array =>
    encodeCbor(
      fields.with(
        2,
        Array.from({ length: count }, () => certificate as CborValue)
      )
    )
  assert.ok(decodeMemberMessage(justified(JUSTIFICATION_MAX), FROM))
  assert.is(decodeMemberMessage(justified(JUSTIFICATION_MAX + 1), FROM), undefined)
  const batches = Array.from({ length: 513 }, () => Uint8Array.of(1))
  assert.is(decodeMemberMessage(encodeCbor(fields.with(4, batches)), FROM), undefined)
  assert.is(
    decodeMemberMessage(encodeCbor(fields.with(4, [new Uint8Array(81_921)])), FROM),
    undefined
  )
})

test('a fifth kind of message is none', () => {
  for (const number of [0, 5, 255, '1', null])
    assert.is(decodeMemberMessage(encodeCbor([number, 1, 2]), FROM), undefined)
})

test.run()
