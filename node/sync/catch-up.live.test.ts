import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { toHex } from '../../protocol/index.ts'
import { VerificationQueue } from '../batches/verifier.ts'
import { sleep, systemClock } from '../clock.ts'
import { openArchive } from '../service/archive.ts'
import { withFolder } from '../storage/testing/fixtures.ts'
import { type GrownLedger, growLedger } from '../testing/grown-ledger.ts'
import { certify } from '../testing/small-chain.ts'
import { founder, NETWORK_TAG } from '../testing/small-network.ts'
import { answerFetch } from './fetch-server.ts'
import {
  decodeFetchRequest,
  decodeParcels,
  encodeParcels,
  type FinalBlockParcel
} from './sync-message.ts'
import { awaitHeight, type Follower, follow, type Peer } from './testing/follower.ts'

const test = suite('catching up')
// The system's clock keeps no process alive.
const alive = setInterval(() => undefined, 1000)

const HEIGHT = 100
const LIAR = toHex(founder(0).memberId)
const HONEST = toHex(founder(1).memberId)
const home = mkdtempSync(join(tmpdir(), 'catch-up-test-'))
const verifier = new VerificationQueue(NETWORK_TAG, () => undefined)
let grown: GrownLedger

test.before(async () => {
  grown = await growLedger(join(home, 'grown'), HEIGHT)
})
test.after(async () => {
  clearInterval(alive)
  await verifier.close()
  await grown.database.close()
  rmSync(home, { recursive: true })
})

function honest(batchesFrom = 0, claims = HEIGHT): Peer {
  const archive = openArchive(grown.database, NETWORK_TAG, HEIGHT)
  const bytesOf = (id: string): Uint8Array | undefined =>
    grown.batches.find((batch) => batch.id === id)?.bytes
  return {
    claims: () => claims,
    answer: (request) =>
      answerFetch(request, {
        batchBytes: bytesOf,
        bodyOf: () => undefined,
        finalBlock: (height) => archive.block(height),
        certificates: () => [],
        stateValue: () => undefined,
        seals: () => [],
        batchesFrom: () => batchesFrom,
        snapshots: async () => new Uint8Array(0)
      })
  }
}

/** A peer that tells other blocks than were asked for. */
function telling(
  lie: (parcels: readonly FinalBlockParcel[], from: number) => readonly FinalBlockParcel[]
): Peer {
  const truth = honest()
  return {
    claims: () => HEIGHT + 2000,
    answer: async (request) => {
      const question = decodeFetchRequest(request)
      const answer = await truth.answer(request)
      const parcels = answer === undefined ? undefined : decodeParcels(answer)
      if (question?.kind !== 'final-blocks' || parcels === undefined) return answer
      return encodeParcels(lie(parcels, question.from))
    }
  }
}

/** Follows until it is as high as the honest ones, and tells how it was. */
async function followToTheEnd(
  folder: string,
  peers: Readonly<Record<string, Peer>>
): Promise<Follower> {
  const follower = await follow(folder, peers, { verifier })
  assert.ok(await awaitHeight(follower.keeper, HEIGHT, 30_000), 'it arrives')
  assert.equal(follower.keeper.tip.tree.root, grown.keeper.tip.tree.root)
  return follower
}

test(
  'a node takes run after run and comes to the same root',
  withFolder(async (folder) => {
    const follower = await followToTheEnd(folder, { [HONEST]: honest() })
    assert.equal(follower.blamed, [])
    assert.equal(follower.joins, [])
    await follower.close()
  })
)

const spoil = (parcels: readonly FinalBlockParcel[]): readonly FinalBlockParcel[] =>
  parcels.map((parcel, index) =>
    index === parcels.length - 1
      ? { ...parcel, finalisation: certify('notarise', parcel.block) }
      : parcel
  )

const LIARS: readonly (readonly [what: string, peer: () => Peer, isBlamed: boolean])[] = [
  ['claims much and has nothing', () => ({ ...honest(HEIGHT + 1), claims: () => 1e15 }), false],
  ['never answers', () => ({ claims: () => 1e15, answer: async () => undefined }), false],
  [
    'answers with bytes that mean nothing',
    () => ({ claims: () => 1e15, answer: async () => new Uint8Array(400).fill(0xff) }),
    true
  ],
  ['sends old blocks for ever', () => telling((parcels) => parcels.slice(0, 0)), false],
  ['sends blocks whose finalisation is none', () => telling(spoil), true],
  ['leaves the first block out', () => telling((parcels) => parcels.slice(1)), false],
  [
    'sends the same block again and again',
    () => telling((parcels) => parcels.flatMap((parcel) => [parcel, parcel])),
    true
  ],
  [
    'sends batches that no block names',
    () =>
      telling((parcels) =>
        parcels.map((parcel) => ({
          ...parcel,
          batches: [grown.batches[HEIGHT - 1]?.bytes ?? new Uint8Array(9)]
        }))
      ),
    true
  ],
  [
    'sends batches with a bit flipped',
    () =>
      telling((parcels) =>
        parcels.map((parcel) => ({
          ...parcel,
          batches: parcel.batches.map((bytes) =>
            bytes.map((byte, at) => (at === bytes.length - 9 ? byte ^ 1 : byte))
          )
        }))
      ),
    true
  ]
]

for (const [what, peer, isBlamed] of LIARS)
  test(
    `a member that ${what} holds nobody up`,
    withFolder(async (folder) => {
      const follower = await followToTheEnd(folder, { [LIAR]: peer(), [HONEST]: honest() })
      assert.is(follower.blamed.includes(LIAR), isBlamed)
      assert.not(follower.blamed.includes(HONEST))
      assert.ok((follower.asked.get(LIAR) ?? 0) < 20, 'it is not asked for ever')
      await follower.close()
    })
  )

test(
  'a member that claims a height and then a lower one is not followed for a while',
  withFolder(async (folder) => {
    let told = 0
    const fickle: Peer = { ...honest(), claims: () => (told++ === 0 ? 2000 : 50) }
    const follower = await followToTheEnd(folder, { [LIAR]: fickle, [HONEST]: honest() })
    assert.equal(follower.blamed, [])
    await follower.close()
  })
)

test(
  'where everybody has pruned the next block a snapshot is looked for, and nobody is blamed',
  withFolder(async (folder) => {
    let joined = (_: unknown): void => undefined
    const joining = new Promise((resolve) => {
      joined = resolve
    })
    const follower = await follow(
      folder,
      { [LIAR]: honest(50), [HONEST]: honest(60) },
      {
        verifier,
        join: async () => {
          joined(true)
          return true
        }
      }
    )
    follower.catchUp.wake()
    await joining
    assert.equal(follower.joins, [1])
    assert.equal(follower.blamed, [])
    assert.is(follower.keeper.tip.height, 0)
    await follower.close()
  })
)

test(
  'far behind a snapshot is looked for first; where there is none, blocks do it too',
  withFolder(async (folder) => {
    const follower = await follow(
      folder,
      { [HONEST]: honest() },
      { verifier, joinBehindBlocks: 40 }
    )
    assert.ok(await awaitHeight(follower.keeper, HEIGHT, 30_000))
    assert.equal(follower.joins[0], HEIGHT / 4)
    await follower.close()
  })
)

test(
  'how far it is can be seen while it goes on',
  withFolder(async (folder) => {
    const seen: number[] = []
    const follower = await follow(folder, { [HONEST]: honest() }, { verifier })
    while (follower.keeper.tip.height < HEIGHT) {
      const progress = follower.meter.progress()
      if (progress?.kind === 'blocks') seen.push(progress.done / progress.total)
      await sleep(systemClock, 2)
    }
    assert.ok(seen.length > 0 && seen.every((share) => share > 0 && share <= 1))
    await follower.close()
  })
)

test.run()
