import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { batchKey, blockKey } from '../ledger/keyspace.ts'
import { fingerprintOf } from '../node-keys.ts'
import { openDataDirectory } from '../storage/data-directory.ts'
import { codedError, flipBit, lastFile, withFolder } from '../storage/testing/fixtures.ts'
import { openVoteLog } from '../storage/vote-log.ts'
import { GENESIS } from '../testing/small-network.ts'
import { applyRepair, planRepair, type RepairPlan } from './repair.ts'
import { type PartCondition, type Survey, surveyDataDirectory } from './survey.ts'
import {
  createSmallDirectory,
  KEYS,
  openSmallDatabase,
  surveyOptions
} from './testing/small-directory.ts'
import { openSmallLedger, smallBlocks } from './testing/small-ledger.ts'

const test = suite('repair')
const BLOCKS = smallBlocks(4)
const TIME_MS = Date.UTC(2026, 6, 31, 12, 4, 5)
const ASIDE = 'damaged-20260731T120405Z'

type Conditions = Readonly<Record<string, PartCondition>>

/** A directory that a test may spoil. */
function withDirectory(run: (path: string) => Promise<void>): () => Promise<void> {
  return withFolder(async (folder) => {
    const path = join(folder, 'data')
    await createSmallDirectory(path, BLOCKS)
    await run(path)
  })
}

const conditionsOf = ({ parts }: Survey): Conditions =>
  Object.fromEntries(parts.map(({ part, condition }) => [part, condition]))
const WHOLE: Conditions = { 'node.json': 'whole', keys: 'whole', ledger: 'whole', sign: 'whole' }

/** Plans, looks that planning has changed nothing, applies, and surveys again. */
async function repaired(
  path: string
): Promise<{ readonly found: Conditions; readonly plan: RepairPlan; readonly after: Conditions }> {
  const survey = await surveyDataDirectory(surveyOptions(path))
  const plan = planRepair(survey, { timeMs: TIME_MS })
  await applyRepair(plan, survey.marker)
  const again = await surveyDataDirectory(surveyOptions(path))
  assert.equal(planRepair(again, { timeMs: TIME_MS }).steps, [], 'nothing is left to do')
  return { found: conditionsOf(survey), plan, after: conditionsOf(again) }
}

function open(path: string): ReturnType<typeof openDataDirectory> {
  const { genesisHash } = surveyOptions(path)
  const keyFingerprint = fingerprintOf(KEYS.identity.publicKey)
  const owner = { path, networkId: GENESIS.networkId, genesisHash, keyFingerprint }
  return openDataDirectory(owner, { onWriteFailure: () => undefined })
}

test(
  'of a whole directory there is nothing to say and nothing to do',
  withDirectory(async (path) => {
    const { found, plan, after } = await repaired(path)
    assert.equal([found, after], [WHOLE, WHOLE])
    assert.equal(plan, { steps: [], beyond: [] })
  })
)

for (const [name, spoil] of [
  ['without CURRENT', (ledger: string) => rm(join(ledger, 'CURRENT'))],
  ['without a table', async (ledger: string) => rm(await lastFile(ledger, '.ldb'))],
  [
    'with a table cut short',
    async (ledger: string) => truncate(await lastFile(ledger, '.ldb'), 99)
  ],
  [
    'with a bit flipped in the index of a table',
    async (ledger: string) => flipBit(await lastFile(ledger, '.ldb'), -60)
  ],
  ['that is gone', (ledger: string) => rm(ledger, { recursive: true })]
] as const)
  test(
    `a ledger ${name} is moved aside, a new one begins, and the vote log stays`,
    withDirectory(async (path) => {
      await spoil(join(path, 'ledger'))
      const isThere = existsSync(join(path, 'ledger'))
      const names = isThere ? await readdir(join(path, 'ledger')) : []
      assert.is((await codedError(open(path))).exitCode, 65)
      const { found, after } = await repaired(path)
      assert.not.equal(found['ledger'], 'whole')
      assert.equal(after, WHOLE)
      const aside = join(path, `ledger.${ASIDE}`)
      assert.is(existsSync(aside), isThere)
      if (isThere)
        for (const one of names) assert.ok((await readdir(aside)).includes(one), `${one} is kept`)
      const directory = await open(path)
      assert.is(directory.voteLog.highest.view, BLOCKS.length)
      assert.is(directory.voteLog.isLost, false)
      await directory.close()
    })
  )

for (const [name, spoil] of [
  ['missing', (sign: string) => rm(sign, { recursive: true })],
  [
    'an empty folder',
    async (sign: string) => {
      await rm(sign, { recursive: true })
      await mkdir(sign)
    }
  ],
  ['damaged', async (sign: string) => flipBit(await lastFile(sign, '.log'), 20)]
] as const)
  test(
    `where the vote log is ${name} the key never votes again, and the ledger stays`,
    withDirectory(async (path) => {
      await spoil(join(path, 'sign'))
      const error = await codedError(open(path))
      assert.ok(['VOTE_LOG_MISSING', 'STORAGE_DAMAGED'].includes(error.code))
      const { found, after, plan } = await repaired(path)
      assert.ok(found['sign'] === 'missing' || found['sign'] === 'damaged')
      assert.equal(after, { ...WHOLE, sign: 'lost' })
      assert.match(plan.steps.at(-1)?.what ?? '', /never votes again/)
      const directory = await open(path)
      assert.is(directory.voteLog.isLost, true)
      const vote = { epoch: 0, view: 99, kind: 'notarise' as const, bytes: Uint8Array.of(1) }
      const signing = directory.voteLog.record({ entries: [vote], certificates: [] })
      const refusal = await signing.then(
        () => 'it was signed',
        (failure: Error) => failure.message
      )
      assert.match(refusal, /nothing is signed once a vote log was lost/)
      const ledger = await openSmallLedger(directory.ledger, BLOCKS)
      assert.is(ledger.keeper.tip.height, BLOCKS.length)
      await directory.close()
      assert.is((await open(path).then(closed)).voteLog.isLost, true, 'that is durable')
    })
  )

test(
  'a marker that is lost is written again as the databases and the key say',
  withDirectory(async (path) => {
    const marker = join(path, 'node.json')
    const before = await readFile(marker, 'utf8')
    await rm(marker)
    assert.is((await codedError(open(path))).code, 'STORAGE_DAMAGED')
    assert.equal((await repaired(path)).found, { ...WHOLE, 'node.json': 'missing' })
    assert.is(await readFile(marker, 'utf8'), before)
    await writeFile(marker, before.slice(10))
    assert.equal((await repaired(path)).found, { ...WHOLE, 'node.json': 'damaged' })
    assert.is(await readFile(marker, 'utf8'), before)
    assert.ok(existsSync(`${marker}.${ASIDE}`))
  })
)

test(
  'without marker and vote log nobody knows whose it is, and nothing is touched',
  withDirectory(async (path) => {
    await rm(join(path, 'node.json'))
    await rm(join(path, 'sign'), { recursive: true })
    const names = await readdir(path)
    const survey = await surveyDataDirectory(surveyOptions(path))
    const plan = planRepair(survey, { timeMs: TIME_MS })
    assert.equal(plan.steps, [])
    assert.match(plan.beyond.join(), /nobody can say whose/)
    assert.equal(await readdir(path), names)
  })
)

test(
  'keys that are gone are beyond repair',
  withDirectory(async (path) => {
    await rm(join(path, 'keys', 'identity.key'))
    const survey = await surveyDataDirectory(surveyOptions(path))
    assert.is(conditionsOf(survey)['keys'], 'damaged')
    assert.match(planRepair(survey, { timeMs: TIME_MS }).beyond.join(), /cannot be made again/)
  })
)

test(
  'a vote log older than a vote that the ledger holds is as bad as none',
  withDirectory(async (path) => {
    const { uuid } = JSON.parse(await readFile(join(path, 'node.json'), 'utf8')) as { uuid: string }
    await rm(join(path, 'sign'), { recursive: true })
    // such as it was before the vote that finalised the last block
    const identity = { uuid, networkId: GENESIS.networkId, schemaVersion: 1 }
    const log = await openVoteLog(
      { path: join(path, 'sign'), identity, create: true },
      { onWriteFailure: () => undefined }
    )
    await log.close()
    const { found, after } = await repaired(path)
    assert.is(found['sign'], 'damaged')
    assert.is(after['sign'], 'lost')
  })
)

test(
  'records that a running node mends are no reason to begin anew',
  withDirectory(async (path) => {
    const database = await openSmallDatabase(path)
    const batch = database.createBatch()
    batch.delete(batchKey(BLOCKS[0]!.batch.id))
    batch.delete(blockKey(2))
    await batch.write({ sync: true })
    await database.close()
    const survey = await surveyDataDirectory(surveyOptions(path))
    assert.equal(conditionsOf(survey), { ...WHOLE, ledger: 'curable' })
    assert.equal(planRepair(survey, { timeMs: TIME_MS }), { steps: [], beyond: [] })
    assert.match(
      survey.parts.find(({ part }) => part === 'ledger')!.what,
      /block 2: is missing|batch/
    )
  })
)

test(
  'a directory of another network or key is refused, not repaired',
  withDirectory(async (path) => {
    const foreign = { ...GENESIS, timeMs: GENESIS.timeMs + 1 }
    const error = await codedError(surveyDataDirectory(surveyOptions(path, foreign)))
    assert.is(error.code, 'GENESIS_WRONG')
  })
)

test.run()

async function closed<Opened extends { close(): Promise<void> }>(opened: Opened): Promise<Opened> {
  await opened.close()
  return opened
}
