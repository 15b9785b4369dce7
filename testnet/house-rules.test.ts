import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { LOG_SENTENCES } from '../node/cli/bugreport/log-sentences.ts'
import { NODE_ERROR_CODES } from '../node/errors.ts'
import { METRICS } from '../node/metric-names.ts'
import { staleOutput } from './house/build-rules.ts'
import { danglingCitations, unlistedFaults } from './house/law-rules.ts'
import {
  errorCodesApart,
  metricsApart,
  misnamedMetrics,
  sentencesApart
} from './house/name-rules.ts'
import {
  isGossipsubKept,
  type Manifest,
  unreasonedPackages,
  unusedPackages
} from './house/package-rules.ts'
import { listFiles, readFiles } from './house/repository.ts'
import {
  asynchronousLaw,
  forgottenSuites,
  loudEntries,
  putOffWork,
  switchedOffTests,
  unexplainedExports,
  withoutPurpose
} from './house/source-rules.ts'
import { TEXT_FIELDS, unreasonedText } from './house/text-rules.ts'
import { emptyPromises, trapRows } from './house/trap-rules.ts'

const test = suite('house rules')

const root = fileURLToPath(new URL('../..', import.meta.url))
const files = readFiles(root, ['.ts', '.tsx'])
const documents = readFiles(root, ['.md'])
/** The heading of the tables of attacks on devices and owners. */
const ATTACKS = 'Attacks on devices and owners'
const manifest = readJson('package.json') as Manifest

test('the rules see the whole house', () => {
  assert.ok(files.length > 300, `${files.length} files`)
})

test('every source file opens by saying what it is for', () => {
  assert.equal(withoutPurpose(files), [])
})

test('every export explains itself', () => {
  assert.equal(unexplainedExports(files), [])
})

test('every cited section of the law exists', () => {
  assert.equal(danglingCitations(files, readText('protocol/SPEC.md')), [])
})

test('every fault code of the protocol is explained by the law', () => {
  assert.equal(unlistedFaults(files, readText('protocol/SPEC.md')), [])
})

test('every suite runs', () => {
  assert.equal(forgottenSuites(files), [])
})

test('no test is switched off', () => {
  assert.equal(switchedOffTests(files), [])
})

test('nothing in protocol/ waits', () => {
  assert.equal(asynchronousLaw(files), [])
})

test('no process is loud when the reader of its output goes', () => {
  assert.equal(loudEntries(files), [])
})

test('no work is put off in a comment', () => {
  assert.equal(putOffWork([...files, ...documents]), [])
})

test('every error code that is thrown is listed, and every listed one is thrown', () => {
  assert.equal(errorCodesApart(files, Object.keys(NODE_ERROR_CODES)), [])
})

test('every metric is named by its folder, its noun and its unit', () => {
  const folders = readdirSync(join(root, 'node'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
  assert.equal(misnamedMetrics(files, [...folders, 'process']), [])
})

test('every metric that a node makes is in the table of metrics, and the other way round', () => {
  assert.equal(metricsApart(files, Object.keys(METRICS)), [])
})

test('every sentence that a node logs is in the list of sentences, and the other way round', () => {
  assert.equal(sentencesApart(files, LOG_SENTENCES), [])
})

test('every package has its reason in a README', () => {
  assert.equal(unreasonedPackages(manifest, documents), [])
})

test('every package is used', () => {
  const users = files.filter(({ path }) => !path.startsWith('testnet/house/'))
  assert.equal(unusedPackages(manifest, users, binariesOf), [])
})

test('the gossipsub that is installed is one that is looked after', () => {
  const installed = readJson('node_modules/@chainsafe/libp2p-gossipsub/package.json')
  assert.ok(isGossipsubKept(installed as { name?: string; version?: string }))
})

test('every trap in the table has the tests that it names', () => {
  const table = readText('testnet/README.md')
  assert.ok(trapRows(table).length >= 50, `${trapRows(table).length} rows`)
  const texts = new Map(files.map(({ path, text }) => [path, text]))
  const scenarios = listFiles(root, 'testnet/scenarios')
  const find = (path: string): string | undefined =>
    texts.get(path) ?? (scenarios.includes(path) ? readText(path) : undefined)
  assert.equal(emptyPromises(table, find), [])
})

test('every attack on devices and owners has the tests that it names', () => {
  const table = readText('testnet/README.md')
  const rows = trapRows(table, ATTACKS)
  assert.ok(rows.length >= 24, `${rows.length} rows`)
  const texts = new Map(files.map(({ path, text }) => [path, text]))
  assert.equal(
    emptyPromises(table, (path) => texts.get(path), ATTACKS),
    []
  )
})

test('every field of text on the ledger has its bound, and the reason why it tells of nobody', () => {
  assert.equal(unreasonedText(files, TEXT_FIELDS), [])
})

test('nothing is built that no source stands behind', () => {
  const sources = files.map(({ path }) => path)
  assert.equal(staleOutput(listFiles(root, 'dist'), sources), [])
})

test.run()

function readText(path: string): string {
  return readFileSync(join(root, path), 'utf8')
}

function readJson(path: string): unknown {
  return JSON.parse(readText(path))
}

function binariesOf(name: string): string[] {
  const { bin } = readJson(`node_modules/${name}/package.json`) as {
    readonly bin?: string | Readonly<Record<string, string>>
  }
  return typeof bin === 'string' ? [name] : Object.keys(bin ?? {})
}
