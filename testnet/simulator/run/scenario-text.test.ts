import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { readBlocks, writeBlock } from './scenario-text.ts'

const test = suite('scenario text')

const text = `# What it shows.

one a b
# why
two
----
old output
# is output

three
`

test('is read without its outputs', () => {
  const blocks = readBlocks(text)
  assert.equal(
    blocks.map(({ commands }) => commands.map((command) => command.text)),
    [['one a b', '# why', 'two'], ['three']]
  )
  assert.is(blocks[0]?.commands[2]?.line, 5)
})

test('is written with the output that came, and reads the same again', () => {
  const blocks = readBlocks(text)
  const outputs = [['new'], []]
  const written = blocks.flatMap((block, at) => writeBlock(block, outputs[at] ?? []))
  assert.equal(written, [
    '# What it shows.',
    '',
    'one a b',
    '# why',
    'two',
    '----',
    'new',
    '',
    'three',
    '----',
    'ok'
  ])
  const again = readBlocks(`${written.join('\n')}\n`)
  assert.equal(
    again.map(({ commands }) => commands.length),
    blocks.map(({ commands }) => commands.length)
  )
})

test.run()
