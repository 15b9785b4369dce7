import { readFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createDefaults, homePaths } from './defaults.ts'
import { judge } from './judge.ts'
import { configSchema } from './schema.ts'
import { describeSettings, printSettings, SETTINGS } from './settings.ts'

const test = suite('settings')

test('the defaults are what the schema allows', () => {
  const defaults = createDefaults({ HOME: '/home/ada' })
  assert.equal(judge(configSchema, defaults), { ok: true, value: defaults })
})

test('every setting says what it means and has its own variable and flag', () => {
  const settings = [...SETTINGS.values()]
  for (const { path, meaning } of describeSettings()) assert.ok(meaning.length > 10, path)
  for (const kind of ['variable', 'flag'] as const)
    assert.is(new Set(settings.map((setting) => setting[kind])).size, settings.length)
  assert.is(SETTINGS.get('batch.closeAfterMs')?.variable, 'THINGMOOT_BATCH_CLOSE_AFTER_MS')
  assert.is(SETTINGS.get('batch.closeAfterMs')?.flag, '--batch-close-after-ms')
})

test('every number with a dimension has a unit', () => {
  for (const { path, type, unit } of describeSettings())
    if (type === 'number' && !path.endsWith('.port')) assert.is.not(unit, '', path)
})

test('the README prints the schema as it is', () => {
  const readme = readFileSync(new URL('../../config/README.md', import.meta.url), 'utf8')
  assert.ok(readme.includes(printSettings()), 'print it anew with printSettings()')
})

test('files live at home, in the XDG folders, or beside the process', () => {
  assert.is(homePaths({ THINGMOOT_HOME: '/m', HOME: '/h' }).settingsFile, '/m/config/node.yaml')
  assert.is(homePaths({ HOME: '/h' }).settingsFile, '/h/.config/thingmoot/node.yaml')
  assert.is(homePaths({ HOME: '/h', XDG_DATA_HOME: '/d' }).dataDirectory, '/d/thingmoot')
  assert.is(homePaths({}).dataDirectory, 'thingmoot/data')
})

test.run()
