import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { invariant } from '../../protocol/index.ts'
import { systemFiles } from '../storage/files.ts'
import { withFolder } from '../storage/testing/fixtures.ts'
import { encodeOffers } from '../sync/sync-message.ts'
import type { SnapshotStore } from './snapshot-store.ts'
import { FailingFiles } from './testing/failing-files.ts'
import { assertRoot, joinIn, MEMBER, SECOND, storeOf } from './testing/joining.ts'
import { honest, lyingAboutParts, Peers, type Provider } from './testing/providers.ts'
import { makeState } from './testing/test-state.ts'

const test = suite('joining by snapshot')
// The system's clock keeps no process alive.
const alive = setInterval(() => undefined, 1000)
test.after(() => clearInterval(alive))

const STATE = makeState(64, 5000)
const OLDER = makeState(32, 5000, 9)
/** The store of honest peers: nobody changes it. */
let truthful: SnapshotStore
const home = mkdtempSync(join(tmpdir(), 'snapshot-test-'))
test.before(async () => {
  truthful = await storeOf(home, STATE)
})
test.after(() => rmSync(home, { recursive: true }))

function withStore(
  run: (folder: string, store: SnapshotStore) => Promise<void>
): () => Promise<void> {
  return withFolder((folder) => run(folder, truthful))
}

test(
  'a snapshot comes from several honest peers at once, and its ledger has the root of the block',
  withStore(async (folder, store) => {
    const peers = new Peers({
      [MEMBER]: honest(store),
      [SECOND]: honest(store),
      other: honest(store)
    })
    const joining = await joinIn(folder, peers)
    assert.is(joining.end, 'installed')
    await assertRoot(folder, joining, STATE)
    assert.equal(peers.blamed, [])
    for (const [, count] of peers.asked) assert.ok(count > 1, 'all of them were asked for parts')
  })
)

test(
  'where nobody offers a snapshot, or only one that is too low, it is said at once',
  withStore(async (folder, store) => {
    const silent: Provider = async () => undefined
    const empty: Provider = async () => encodeOffers([])
    const none = await joinIn(folder, new Peers({ [MEMBER]: silent, [SECOND]: empty }))
    assert.is(none.end, 'none')
    assert.is((await joinIn(folder, new Peers({}))).end, 'none')
    const low = await joinIn(folder, new Peers({ [MEMBER]: honest(store) }), { heightMin: 65 })
    assert.is(low.end, 'none')
  })
)

test(
  'what came before a kill is found again, and what the disk spoilt meanwhile is fetched anew',
  withStore(async (folder, store) => {
    const cut = new FailingFiles(systemFiles, 9)
    const first = await joinIn(folder, new Peers({ [MEMBER]: honest(store) }), { files: cut.files })
    assert.is(first.end, 'cut')
    const kept = await systemFiles.list(join(folder, 'own'))
    assert.is(kept.length, 1)
    const parts = await systemFiles.list(join(folder, 'own', kept[0] as string))
    assert.ok(parts.includes('manifest') && parts.length > 2)
    await systemFiles.write(
      join(folder, 'own', kept[0] as string, 'leaves-000000'),
      new Uint8Array(7)
    )
    let asked = 0
    const counting = lyingAboutParts(honest(store), (question, truth) => {
      asked++
      return truth(question)
    })
    const second = await joinIn(folder, new Peers({ [MEMBER]: counting }))
    assert.is(second.end, 'installed')
    await assertRoot(folder, second, STATE)
    const { manifest } = second
    invariant(manifest !== undefined, 'it came')
    const all = manifest.runRoots.length + manifest.valueChunks.length
    assert.ok(asked < all, `${asked} of ${all} parts were asked for`)
  })
)

test(
  'one that is held already is installed as it is, and fetched anew where the disk has spoilt it',
  withStore(async (folder, store) => {
    const first = await joinIn(folder, new Peers({ [MEMBER]: honest(store) }))
    invariant(first.folder !== undefined, 'it came')
    const held = await first.store.adopt(first.folder)
    invariant(held !== undefined, 'it is held')
    let asked = 0
    const peers = new Peers({
      [MEMBER]: lyingAboutParts(honest(store), (question, truth) => {
        asked++
        return truth(question)
      })
    })
    assert.is((await joinIn(folder, peers)).end, 'installed')
    assert.is(asked, 0)
    const place = join(held.path, 'values-000001')
    const spoilt = (await systemFiles.read(place)) as Uint8Array
    spoilt[40] = (spoilt[40] as number) ^ 1
    await systemFiles.write(place, spoilt)
    const again = await joinIn(folder, peers)
    assert.is(again.end, 'installed')
    assert.ok(asked > 0)
    await assertRoot(folder, again, STATE)
    assert.equal(peers.blamed, [])
  })
)

test(
  'wherever a download is killed, the next start finishes it with the same root',
  withFolder(async (folder) => {
    const small = makeState(8, 60)
    const store = await storeOf(folder, small)
    for (let endsAt = 0, isOver = false; !isOver; endsAt++) {
      const place = join(folder, `run-${endsAt}`)
      const cut = new FailingFiles(systemFiles, endsAt)
      const peers = new Peers({ [MEMBER]: honest(store) })
      const first = await joinIn(place, peers, { files: cut.files })
      isOver = first.end === 'installed'
      const second = isOver ? first : await joinIn(place, peers)
      assert.is(second.end, 'installed')
      await assertRoot(place, second, small)
      assert.equal(peers.blamed, [])
    }
  })
)

test(
  'one that was begun is finished although a newer one is offered, unless nobody has it any more',
  withFolder(async (folder) => {
    const both = await storeOf(join(folder, 'both'), OLDER, STATE)
    const older = await storeOf(join(folder, 'older'), OLDER)
    const newer = await storeOf(join(folder, 'newer'), STATE)
    const begin = async (place: string): Promise<void> => {
      const cut = new FailingFiles(systemFiles, 8)
      const first = await joinIn(place, new Peers({ [MEMBER]: honest(older) }), {
        files: cut.files
      })
      assert.is(first.end, 'cut')
    }
    await begin(join(folder, 'one'))
    const finished = await joinIn(join(folder, 'one'), new Peers({ [MEMBER]: honest(both) }))
    assert.is(finished.manifest?.block.header.height, 32)
    await begin(join(folder, 'two'))
    const changed = await joinIn(join(folder, 'two'), new Peers({ [MEMBER]: honest(newer) }))
    assert.is(changed.manifest?.block.header.height, 64)
    assert.is((await systemFiles.list(join(folder, 'two', 'own'))).length, 1)
  })
)

test(
  'when a provider dies another that has come meanwhile takes over',
  withStore(async (folder, store) => {
    let left = 2
    const peers = new Peers({})
    const dying = lyingAboutParts(honest(store), async (question, truth) => {
      if (left-- > 0) return await truth(question)
      peers.remove(MEMBER)
      peers.add('late', honest(store))
      return undefined
    })
    peers.add(MEMBER, dying)
    const joining = await joinIn(folder, peers)
    assert.is(joining.end, 'installed')
    await assertRoot(folder, joining, STATE)
    assert.equal(peers.blamed, [])
  })
)

test.run()
