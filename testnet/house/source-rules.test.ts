import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { SourceFile } from './repository.ts'
import {
  asynchronousLaw,
  forgottenSuites,
  loudEntries,
  putOffWork,
  switchedOffTests,
  unexplainedExports,
  withoutPurpose
} from './source-rules.ts'

const test = suite('source rules')

const HEAD = '/**\n * Counts votes.\n *\n * @module\n */\n\n'

function source(text: string, path = 'protocol/tally.ts'): SourceFile[] {
  return [{ path, text }]
}

test('a file without a purpose is found', () => {
  assert.equal(withoutPurpose(source(HEAD)), [])
  assert.equal(withoutPurpose(source(`#!/usr/bin/env node\n${HEAD}`)), [])
  assert.equal(withoutPurpose(source('import x\n')), ['protocol/tally.ts'])
  assert.equal(withoutPurpose(source('/**\n * @module\n */\n')), ['protocol/tally.ts'])
  assert.equal(withoutPurpose(source('/** Counts votes. */\n')), ['protocol/tally.ts'])
})

test('an export without a docstring of its own is found', () => {
  const explained = `${HEAD}/** One. */\nexport const one = 1\n`
  assert.equal(unexplainedExports(source(explained)), [])
  assert.equal(unexplainedExports(source(`${HEAD}export { one } from './one.ts'\n`)), [])
  assert.equal(unexplainedExports(source(`${explained}export const two = 2\n`)), [
    'protocol/tally.ts:9: export const two = 2'
  ])
  const onlyModule = '/**\n * Counts.\n *\n * @module\n */\nexport const one = 1\n'
  assert.is(unexplainedExports(source(onlyModule)).length, 1)
})

test('overloads and words to the linter stand between a docstring and its export', () => {
  const overloads = '/** One. */\nexport function a(b: 1): 1\nexport function a(b: 2): 2 {\n'
  assert.equal(unexplainedExports(source(HEAD + overloads)), [])
  const told = '/** One. */\n// biome-ignore lint/a/b: a reason\nexport const one = 1\n'
  assert.equal(unexplainedExports(source(HEAD + told)), [])
})

test('a suite that never runs is found', () => {
  const path = 'protocol/tally.test.ts'
  const made = "const test = suite('tally')\n"
  assert.equal(forgottenSuites(source(`${made}test.run()\n`, path)), [])
  assert.equal(forgottenSuites(source(`${made}// test.run()\n`, path)), [
    `${path}: test never runs`
  ])
  assert.equal(forgottenSuites(source(`${made}const more = suite('more')\ntest.run()\n`, path)), [
    `${path}: more never runs`
  ])
  assert.equal(forgottenSuites(source('', path)), [`${path}: no suite`])
})

test('a process that minds when its reader goes is found', () => {
  const entry = "#!/usr/bin/env node\nprocess.stdout.write('x')\n"
  assert.equal(loudEntries(source(entry, 'node/main.ts')), ['node/main.ts'])
  assert.equal(loudEntries(source(`${entry}// quietPipes(process)\n`, 'node/main.ts')).length, 1)
  assert.equal(loudEntries(source(`${entry}quietPipes(process)\n`, 'node/main.ts')), [])
  assert.equal(loudEntries(source('export const a = "process.stdout"\n')), [])
})

test('a test that is switched off is found, one that a machine cannot run is not', () => {
  const path = 'protocol/tally.test.ts'
  for (const off of ['test.skip', 'test.only'])
    assert.is(switchedOffTests(source(`${off}('counts', () => {})\n`, path)).length, 1)
  const chosen = "const testHere = hasTool ? test : test.skip\ntestHere('counts', () => {})\n"
  assert.equal(switchedOffTests(source(chosen, path)), [])
})

test('what waits in protocol/ is found, what only speaks of it is not', () => {
  assert.is(asynchronousLaw(source('export async function a() {}\n')).length, 1)
  assert.is(asynchronousLaw(source('const b: Promise<void> = c\n')).length, 1)
  assert.is(asynchronousLaw(source('await b\n')).length, 1)
  assert.equal(asynchronousLaw(source("/** A Promise. */\n// await\nconst a = 'async'\n")), [])
  assert.equal(asynchronousLaw(source('await b\n', 'node/tally.ts')), [])
})

test('work that is put off is found', () => {
  for (const word of [
    ['TO', 'DO'],
    ['FIX', 'ME'],
    ['X', 'XX']
  ])
    assert.is(putOffWork(source(`// ${word.join('')}: count\n`)).length, 1)
  assert.equal(putOffWork(source('// to do this, count\n')), [])
})

test.run()
