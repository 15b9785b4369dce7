import { cp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { invariant } from '../../protocol/index.ts'
import { EXIT_CODES, NodeError } from '../errors.ts'
import { batchKey, STATE_VALUES } from '../ledger/keyspace.ts'
import type { Database } from '../storage/database.ts'
import type { Entry } from '../storage/store-pages.ts'
import { collect, create } from '../storage/testing/entries.ts'
import { flipBit, withFolder } from '../storage/testing/fixtures.ts'
import { applyRepair, planRepair } from './repair.ts'
import { surveyDataDirectory } from './survey.ts'
import { recordsOf, settle } from './testing/looking.ts'
import {
  createSmallDirectory,
  openSmallDatabase,
  surveyOptions
} from './testing/small-directory.ts'
import {
  growLedgers,
  openSmallLedger,
  type SmallLedger,
  smallBlocks
} from './testing/small-ledger.ts'

const test = suite('flipped bits')
const BLOCKS = smallBlocks(12)
const FLIPS = 60

/** What a directory holds, and a whole ledger of the same chain. */
interface Truth {
  readonly records: readonly Entry[]
  readonly other: SmallLedger
}

test(
  'wherever a bit is flipped: nothing wrong is served, nothing ends without a code, and all is mended',
  withFolder(async (folder) => {
    const original = join(folder, 'original')
    await createSmallDirectory(original, BLOCKS)
    const other = await openSmallLedger(await create(join(folder, 'other')), BLOCKS)
    await growLedgers([other], BLOCKS)
    const truth: Truth = { records: await collect(other.database), other }
    const random = createRandom(20_260_731)
    const ends = { mended: 0, refused: 0 }
    for (let flip = 0; flip < FLIPS; flip++) {
      const path = join(folder, 'flipped')
      await cp(original, path, { recursive: true })
      const place = await flipSomewhere(join(path, 'ledger'), random)
      try {
        ends[await liveThrough(path, truth)]++
      } catch (error) {
        throw new Error(`flip ${flip}, ${place}: ${String(error)}`, { cause: error })
      }
      await rm(path, { recursive: true })
    }
    assert.ok(ends.mended > 0 && ends.refused > 0, JSON.stringify(ends))
    await other.database.close()
  })
)

test.run()

/** A start on the directory, all its reads, its mending; or a refusal, the repair, and a start after it. */
async function liveThrough(path: string, truth: Truth): Promise<'mended' | 'refused'> {
  const ledger = await openOrRefusal(path, truth.other)
  if (ledger instanceof NodeError) {
    assert.is(ledger.exitCode, EXIT_CODES.damaged, ledger.message)
    const survey = await surveyDataDirectory(surveyOptions(path))
    await applyRepair(planRepair(survey, { timeMs: 0 }), survey.marker)
    const fresh = await openOrRefusal(path, truth.other)
    invariant(!(fresh instanceof NodeError), 'a repaired ledger opens')
    assert.is(fresh.keeper.tip.height, 0)
    await fresh.database.close()
    return 'refused'
  }
  try {
    const isCut = ledger.keeper.tip.height < BLOCKS.length
    // the end of the log may be one that a crash has cut short: then blocks are missing, and none is wrong
    if (isCut) await catchUp(ledger, truth.other)
    else await readRecords(ledger, truth.records)
    await readChain(ledger)
    await ledger.recovery.scrubOnce()
    await settle(ledger)
    assert.equal(await recordsOf(ledger), await recordsOf(truth.other))
  } finally {
    await ledger.recovery.stop()
    await ledger.database.close()
  }
  return 'mended'
}

async function openOrRefusal(path: string, other: SmallLedger): Promise<SmallLedger | NodeError> {
  let database: Database | undefined
  try {
    database = await openSmallDatabase(path)
    return await openSmallLedger(database, BLOCKS, () => [other])
  } catch (error) {
    await database?.close()
    if (error instanceof NodeError) return error
    throw error
  }
}

/** Each record is what was written, or a coded trouble; a value is never simply not there. */
async function readRecords(
  { database, keeper }: SmallLedger,
  records: readonly Entry[]
): Promise<void> {
  for (const [key, payload] of records) {
    const raw = await orTrouble(() => database.get(key))
    if (raw !== undefined && !(raw instanceof NodeError)) isSame(raw, payload)
    if (key[0] !== STATE_VALUES.gte[0]) continue
    const value = await orTrouble(() => keeper.readValue(key[1] as number, key.subarray(2)))
    if (!(value instanceof NodeError)) isSame(value, payload)
  }
}

async function readChain({ keeper, archive }: SmallLedger): Promise<void> {
  for (let height = 0; height <= keeper.tip.height; height++) {
    const stored = await orTrouble(() => archive.block(height))
    if (stored instanceof NodeError) continue
    assert.is(stored?.block.header.height, height)
    if (stored !== undefined) await orTrouble(() => archive.transactionsOf(stored))
  }
  for (const { transactions } of BLOCKS)
    for (const { id } of transactions) await orTrouble(() => archive.statusOf(id))
}

async function catchUp({ keeper, database }: SmallLedger, other: SmallLedger): Promise<void> {
  while (keeper.tip.height < BLOCKS.length) {
    const stored = other.archive.block(keeper.tip.height + 1)
    invariant(stored !== undefined && stored.finalisation !== null, 'the other one is whole')
    const write = database.createBatch()
    for (const { id } of stored.block.batches)
      write.put(batchKey(id), other.database.getSync(batchKey(id)) as Uint8Array)
    await write.write({ sync: false })
    assert.ok(await keeper.execute(stored.block))
    await keeper.commit([stored.block.id], stored.finalisation)
  }
}

async function orTrouble<Value>(
  read: () => Value | Promise<Value>
): Promise<Value | NodeError | undefined> {
  try {
    return await read()
  } catch (error) {
    if (error instanceof NodeError && error.code === 'STORAGE_DAMAGED') return error
    throw error
  }
}

function isSame(found: Uint8Array | undefined, written: Uint8Array): void {
  assert.is(found && Buffer.from(found).toString('hex'), Buffer.from(written).toString('hex'))
}

/** Flips one bit of one of the files that LevelDB reads, the larger ones more often. */
async function flipSomewhere(folder: string, random: () => number): Promise<string> {
  const names = (await readdir(folder)).filter((name) => /ldb$|log$|^MANIFEST|^CURRENT$/.test(name))
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(folder, name))).size))
  const isLarge = random() < 0.7
  const total = sizes.reduce((sum, size) => sum + size, 0)
  let offset = Math.floor(random() * total)
  for (const [index, name] of names.entries()) {
    const size = sizes[index] as number
    const isChosen = isLarge ? offset < size : Math.floor(random() * names.length) === 0
    if (isChosen && size > 0) {
      const at = isLarge ? offset : Math.floor(random() * size)
      await flipBit(join(folder, name), at)
      return `${name} at byte ${at} of ${(await readFile(join(folder, name))).length}`
    }
    offset -= size
  }
  return await flipSomewhere(folder, random)
}

/** The same numbers each time: mulberry32. */
function createRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let value = Math.imul(state ^ (state >>> 15), 1 | state)
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value
    return ((value ^ (value >>> 14)) >>> 0) / 4_294_967_296
  }
}
