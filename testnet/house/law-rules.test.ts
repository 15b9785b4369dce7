import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { danglingCitations, unlistedFaults } from './law-rules.ts'
import type { SourceFile } from './repository.ts'

const test = suite('law rules')

const LAW = '# Law\n\n## 3 Transactions\n\n### 3.5 Fault codes\n\n`KEY_WEAK`: a weak key.\n'

/** Put together here, so that this file cites nothing itself. */
function citing(section: string): SourceFile[] {
  return [{ path: 'protocol/a.ts', text: `/**\n * @see SPEC.md ${'§'}${section}\n */\n` }]
}

test('a citation names a section by number and title', () => {
  assert.equal(danglingCitations(citing('3 Transactions'), LAW), [])
  assert.equal(danglingCitations(citing('3.5 Fault codes'), LAW), [])
})

test('a wrong number, a wrong title and a missing title are found', () => {
  for (const section of ['4 Transactions', '3 Transaction', '3.5', '3.50 Fault codes'])
    assert.is(danglingCitations(citing(section), LAW).length, 1, section)
})

test('a fault code that the law is silent about is found', () => {
  const text = "reject('KEY_WEAK')\nreject('KEY_LOST')\n// reject('KEY_OLD')\n"
  assert.equal(unlistedFaults([{ path: 'protocol/ledger/a.ts', text }], LAW), ['KEY_LOST'])
  for (const path of ['protocol/ledger/a.test.ts', 'protocol/proofs/a.ts', 'node/a.ts'])
    assert.equal(unlistedFaults([{ path, text }], LAW), [])
})

test.run()
