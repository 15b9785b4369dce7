import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createDataDirectory, openDataDirectory } from '../../node/storage/data-directory.ts'
import type { VoteLogWrite } from '../../node/storage/vote-log-format.ts'
import {
  type BlockId,
  type Epoch,
  encodeVoteMessage,
  type MemberIndex,
  type View
} from '../../protocol/index.ts'
import { VoteLogReader } from './vote-log-reader.ts'

const test = suite('the reader of vote logs')

const OWNER = {
  networkId: 'chaos',
  genesisHash: '00'.repeat(32),
  keyFingerprint: 'nobody'
} as const

let home: string
let dataFolder: string
let reader: VoteLogReader

test.before.each(async () => {
  home = mkdtempSync(join(tmpdir(), 'thingmoot-reader-'))
  dataFolder = join(home, 'data')
  mkdirSync(dataFolder, { mode: 0o700 })
  await createDataDirectory({ path: dataFolder, ...OWNER }, { writeKeys: () => Promise.resolve() })
  reader = createReader()
})
test.after.each(() => rmSync(home, { recursive: true, force: true }))

test('votes are read from a log that is open, and only once', async () => {
  const directory = await open()
  await directory.voteLog.record(notarising(1))
  assert.equal(await viewsRead(reader), [1])
  await directory.voteLog.record(notarising(2))
  assert.equal(await viewsRead(reader), [2])
  assert.equal(await viewsRead(reader), [])
  await directory.close()
})

test('what the node has forgotten since it started is read all the same', async () => {
  const directory = await open()
  for (const view of [1, 2, 3, 4]) await directory.voteLog.record(notarising(view))
  await directory.voteLog.prune({ epoch: 1, view: 4 })
  assert.equal(await viewsRead(reader), [1, 2, 3, 4])
  await directory.close()
})

test('what was forgotten before a restart that nobody saw is a gap', async () => {
  for (const round of [1, 2]) {
    const directory = await open()
    for (const view of [1, 2, 3]) await directory.voteLog.record(notarising(3 * round + view))
    await directory.voteLog.prune({ epoch: 1, view: 3 * round + 3 })
    await directory.close()
    if (round === 1) assert.equal((await reader.read())?.hasGap, false)
  }
  assert.is((await reader.read())?.hasGap, false)
  await removeForgotten()
  assert.is((await createReader().read())?.hasGap, true)
})

test('a folder without a vote log has nothing to read', async () => {
  rmSync(join(dataFolder, 'sign'), { recursive: true })
  assert.is(await reader.read(), undefined)
})

test.run()

function createReader(): VoteLogReader {
  const scratchFolder = join(home, 'copies')
  mkdirSync(scratchFolder, { recursive: true })
  return new VoteLogReader({ node: 0, dataFolder, nodeOf: (member) => member, scratchFolder })
}

function open(): ReturnType<typeof openDataDirectory> {
  return openDataDirectory(
    { path: dataFolder, ...OWNER },
    {
      onWriteFailure: (error) => {
        throw error
      }
    }
  )
}

/** Starts again and again until LevelDB has merged what was deleted away. */
async function removeForgotten(): Promise<void> {
  for (let round = 0; round < 6; round++) {
    const directory = await open()
    await directory.voteLog.record(notarising(100 + round))
    await directory.close()
  }
}

async function viewsRead(from: VoteLogReader): Promise<readonly number[]> {
  const copy = await from.read()
  assert.is(copy?.hasGap, false)
  return (copy?.writes ?? []).flatMap(({ votes }) => votes.map(({ view }) => view))
}

function notarising(number: number): VoteLogWrite {
  const view = number as View
  const epoch = 1 as Epoch
  const subject = { parentView: 0 as View, blockId: '11'.repeat(32) as BlockId }
  const bytes = encodeVoteMessage({
    vote: { kind: 'notarise', epoch, view, subject },
    signer: 0 as MemberIndex,
    signature: new Uint8Array(64)
  })
  return { entries: [{ epoch, view, kind: 'notarise', bytes }], certificates: [] }
}
