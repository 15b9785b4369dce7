import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { invariant } from '../../protocol/index.ts'
import { systemFiles } from '../storage/files.ts'
import { withFolder } from '../storage/testing/fixtures.ts'
import { assertRoot, joinIn, MEMBER, storeOf } from './testing/joining.ts'
import { honest, Peers } from './testing/providers.ts'
import { makeState } from './testing/test-state.ts'

const test = suite('snapshots that are held')
// The system's clock keeps no process alive.
const alive = setInterval(() => undefined, 1000)
test.after(() => clearInterval(alive))

const STATE = makeState(32, 2000)

test(
  'who holds a snapshot that its disk has spoilt forgets it, rather than be blamed for it',
  withFolder(async (folder) => {
    const whole = await storeOf(join(folder, 'whole'), STATE)
    for (const part of ['leaves-000000', 'values-000000']) {
      const rotten = await storeOf(join(folder, part), STATE)
      const [held] = rotten.list()
      invariant(held !== undefined, 'it is held')
      const place = join(held.path, part)
      const spoilt = (await systemFiles.read(place)) as Uint8Array
      spoilt[40] = (spoilt[40] as number) ^ 1
      await systemFiles.write(place, spoilt)
      const peers = new Peers({ [MEMBER]: honest(rotten), honest: honest(whole) })
      const own = join(folder, `own-${part}`)
      const joining = await joinIn(own, peers)
      assert.is(joining.end, 'installed')
      await assertRoot(own, joining, STATE)
      assert.equal(peers.blamed, [])
      assert.equal(rotten.list(), [])
      assert.equal(await systemFiles.list(rotten.folder), [])
    }
  })
)

test.run()
