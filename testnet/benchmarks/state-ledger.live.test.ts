import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { openStateDatabase, openStateLedger } from './state-ledger.ts'

const test = suite('state ledger')
const folder = mkdtempSync(join(tmpdir(), 'thingmoot-state-'))

test.after(() => rmSync(folder, { recursive: true, force: true }))

test('devices that were written are there again after a restart, under the root of the last block', async () => {
  const path = join(folder, 'ledger')
  const first = await openStateLedger(await openStateDatabase(path, true))
  const empty = first.leafCount()
  const added = await first.addBlock([0, 1, 2, 3])
  assert.is(first.leafCount(), empty + 4)
  assert.ok(added.leaves.length >= 4)
  await first.addBlock([1, 4])
  await first.close()
  // The product compares the state that it finds with the last header, and throws where they differ.
  const second = await openStateLedger(await openStateDatabase(path, false))
  assert.is(second.leafCount(), empty + 5)
  const again = await second.addBlock([1])
  assert.is(again.leaves.length, 1)
  assert.is(second.leafCount(), empty + 5)
  await second.close()
})

test.run()
