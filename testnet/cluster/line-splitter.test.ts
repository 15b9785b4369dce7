import * as fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { LINE_LENGTH_MAX, LineSplitter } from './line-splitter.ts'

const test = suite('line splitter')

test('the lines are the same however the bytes are cut', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: 'grapheme', maxLength: 20 })),
      fc.integer({ min: 1, max: 7 }),
      (texts, step) => {
        const lines = texts.map((text) => text.replace(/[\r\n]/g, ' '))
        const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''))
        const splitter = new LineSplitter()
        const found: string[] = []
        for (let start = 0; start < bytes.length; start += step)
          found.push(...splitter.push(bytes.subarray(start, start + step)))
        assert.equal([...found, ...splitter.end()], lines)
      }
    )
  )
})

test('an unfinished last line is given at the end, and a carriage return is dropped', () => {
  const splitter = new LineSplitter()
  assert.equal(splitter.push(Buffer.from('one\r\ntwo')), ['one'])
  assert.equal(splitter.end(), ['two'])
  assert.equal(splitter.end(), [])
})

test('a line without end is cut', () => {
  const splitter = new LineSplitter()
  const lines = splitter.push(Buffer.alloc(2 * LINE_LENGTH_MAX + 3, 0x61))
  assert.equal(
    [...lines, ...splitter.end()].map(({ length }) => length),
    [LINE_LENGTH_MAX, LINE_LENGTH_MAX, 3]
  )
})

test.run()
