import * as fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ConfigError } from './config-error.ts'
import { type PositionedDocument, readDocument } from './document.ts'

const test = suite('document')

function read(text: string, syntax: 'yaml' | 'json' = 'yaml'): PositionedDocument {
  const code = 'CONFIGURATION_WRONG'
  return readDocument(text, { source: 'f', syntax, sizeMaxCharacters: 262_144, code })
}

function refusal(text: string, syntax: 'yaml' | 'json' = 'yaml'): string {
  try {
    read(text, syntax)
  } catch (error) {
    if (error instanceof ConfigError) return error.message
    throw error
  }
  return 'taken'
}

test('keys and values are found at their lines and columns', () => {
  const { value, locate } = read('# hello\na:\n  b: 1\n  c: [x, {d: 2}]\n')
  assert.equal(JSON.parse(JSON.stringify(value)), { a: { b: 1, c: ['x', { d: 2 }] } })
  assert.equal(locate(['a', 'b'], 'key'), { line: 3, column: 3 })
  assert.equal(locate(['a', 'b'], 'value'), { line: 3, column: 6 })
  assert.equal(locate(['a', 'c', 1, 'd'], 'value'), { line: 4, column: 14 })
})

test('a missing key is placed at the group that lacks it', () => {
  const { locate } = read('a:\n  b: 1\n')
  assert.equal(locate(['a', 'z'], 'value'), { line: 1, column: 1 })
  assert.equal(locate(['q'], 'value'), { line: 1, column: 1 })
})

test('an empty text is no value at all', () => {
  assert.is(read('').value, undefined)
  assert.is(read('# only a comment\n').value, undefined)
})

test('a key said twice is refused where it is said again', () => {
  assert.is(refusal('a: 1\nb: 2\na: 3\n'), 'f:3:1: a: is said twice')
  assert.is(refusal('{"a": {"b": 1, "b": 1}}', 'json'), 'f:1:16: a.b: is said twice')
})

test('tabs as indentation are refused', () => {
  assert.match(refusal('a:\n\tb: 1\n'), /^f:2:1: Tabs are not allowed as indentation/)
})

test('anchors, aliases, tags and directives are refused', () => {
  assert.match(refusal('a: &x [1]\n'), /^f:1:\d+: a: anchors \(&\) are not allowed$/)
  assert.match(refusal('b: *x\n'), /^f:1:4: /)
  assert.match(refusal('a: !!str 1\n'), /tags \(!\) are not allowed/)
  assert.match(refusal('%YAML 1.1\n---\na: yes\n'), /directives \(%\) are not allowed/)
  assert.match(refusal('? &k key\n: 1\n'), /anchors/)
})

test('a second document is refused', () => {
  assert.match(refusal('a: 1\n---\nb: 2\n'), /more than one document/)
})

test('keys that reach for a prototype are refused and change none', () => {
  for (const key of ['__proto__', 'constructor', 'prototype']) {
    assert.match(refusal(`${key}: {polluted: 1}`), /this key is forbidden/)
    assert.match(refusal(`a: {"${key}": 1}`), /this key is forbidden/)
    assert.match(refusal(`{"a": {"${key}": 1}}`, 'json'), /this key is forbidden/)
  }
  assert.is(Object.getPrototypeOf(read('a: 1').value), null)
  assert.not('polluted' in {})
})

test('keys that are not text are refused', () => {
  assert.match(refusal('? [a]\n: 1\n'), /keys must be strings/)
})

test('a merge key is a key like any other', () => {
  assert.equal(Object.keys(read('<<: {a: 1}').value as object), ['<<'])
})

test('a bomb of aliases does not explode', () => {
  const levels = Array.from(
    { length: 9 },
    (_, level) => `l${level + 1}: &l${level + 1} [${`*l${level},`.repeat(9)}]`
  )
  assert.match(refusal(['l0: &l0 [x]', ...levels].join('\n')), /anchors/)
})

test('a tower of brackets, dashes or indents is refused before it is built', () => {
  const high = 40_000
  const steps = Array.from({ length: 500 }, (_, level) => `${' '.repeat(level)}a:\n`)
  for (const tower of [
    '['.repeat(high),
    '['.repeat(high) + ']'.repeat(high),
    '{a: '.repeat(high),
    '{"a":'.repeat(high),
    '- '.repeat(high),
    '? '.repeat(high),
    'a: '.repeat(high),
    steps.join('')
  ])
    assert.match(refusal(tower), /nested too deeply/)
  assert.match(refusal('['.repeat(high) + ']'.repeat(high), 'json'), /nested too deeply/)
})

test('a text of ten megabytes is refused by its size alone', () => {
  assert.is(
    refusal('x'.repeat(10_485_760)),
    'f: has 10485760 characters, at most 262144 are allowed'
  )
})

test('many keys are read without comparing each with every other', () => {
  const count = 9000
  const keys = Array.from({ length: count }, (_, index) => `k${index}: 1\n`).join('')
  assert.is(Object.keys(read(keys).value as object).length, count)
})

test('a text of too many parts is refused before it is built', () => {
  for (const text of [`[${','.repeat(200_000)}`, '! '.repeat(100_000), 'a: b\n'.repeat(30_000)])
    assert.match(refusal(text), /too many parts/)
})

test('YAML that is no JSON is refused as JSON', () => {
  for (const text of ['a: 1', "{'a': 1}", '{"a": 1,}', '{"a": 1} # x', '{"a": .5}', '', '{"a": x}'])
    assert.match(refusal(text, 'json'), /^f:\d+:\d+: /)
  assert.equal(Object.keys(read('{\n\t"a": 1\n}', 'json').value as object), ['a'])
})

test('minus zero is zero', () => {
  assert.ok(Object.is((read('a: -0').value as { a: number }).a, 0))
})

test('errors stay on one line of printable characters', () => {
  for (const text of [
    '"a\\u001b[31m\\n": 1\n"a\\u001b[31m\\n": 2',
    'a: b: \u202e\u001b c',
    '@\u0007'
  ])
    assert.match(refusal(text), /^[\x20-\x7e…]+$/)
})

test('any JSON value of modest depth is read as JSON.parse reads it', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4, noUnicodeString: false }), (value) => {
      const text = JSON.stringify(value, undefined, 2)
      fc.pre(!/__proto__|constructor|prototype/.test(text))
      const parsed = read(text, 'json').value
      assert.is(JSON.stringify(parsed), JSON.stringify(JSON.parse(text)))
    }),
    { numRuns: 300 }
  )
})

test('any text is read or refused by a ConfigError', () => {
  const snippet = fc.constantFrom(
    ...['a', ':', ' ', '\n', '- ', '[', ']', '{', '}', ',', '"', "'", '#', '&x', '*x', '!t'],
    ...['|', '>', '\t', '---\n', '%', '? ', '__proto__', '\\', '\u0000', '\ufeff', '1', '  ']
  )
  fc.assert(
    fc.property(fc.array(snippet, { maxLength: 40 }), (parts) => {
      refusal(parts.join(''))
      refusal(parts.join(''), 'json')
    }),
    { numRuns: 2000 }
  )
})

test.run()
