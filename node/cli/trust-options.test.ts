import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { plainTrustPolicy } from '../../protocol/index.ts'
import { NodeError } from '../errors.ts'
import { bundleFromLink, bundleToLink } from './bundle-link.ts'
import { parsePolicy, parseRoot } from './trust-options.ts'

const test = suite('options of trust, and links')

const isUsage = (error: unknown): boolean =>
  error instanceof NodeError && error.code === 'USAGE_WRONG'

test('a root is a key with its quota, a policy a model or a choice of ways', () => {
  const root = parseRoot(`${'AB'.repeat(32)}:5`)
  assert.equal(root, { key: new Uint8Array(32).fill(0xab), quota: 5 })
  assert.equal(parsePolicy('anchored', [], [root]), plainTrustPolicy('anchored', [root]))
  assert.equal(parsePolicy('hybrid', ['vouch+anchored', 'open-vote'], []), {
    model: 'hybrid',
    ways: [['vouch', 'anchored'], ['open-vote']],
    roots: []
  })
})

test('what cannot be meant is refused', () => {
  assert.throws(() => parseRoot('abcd:5'), isUsage)
  assert.throws(() => parseRoot('ab'.repeat(32)), isUsage)
  assert.throws(() => parsePolicy('hybrid', [], []), isUsage)
  assert.throws(() => parsePolicy('vouch', ['open-vote'], []), isUsage)
  assert.throws(() => parsePolicy('belief', [], []), isUsage)
})

test('a link gives back the bytes that it was made from, and nothing else is one', () => {
  const encoded = new Uint8Array([0, 255, 62, 63, 1])
  assert.equal(bundleFromLink(bundleToLink(encoded)), encoded)
  assert.is(bundleFromLink('thingmoot:join?bundle='), undefined)
  assert.is(bundleFromLink('thingmoot:join?bundle=a b'), undefined)
  assert.is(bundleFromLink('https://example.org'), undefined)
})

test.run()
