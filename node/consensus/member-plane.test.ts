import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type Electorate, encodeVoteMessage, type News, toHex } from '../../protocol/index.ts'
import type { BatchStore } from '../batches/batch-store.ts'
import { electorateOfEpoch, signAs } from '../testing/epoch-blocks.ts'
import { ELECTORATE, NETWORK_TAG } from '../testing/small-network.ts'
import { MemberPlane } from './member-plane.ts'

const test = suite('member plane')

const [OWN = '', OTHER = ''] = ELECTORATE.seats.map(({ memberId }) => toHex(memberId))

/** A NULLIFY of the other one, as it travels. */
function nullify(electorate: Electorate): Uint8Array {
  return encodeVoteMessage(signAs(1, 'nullify', { electorate, blockId: null, signer: 1 }))
}

/** The plane of a member, and what it makes of what it hears. */
function planeOf(electorate: Electorate): {
  readonly plane: MemberPlane
  readonly heard: string[]
  readonly ahead: number[]
  readonly blamed: string[]
} {
  const heard: string[] = []
  const ahead: number[] = []
  const blamed: string[] = []
  const plane = new MemberPlane({
    clock: { later: () => () => undefined },
    networkTag: NETWORK_TAG,
    electorate,
    network: {
      self: OWN,
      sendToMember: () => false,
      penalise: (peer) => void blamed.push(peer)
    },
    // Votes touch no batch.
    store: {} as BatchStore,
    post: async ({ kind }: News) => void heard.push(kind),
    onAhead: (_, epoch) => void ahead.push(epoch)
  })
  return { plane, heard, ahead, blamed }
}

test('a vote of a seated member is news', async () => {
  const { plane, heard } = planeOf(ELECTORATE)
  await plane.receive('votes', OTHER, nullify(ELECTORATE))
  assert.equal(heard, ['vote-received'])
})

test('who has lost its seat is heard no more, and neither is a stranger', async () => {
  const own = electorateOfEpoch(1, [0])
  for (const from of [OTHER, 'ab'.repeat(32)])
    for (const message of [nullify(ELECTORATE), nullify(own)]) {
      const { plane, heard, ahead, blamed } = planeOf(own)
      await plane.receive('votes', from, message)
      assert.equal([heard, ahead, blamed], [[], [], []])
    }
})

test('a NULLIFY of the epoch before is dropped, and its sender not blamed for being late', async () => {
  const { plane, heard, ahead, blamed } = planeOf(electorateOfEpoch(1))
  await plane.receive('votes', OTHER, nullify(ELECTORATE))
  assert.equal([heard, ahead, blamed], [[], [], []])
})

test('what is said of the next epoch is no news of this one', async () => {
  const { plane, heard, ahead } = planeOf(ELECTORATE)
  await plane.receive('votes', OTHER, nullify(electorateOfEpoch(1)))
  assert.equal([heard, ahead], [[], [1]])
})

test.run()
