import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { emptyPromises, trapRows } from './trap-rules.ts'

const test = suite('trap rules')

const FILES: Readonly<Record<string, string>> = {
  'a.test.ts': "test('one is refused', () => {})\ntest('two are refused', () => {})\n",
  'b.txt': '# A scenario\n'
}

/** A document with a table of these rows. */
function documentOf(...rows: readonly string[]): string {
  return ['# Title', '', '## Traps', '', '| trap | test |', '|---|---|', ...rows, ''].join('\n')
}

const complaints = (row: string): number =>
  emptyPromises(documentOf(row), (path) => FILES[path]).length

test('rows are read, with all that they point at', () => {
  const row = '| A hole | `a.test.ts`: one is refused<br>`b.txt` |'
  const document = `${documentOf(row)}\n## Later\n\n| no | trap |\n`
  const pointers = ['`a.test.ts`: one is refused', '`b.txt`']
  assert.equal(trapRows(document), [{ trap: 'A hole', pointers }])
  assert.is(complaints(row), 0)
})

test('a table may stand under another heading, with more between its first cell and its tests', () => {
  const rows = ['| thief | signs | stopped | `a.test.ts`: one is refused |']
  const document = [
    '',
    '## Attacks',
    '| who | can | outcome | test |',
    '|---|---|---|---|',
    ...rows
  ]
  const text = document.join('\n')
  assert.equal(trapRows(text, 'Attacks'), [
    { trap: 'thief', pointers: ['`a.test.ts`: one is refused'] }
  ])
  assert.equal(trapRows(text), [])
  assert.is(
    emptyPromises(text.replace('one is', 'none is'), (path) => FILES[path], 'Attacks').length,
    1
  )
})

test('a test, a file and a row that promise nothing are found', () => {
  assert.is(complaints('| A hole | `a.test.ts`: three are refused |'), 1)
  assert.is(complaints('| A hole | `a.test.ts`: one is |'), 1)
  assert.is(complaints('| A hole | `a.test.ts` |'), 1)
  assert.is(complaints('| A hole | `c.txt` |'), 1)
  assert.is(complaints('| A hole | tested somewhere |'), 1)
  assert.is(complaints('| A hole | `b.txt`<br>`a.test.ts`: none |'), 1)
})

test.run()
