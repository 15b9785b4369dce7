import { existsSync } from 'node:fs'
import { cp, readFile, rm, stat, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { InvariantError } from '../../protocol/index.ts'
import { openDatabase } from './open-database.ts'
import {
  codedError,
  flipBit,
  IDENTITY,
  lastFile,
  offsetOf,
  withFolder
} from './testing/fixtures.ts'
import { openVoteLog, type VoteLog } from './vote-log.ts'
import type { LoggedCertificate, LoggedVote, VoteKind } from './vote-log-format.ts'
import { writeKey } from './vote-log-format.ts'

const test = suite('vote log')
const quiet = { onWriteFailure: (): void => undefined }
const START = { epoch: 0, view: 0 }

function open(path: string, create = false, itemsMax?: number): Promise<VoteLog> {
  const bound = itemsMax === undefined ? {} : { itemsMax }
  return openVoteLog({ path, identity: IDENTITY, create, ...bound }, quiet)
}

function vote(epoch: number, view: number, kind: VoteKind, text?: string): LoggedVote {
  return { epoch, view, kind, bytes: Buffer.from(text ?? `${kind} ${epoch}/${view}.`.repeat(9)) }
}

function certificate(epoch: number, view: number, text = 'certificate'): LoggedCertificate {
  return { epoch, view, kind: 'notarisation', bytes: Buffer.from(`${text} ${epoch}/${view}`) }
}

async function cast(log: VoteLog, ...entries: readonly LoggedVote[]): Promise<void> {
  await log.record({ entries, certificates: [] })
}

async function castViews(log: VoteLog, from: number, to: number): Promise<void> {
  for (let view = from; view < to; view++) await cast(log, vote(1, view, 'notarise'))
}

const views = (items: readonly { view: number }[]): number[] => items.map(({ view }) => view)

test(
  'votes and certificates come back as they were, from a floor on',
  withFolder(async (folder) => {
    const first = await open(folder.concat('/sign'), true)
    await first.record({
      entries: [vote(1, 1, 'notarise')],
      certificates: [certificate(1, 0), certificate(1, 2)]
    })
    await first.record({ entries: [vote(1, 2, 'nullify')], certificates: [] })
    await first.record({ entries: [vote(1, 1, 'finalise')], certificates: [certificate(1, 1)] })
    await first.close()

    const second = await open(join(folder, 'sign'))
    const all = await second.load(START)
    assert.equal(
      all.entries.map(({ kind, view }) => `${kind} ${view}`),
      ['notarise 1', 'nullify 2', 'finalise 1']
    )
    assert.equal(Buffer.from(all.entries[0]!.bytes), vote(1, 1, 'notarise').bytes)
    assert.equal(views(all.certificates), [0, 2, 1])
    const late = await second.load({ epoch: 1, view: 2 })
    assert.equal([views(late.entries), views(late.certificates)], [[2], [2]])
    assert.equal(second.highest, { epoch: 1, view: 2 })
    await second.close()
  })
)

test(
  'a second, different vote is never recorded, the same bytes are fine',
  withFolder(async (folder) => {
    const path = join(folder, 'sign')
    let log = await open(path, true)
    await cast(log, vote(1, 5, 'notarise', 'a'))
    const refused = async (...votes: readonly LoggedVote[]): Promise<void> => {
      const error = await cast(log, ...votes).catch((thrown: unknown) => thrown)
      assert.instance(error, InvariantError)
    }
    for (let round = 0; round < 2; round++) {
      await cast(log, vote(1, 5, 'notarise', 'a'))
      await refused(vote(1, 5, 'notarise', 'b'))
      await refused(vote(1, 6, 'finalise', 'a'), vote(1, 6, 'finalise', 'b'))
      await refused(vote(1, 6, 'finalise'), vote(1, 6, 'nullify'))
      await log.close()
      log = await open(path)
    }
    await cast(log, vote(2, 5, 'notarise', 'b'), vote(1, 5, 'finalise', 'b'))
    assert.is((await log.load(START)).entries.length, 3)
    await log.close()
  })
)

test(
  'concurrent records are written in the order of the calls',
  withFolder(async (folder) => {
    const path = join(folder, 'sign')
    const first = await open(path, true)
    const calls = Array.from({ length: 50 }, (_, view) => cast(first, vote(1, view, 'notarise')))
    await Promise.all(calls)
    await first.close()
    const second = await open(path)
    assert.equal(
      views((await second.load(START)).entries),
      views(Array.from({ length: 50 }, (_, view) => ({ view })))
    )
    await second.close()
  })
)

test(
  'pruning forgets what lies below, keeps the rest, and refuses votes down there',
  withFolder(async (folder) => {
    const path = join(folder, 'sign')
    const first = await open(path, true)
    await castViews(first, 0, 20)
    await first.prune({ epoch: 1, view: 15 })
    await first.prune({ epoch: 1, view: 3 })
    await first.close()

    const second = await open(path)
    assert.equal(views((await second.load(START)).entries), [15, 16, 17, 18, 19])
    const error = await cast(second, vote(1, 14, 'notarise')).catch((thrown: unknown) => thrown)
    assert.instance(error, InvariantError)
    await second.record({ entries: [vote(1, 20, 'nullify')], certificates: [certificate(1, 2)] })
    const rest = await second.load(START)
    assert.equal([views(rest.entries), views(rest.certificates)], [[15, 16, 17, 18, 19, 20], []])
    await second.prune({ epoch: 2, view: 0 })
    assert.equal(await second.load(START), { entries: [], certificates: [] })
    assert.equal(second.highest, { epoch: 1, view: 20 })
    await second.close()
    await (await open(path)).close()
  })
)

test(
  'of several certificates of one view and kind the first is kept',
  withFolder(async (folder) => {
    const log = await open(join(folder, 'sign'), true)
    await log.record({ entries: [], certificates: [certificate(1, 1, 'one')] })
    await log.record({ entries: [], certificates: [certificate(1, 1, 'two')] })
    const { certificates } = await log.load(START)
    assert.equal(
      certificates.map(({ bytes }) => Buffer.from(bytes).toString()),
      ['one 1/1']
    )
    await log.close()
  })
)

test(
  'a full log signs nothing more until it is pruned',
  withFolder(async (folder) => {
    const log = await open(join(folder, 'sign'), true, 3)
    await castViews(log, 0, 3)
    assert.is((await codedError(castViews(log, 3, 4))).code, 'VOTE_LOG_FULL')
    await cast(log, vote(1, 2, 'notarise'))
    await log.prune({ epoch: 1, view: 1 })
    await castViews(log, 3, 4)
    await log.close()
  })
)

test(
  'a flipped bit anywhere in the log file refuses the start, the very last write included',
  withFolder(async (folder) => {
    const path = join(folder, 'sign')
    const log = await open(path, true)
    await castViews(log, 0, 40)
    await log.close()
    const file = await lastFile(path, '.log')
    const content = await readFile(file)
    const places = [0, 4, 6, 9, offsetOf(content, 'notarise 1/3.'), content.length - 1]
    for (const [index, offset] of places.entries()) {
      const copy = join(folder, `copy-${index}`)
      await cp(path, copy, { recursive: true })
      await flipBit(await lastFile(copy, '.log'), offset)
      const error = await codedError(open(copy))
      assert.is(error.code, 'STORAGE_DAMAGED', `byte ${offset}`)
      assert.ok(error.message.includes(copy))
    }
  })
)

test(
  'a write cut short by a crash was never acknowledged, and the log opens without it',
  withFolder(async (folder) => {
    const path = join(folder, 'sign')
    const first = await open(path, true)
    await castViews(first, 0, 5)
    await first.close()
    const file = await lastFile(path, '.log')
    await truncate(file, (await stat(file)).size - 10)
    const second = await open(path)
    assert.equal(views((await second.load(START)).entries), [0, 1, 2, 3])
    await second.close()
  })
)

for (const [name, spoil] of [
  ['lost', writeKey(3)],
  ['lost at the end', writeKey(5)],
  ['lost at the beginning', writeKey(1)],
  ['lost with the marker', Uint8Array.of(1)]
] as const)
  test(
    `a write that is ${name} behind LevelDB's back is a broken chain`,
    withFolder(async (folder) => {
      const path = join(folder, 'sign')
      const log = await open(path, true)
      await castViews(log, 0, 5)
      await log.close()
      const database = await openDatabase({ path, identity: IDENTITY, create: false }, quiet)
      const batch = database.createBatch()
      batch.delete(spoil)
      await batch.write({ sync: true })
      await database.close()
      const error = await codedError(open(path))
      assert.is(error.code, 'STORAGE_DAMAGED')
      assert.ok(error.message.includes(path))
    })
  )

test(
  'a write that was exchanged, checksum and all, is a broken chain',
  withFolder(async (folder) => {
    const path = join(folder, 'sign')
    const log = await open(path, true)
    await castViews(log, 0, 5)
    await log.close()
    const database = await openDatabase({ path, identity: IDENTITY, create: false }, quiet)
    const batch = database.createBatch()
    batch.put(writeKey(2), database.getSync(writeKey(3)) as Uint8Array)
    await batch.write({ sync: true })
    await database.close()
    assert.match((await codedError(open(path))).message, /breaks its chain at write 2/)
  })
)

test(
  'a vote log that is gone, whole or its CURRENT, is named and not made anew',
  withFolder(async (folder) => {
    const path = join(folder, 'sign')
    await (await open(path, true)).close()
    await rm(join(path, 'CURRENT'))
    assert.is((await codedError(open(path))).code, 'VOTE_LOG_MISSING')
    await rm(path, { recursive: true })
    assert.is((await codedError(open(path))).code, 'VOTE_LOG_MISSING')
    assert.not.ok(existsSync(path))
  })
)

test.run()
