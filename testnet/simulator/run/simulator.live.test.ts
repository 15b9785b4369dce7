import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { runBatch } from './batch.ts'
import { CRASH_SWEEP, cutAtPoint } from './crash-points.ts'
import { type HuntReport, huntMutant } from './hunt.ts'
import { MUTANTS, type Mutant } from './mutants.ts'
import { readSavedPlan } from './saved-plan.ts'
import { readScenario } from './scenario-files.ts'
import { Stage } from './stage.ts'
import type { Variant } from './variant.ts'

const test = suite('simulator')

const root = fileURLToPath(new URL('../../../..', import.meta.url))
const stage = new Stage({ root, workers: 2 })
const ports = {
  pools: { stub: stage.pool('stub'), real: stage.pool('real') },
  onProgress: () => undefined,
  onFailure: () => undefined
}

test.after(() => stage.clear())

test('a few seeds keep every promise', async () => {
  const options = {
    from: 1,
    seeds: 12,
    seconds: 20,
    isChurning: false,
    realCryptoEvery: 0,
    twiceEvery: 0
  }
  const { failed, tallies } = await runBatch(options, ports)
  assert.equal(failed, [])
  assert.is(tallies.stub.runs, 12)
})

test('one seed keeps them with real crypto, and is the same run twice', async () => {
  const options = {
    from: 2,
    seeds: 1,
    seconds: 20,
    isChurning: false,
    realCryptoEvery: 1,
    twiceEvery: 1
  }
  const { failed, tallies, twice } = await runBatch(options, ports)
  assert.equal(failed, [])
  assert.is(tallies.real.runs, 1)
  assert.is(twice, 1)
})

test('a transcript tells what happens, and changes nothing', async () => {
  const plan = { ...cutAtPoint(CRASH_SWEEP, 40), endMs: 9_000 }
  const { report } = await stage.pool('stub').do({ kind: 'plan', plan })
  const told = await stage.pool('stub').do({ kind: 'explain', plan, linesMax: 1_000 })
  assert.is(told.report.hash, report.hash)
  const lines = told.lines.map(({ text }) => text)
  for (const what of [/ s {2}n1 {2}crash by power$/, /NOTARISE v1 \S+ -> /, /commit h1 v\d+ /])
    assert.ok(
      lines.some((line) => what.test(line)),
      `${what}`
    )
  assert.is(told.rows.length, 1 + plan.weights.length)
})

test('a wrong line is noticed', async () => {
  const mutant = MUTANTS.find(({ name }) => name === 'finalise after nullify') as Mutant
  const folders: string[] = []
  const { caughtBy } = await hunt(
    { ...mutant, hunt: { seedsMax: 40, seconds: 60 } },
    ({ folder }) => folders.push(folder)
  )
  assert.ok(caughtBy !== null)
  assert.equal(folders.map(existsSync), [false])
})

test('who adds up FINALISE of several views is noticed by the scenario of two seals', async () => {
  const mutant = MUTANTS.find(({ name }) => name.includes('pooled by its id alone')) as Mutant
  const { caughtBy, seeds } = await hunt(mutant, () => undefined)
  assert.equal([caughtBy, seeds], ['scenario seals-over-four-views', 0])
})

test('a wrong line that fits nowhere is an error, and leaves nothing behind', () => {
  const mutation = {
    file: 'protocol/index.js',
    find: 'nothing of the kind',
    replace: ''
  }
  assert.throws(() => stage.variant(mutation), /stands in it 0 times/)
})

test.run()

function hunt(mutant: Mutant, onVariant: (variant: Variant) => void): Promise<HuntReport> {
  return huntMutant(mutant, {
    createVariant: (mutation) => {
      const variant = stage.variant(mutation)
      onVariant(variant)
      return variant
    },
    readScenario: (name) => readScenario(root, name),
    readPlan: (name) => readSavedPlan(name).plan,
    sound: stage.pool('stub'),
    nowMs: () => performance.now()
  })
}
