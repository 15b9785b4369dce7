import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { senmlContent } from '../../client/index.ts'
import { LINE_MAX_BYTES, parseInputLine, readLines } from './device-input.ts'

const test = suite('lines for a running device')

async function linesOf(...pieces: readonly string[]): Promise<string[]> {
  const lines: string[] = []
  const stream = (async function* () {
    yield* pieces
  })()
  for await (const line of readLines(stream)) lines.push(line)
  return lines
}

test('a pack, an object and a numbered object say the same', () => {
  const content = senmlContent([{ n: 'temperature', v: 21.5 }])
  const read = (text: string): unknown => parseInputLine(text)
  const message = { number: null, contentKind: 0, content }
  assert.equal(read('[{"n":"temperature","v":21.5}]'), { kind: 'message', message })
  assert.equal(read('{"temperature":21.5}'), { kind: 'message', message })
  const numbered = '{"number":17,"reading":{"temperature":21.5}}'
  assert.equal(read(numbered), { kind: 'message', message: { ...message, number: 17 } })
  const alarm = '{"number":18,"alarm":[{"n":"temperature","v":21.5}]}'
  assert.equal(read(alarm), {
    kind: 'message',
    message: { number: 18, contentKind: 1, content }
  })
  assert.equal(read('{"number":19,"heartbeat":true}'), {
    kind: 'message',
    message: { number: 19, contentKind: 3, content: new Uint8Array(0) }
  })
})

test('a reading may be called number', () => {
  const content = senmlContent([{ n: 'number', v: 3 }])
  const message = { number: null, contentKind: 0, content }
  assert.equal(parseInputLine('{"number":3}'), { kind: 'message', message })
})

test('what is no reading is told by its code', () => {
  for (const text of [
    'temperature 21.5',
    '17',
    'null',
    '[]',
    '{}',
    '[{"v":[1]}]',
    '{"temperature":null}',
    '{"number":0,"reading":{"t":1}}',
    '{"number":1.5,"reading":{"t":1}}',
    '{"number":1,"reading":{"t":1},"alarm":{"t":1}}',
    '{"number":1,"heartbeat":false}'
  ])
    assert.equal(parseInputLine(text), { kind: 'faulty', code: 'LINE_MALFORMED' }, text)
})

test('lines come whole however they are cut, and the last one needs no end', async () => {
  assert.equal(await linesOf('{"a"', ':1}\n\n  \n{"b":2}\n{', '"c":3}'), [
    '{"a":1}',
    '{"b":2}',
    '{"c":3}'
  ])
})

test('a line without end is not kept, and those after it are heard', async () => {
  const half = 'x'.repeat(LINE_MAX_BYTES)
  assert.equal(await linesOf(half, half, half, '\n{"a":1}\n'), ['LINE_TOO_LONG', '{"a":1}'])
  assert.equal(await linesOf(half, half), ['LINE_TOO_LONG'])
})

test.run()
