import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { encodeSealProofs, invariant } from '../../protocol/index.ts'
import { systemFiles } from '../storage/files.ts'
import { create, reopen } from '../storage/testing/entries.ts'
import { withFolder } from '../storage/testing/fixtures.ts'
import { SealFollower } from '../sync/seal-follower.ts'
import { decodeFetchRequest } from '../sync/sync-message.ts'
import { GovernedLedger } from '../testing/governed-ledger.ts'
import { ELECTORATE, NETWORK_TAG } from '../testing/small-network.ts'
import { SnapshotStore } from './snapshot-store.ts'
import { addSnapshot, assertRoot, joinIn, MEMBER, SECOND } from './testing/joining.ts'
import { honest, Peers } from './testing/providers.ts'

const test = suite('joining by a snapshot of a later epoch')
// The system's clock keeps no process alive.
const alive = setInterval(() => undefined, 1000)
test.after(() => clearInterval(alive))

/** Peers that offer a snapshot of the third epoch; `leads` says which of them know the seals. */
function withLater(
  run: (world: {
    readonly folder: string
    readonly ledger: GovernedLedger
    readonly store: SnapshotStore
    readonly follow: (leads: (peer: string) => boolean) => SealFollower
    readonly peers: Peers
  }) => Promise<void>
): () => Promise<void> {
  return withFolder(async (folder) => {
    const database = await create(join(folder, 'ledger'))
    const ledger = await GovernedLedger.open(database)
    for (let turn = 0; turn < 2; turn++) {
      await ledger.grow()
      await ledger.turnEpoch()
    }
    const block = await ledger.grow()
    const finalisation = ledger.archive.block(block.header.height)?.finalisation
    invariant(finalisation != null, 'each block is finalised itself')
    const place = { folder: join(folder, 'snapshots'), keep: 4 }
    const store = new SnapshotStore(place, { files: systemFiles })
    await addSnapshot(store, database, { block, finalisation })
    const peers = new Peers({ [MEMBER]: honest(store), [SECOND]: honest(store) })
    const follow = (leads: (peer: string) => boolean): SealFollower =>
      new SealFollower({
        networkTag: NETWORK_TAG,
        electorate: () => ELECTORATE,
        electorateOf: (epoch) => (epoch === ELECTORATE.epoch ? ELECTORATE : undefined),
        peers: peers.keys,
        ask: async (peer, request) => {
          const question = decodeFetchRequest(request)
          if (question?.kind !== 'seals') return undefined
          return encodeSealProofs(leads(peer) ? ledger.seals(question.from) : [])
        },
        penalise: peers.penalise,
        pause: async () => undefined,
        isStopped: () => false
      })
    await run({ folder, ledger, store, follow, peers })
    await database.close()
  })
}

test(
  'a node that knows genesis alone takes it, led by the seals of one peer, and can lead others',
  withLater(async ({ folder, ledger, peers, follow }) => {
    const seals = follow((peer) => peer === SECOND)
    const joining = await joinIn(folder, peers, {
      electorateOf: (epoch) => seals.electorateOf(epoch)
    })
    assert.is(joining.end, 'installed')
    const { manifest } = joining
    invariant(manifest !== undefined, 'it came')
    assert.is(manifest.block.header.epoch, 2)
    await assertRoot(folder, joining, manifest, seals.seals)
    const joined = await GovernedLedger.open(await reopen(join(folder, 'joined')))
    assert.equal(joined.seals(0), ledger.seals(0))
    await joined.turnEpoch()
    assert.is(joined.seals(0).length, 3)
    await joined.database.close()
    assert.is(manifest.block.id, ledger.keeper.tip.blockId)
    assert.equal(peers.blamed, [])
  })
)

test(
  'where nobody leads to its epoch it is not taken, and nobody is blamed',
  withLater(async ({ folder, peers, follow }) => {
    const seals = follow(() => false)
    const joining = await joinIn(folder, peers, {
      electorateOf: (epoch) => seals.electorateOf(epoch)
    })
    assert.is(joining.end, 'none')
    assert.equal(peers.blamed, [])
  })
)

test.run()
