import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { describeSettings, loadConfig } from '../../config/index.ts'
import { formatSettings } from './settings-file.ts'

const test = suite('the settings file')

const ORIGIN = { filePath: '/node.yaml', environment: {} }
const FLAGS = {
  genesis: '/genesis.json',
  dataDirectory: '/data',
  'http.port': 1,
  'http.rate.readsPerSecond': 7,
  'http.rate.submissionsPerSecond': 8
}

test('all settings at once are written so that they are read again as they were', () => {
  const { config } = loadConfig({ ...ORIGIN, fileText: undefined, flags: FLAGS })
  const all = new Set(describeSettings().map(({ path }) => path))
  const fileText = formatSettings(config, all)
  assert.equal(loadConfig({ ...ORIGIN, fileText, flags: {} }).config, config)
})

test('each group is named once, however deep it lies', () => {
  const { config } = loadConfig({ ...ORIGIN, fileText: undefined, flags: FLAGS })
  const fileText = formatSettings(config, new Set(Object.keys(FLAGS)))
  const groups = fileText.split('\n').filter((line) => /^ *[a-z]+:$/.test(line))
  assert.equal(groups, ['http:', '  rate:'])
})

test.run()
