import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type TextField, unreasonedText } from './text-rules.ts'

const test = suite('text rules')

const PATH = 'protocol/transactions/a.ts'
const FIELD: TextField = { path: PATH, line: 'const name = text(64)', bound: '64', reason: 'none' }

const complaints = (text: string, known: readonly TextField[] = [], path = PATH): number =>
  unreasonedText([{ path, text }], known).length

test('a field of text is known, or it is found', () => {
  assert.is(complaints('const name = text(64)\n', [FIELD]), 0)
  assert.is(complaints('const name = text(65)\n', [FIELD]), 2)
  assert.is(complaints('const fields = tuple(uint(), text(8))\n'), 1)
  assert.is(complaints('  list(nullable(text(8)), 4)\n', [], 'protocol/ledger/records/a.ts'), 1)
  assert.is(complaints("return (value) => (typeof value === 'string' ? value : undefined)\n"), 1)
})

test('comments, tests and what stands on no ledger are passed over, and old reasons are found', () => {
  assert.is(complaints('// const name = text(64)\nconst a = bytes(32)\n'), 0)
  assert.is(complaints('const name = text(64)\n', [], 'protocol/transactions/a.test.ts'), 0)
  assert.is(complaints('const name = text(64)\n', [], 'node/a.ts'), 0)
  const rule = 'protocol/ledger/rules/a.ts'
  assert.is(complaints("if (typeof device === 'string') return refused(device)\n", [], rule), 0)
  assert.is(complaints('const name = text(64)\n', [], rule), 1)
  assert.is(complaints('const name = bytes(32)\n', [FIELD]), 1)
})

test.run()
