import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { isGossipsubKept, unreasonedPackages, unusedPackages } from './package-rules.ts'

const test = suite('package rules')

const MANIFEST = {
  scripts: { test: 'node node_modules/runner/bin.js && check .' },
  dependencies: { cborg: '1.0.0', '@noble/hashes': '1.0.0' },
  devDependencies: { runner: '1.0.0', checker: '1.0.0', '@types/node': '1.0.0' }
}

function readme(rows: string): { path: string; text: string }[] {
  return [{ path: 'node/README.md', text: `# node\n\n## Packages\n\n${rows}\n\n## More\n` }]
}

test('a package without a reason is found, and a reason without a package', () => {
  const rows = Object.keys({ ...MANIFEST.dependencies, ...MANIFEST.devDependencies }).map(
    (name) => `| \`${name}\` | it is good |`
  )
  assert.equal(unreasonedPackages(MANIFEST, readme(rows.join('\n'))), [])
  assert.equal(unreasonedPackages(MANIFEST, readme(rows.slice(1).join('\n'))), ['cborg'])
  const empty = ['| `cborg` |  |', ...rows.slice(1)].join('\n')
  assert.equal(unreasonedPackages(MANIFEST, readme(empty)), ['cborg'])
  assert.equal(unreasonedPackages(MANIFEST, readme([...rows, '| `gone` | old |'].join('\n'))), [
    'gone: explained, yet no direct dependency'
  ])
})

test('a package that nothing imports and no script runs is found', () => {
  const using = "import { encode } from 'cborg'\nimport { sha256 } from '@noble/hashes/sha2.js'\n"
  const binaries = (name: string): string[] => (name === 'checker' ? ['check'] : [])
  const found = (text: string): string[] =>
    unusedPackages(MANIFEST, [{ path: 'node/a.ts', text }], binaries)
  assert.equal(found(using), [])
  assert.equal(found("import { encode } from 'cborg-next'\n"), ['cborg', '@noble/hashes'])
  assert.equal(
    unusedPackages(MANIFEST, [{ path: 'node/a.ts', text: using }], () => []),
    ['checker']
  )
})

test('a gossipsub below 17.1, or the one under the old name, is found', () => {
  const name = '@libp2p/gossipsub'
  assert.ok(isGossipsubKept({ name, version: '17.1.1' }))
  assert.ok(isGossipsubKept({ name, version: '18.0.0' }))
  assert.not(isGossipsubKept({ name, version: '17.0.9' }))
  assert.not(isGossipsubKept({ name: '@chainsafe/libp2p-gossipsub', version: '17.1.1' }))
  assert.not(isGossipsubKept({}))
})

test.run()
