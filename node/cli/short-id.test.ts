import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { NodeError } from '../errors.ts'
import { resolveId } from './short-id.ts'

const test = suite('ids on the command line')

const known = [`ab${'0'.repeat(62)}`, `ac${'0'.repeat(62)}`]

test('as much of an id is enough as tells it apart, in any case', () => {
  assert.is(resolveId('AB', known, 'motion'), known[0])
  assert.is(resolveId('ab', [...known, known[0] as string], 'motion'), known[0])
})

test('an id in full needs not be known', () => {
  assert.is(resolveId('f'.repeat(64), known, 'motion'), 'f'.repeat(64))
})

test('too little, too much and nothing of one are told apart', () => {
  const fault = (text: string): string => {
    try {
      resolveId(text, known, 'open motion')
    } catch (error) {
      if (error instanceof NodeError) return error.message
    }
    return ''
  }
  assert.match(fault('a'), /beginning of 2 ids/)
  assert.match(fault('b'), /beginning of no open motion/)
  assert.match(fault('xyz'), /is no id/)
  assert.match(fault(''), /is no id/)
  assert.match(fault('a'.repeat(65)), /is no id/)
})

test.run()
