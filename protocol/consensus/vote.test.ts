import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ascii, concatBytes, fromHex, toHex } from '../foundation/bytes.ts'
import { InvariantError } from '../foundation/invariant.ts'
import { buildTestChain } from '../testing/test-chain.ts'
import type { Epoch, MemberIndex, View } from '../types.ts'
import { encodeVote, isSameVote, isVoteGenuine, type SignedVote, type Vote } from './vote.ts'

const test = suite('votes')

const { networkTag, electorate, block1, block2, sign } = buildTestChain()
const blockId = block1.id
const subject = { parentView: 1 as View, blockId }

/**
 * The signed bytes, written down anew.
 *
 * @see SPEC.md §9.1 Votes
 */
function bytesOf(kind: bigint, view: bigint, rest: readonly Uint8Array[]): string {
  const integer = (value: bigint): Uint8Array =>
    fromHex(value.toString(16).padStart(16, '0')) as Uint8Array
  return toHex(
    concatBytes(
      ascii('TM1'),
      networkTag,
      integer(0n),
      electorate.hash,
      integer(kind),
      integer(view),
      ...rest
    )
  )
}

test('the bytes of a vote are tag, network, epoch, electorate, kind, view and subject', () => {
  const epoch = 0 as Epoch
  const nullify: Vote = { kind: 'nullify', epoch, view: 7 as View, subject: null }
  assert.is(toHex(encodeVote(networkTag, electorate, nullify)), bytesOf(2n, 7n, []))
  const parent = fromHex('0000000000000001') as Uint8Array
  const rest = [parent, fromHex(blockId) as Uint8Array]
  for (const [kind, number] of [
    ['notarise', 1n],
    ['finalise', 3n]
  ] as const) {
    const view = Number.MAX_SAFE_INTEGER as View
    const bytes = encodeVote(networkTag, electorate, { kind, epoch, view, subject })
    assert.is(toHex(bytes), bytesOf(number, 2n ** 53n - 1n, rest))
  }
})

test('votes that say different things have different bytes', () => {
  const votes: Vote[] = []
  for (const view of [1, 2, 256] as View[]) {
    votes.push({ kind: 'nullify', epoch: 0 as Epoch, view, subject: null })
    for (const kind of ['notarise', 'finalise'] as const)
      for (const parentView of [0, 1] as View[])
        for (const id of [block1.id, block2.id])
          votes.push({ kind, epoch: 0 as Epoch, view, subject: { parentView, blockId: id } })
  }
  const encoded = votes.map((vote) => toHex(encodeVote(networkTag, electorate, vote)))
  assert.is(new Set(encoded).size, votes.length)
  for (const [at, left] of votes.entries())
    for (const [to, right] of votes.entries()) assert.is(isSameVote(left, right), at === to)
})

test('a vote is its signer’s, for what it says, on its network, and in no other way', () => {
  const signed = sign('notarise', 2, block1, 1)
  const isGenuine = (change: Partial<SignedVote>, tag = networkTag): boolean =>
    isVoteGenuine(tag, electorate, { ...signed, ...change })
  assert.ok(isGenuine({}))
  assert.not(isGenuine({}, new Uint8Array(32)))
  for (const signer of [0, 2, 3, 4, -1, 2 ** 31])
    assert.not(isGenuine({ signer: signer as MemberIndex }), `signer ${signer}`)
  const { vote } = signed
  assert.not(isGenuine({ vote: { ...vote, kind: 'finalise' } }))
  assert.not(isGenuine({ vote: { ...vote, kind: 'nullify', subject: null } }))
  assert.not(isGenuine({ vote: { ...vote, view: 3 as View } }))
  assert.not(isGenuine({ vote: { ...vote, epoch: 1 as Epoch } }))
  assert.not(isGenuine({ vote: { ...vote, subject: { blockId, parentView: 9 as View } } }))
  assert.not(isGenuine({ signature: new Uint8Array(64) }))
  assert.not(isGenuine({ signature: signed.signature.subarray(1) }))
})

test('signing for another epoch’s electorate, or for an id that is none, is our own bug', () => {
  const vote: Vote = { kind: 'notarise', epoch: 0 as Epoch, view: 1 as View, subject }
  const faults: readonly Vote[] = [
    { ...vote, epoch: 1 as Epoch },
    { ...vote, subject: { ...subject, blockId: 'ab' as never } },
    { ...vote, subject: { ...subject, blockId: 'xy'.repeat(32) as never } }
  ]
  for (const fault of faults)
    assert.throws(
      () => encodeVote(networkTag, electorate, fault),
      (error: unknown) => error instanceof InvariantError
    )
})

test.run()
