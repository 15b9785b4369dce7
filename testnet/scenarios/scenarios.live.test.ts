import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { readSavedPlan } from '../simulator/run/saved-plan.ts'
import {
  keptPlans,
  readScenario,
  SCENARIO_FOLDER,
  scenarioNames
} from '../simulator/run/scenario-files.ts'
import { Stage } from '../simulator/run/stage.ts'

const test = suite('scenarios')

const root = fileURLToPath(new URL('../../..', import.meta.url))
const stage = new Stage({ root, workers: 2 })

test.after(() => stage.clear())

test('there are some', () => {
  assert.ok(scenarioNames(root).length >= 5)
})

for (const name of scenarioNames(root))
  test(`${name} goes as it is written`, async () => {
    const text = readScenario(root, name)
    const played = await stage.pool('stub').do({ kind: 'scenario', name, text })
    assert.fixture(played.text, text)
  })

for (const file of keptPlans(root))
  test(`${file} breaks nothing any more`, async () => {
    const { plan, sentence } = readSavedPlan(join(root, SCENARIO_FOLDER, file))
    const { report } = await stage.pool('stub').do({ kind: 'plan', plan })
    assert.is(report.failure, null, `${sentence} ${JSON.stringify(report.failure)}`)
  })

test.run()
