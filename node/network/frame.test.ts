import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { FrameDecoder, prefixBytes, writePrefix } from './frame.ts'

const test = suite('frames')
const MESSAGE_MAX_BYTES = 1_000_000

function frame(message: Uint8Array): Uint8Array {
  const framed = new Uint8Array(prefixBytes(message.length) + message.length)
  framed.set(message, writePrefix(framed, 0, message.length))
  return framed
}

function decode(chunks: readonly Uint8Array[]): { messages: Uint8Array[]; fault: unknown } {
  const messages: Uint8Array[] = []
  const decoder = new FrameDecoder(MESSAGE_MAX_BYTES, (message) => messages.push(message))
  for (const chunk of chunks) {
    const fault = decoder.push(chunk)
    if (fault !== undefined) return { messages, fault }
  }
  return { messages, fault: undefined }
}

function cut(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const chunks: Uint8Array[] = []
  let at = 0
  for (let turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1
    chunks.push(bytes.subarray(at, at + size))
    at += size
  }
  return chunks
}

test('messages come out as they went in, however the stream is cut', () => {
  const messages = fc.array(fc.uint8Array({ maxLength: 400 }), { maxLength: 20 })
  const sizes = fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 8 })
  fc.assert(
    fc.property(messages, sizes, (sent, cuts) => {
      const stream = new Uint8Array(Buffer.concat(sent.map(frame)))
      const { messages: got, fault } = decode(cut(stream, cuts))
      assert.is(fault, undefined)
      assert.equal(got, sent)
    })
  )
})

test('a list of arrays is one chunk', () => {
  const messages: Uint8Array[] = []
  const decoder = new FrameDecoder(10, (message) => messages.push(message))
  const list = new Set([new Uint8Array([3, 1]), new Uint8Array([2, 3, 0])])
  assert.is(decoder.push(list), undefined)
  assert.equal(messages, [new Uint8Array([1, 2, 3]), new Uint8Array(0)])
})

test('each message has a buffer of its own', () => {
  const [message] = decode([frame(new Uint8Array(10)), new Uint8Array([1])]).messages
  assert.is(message!.buffer.byteLength, 10)
})

test('whatever arrives, the decoder stays within its bound and never throws', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 20 }), (chunks) => {
      for (const message of decode(chunks).messages) assert.ok(message.length <= 1_000)
    })
  )
})

test('a length above the bound, without end or with needless bytes is a fault', () => {
  assert.is(decode([frame(new Uint8Array(MESSAGE_MAX_BYTES + 1))]).fault, 'oversize')
  assert.is(decode([new Uint8Array([0xff, 0xff, 0xff, 0xff])]).fault, 'oversize')
  assert.is(decode([new Uint8Array([0x80, 0x80, 0x80, 0x80])]).fault, 'length-malformed')
  assert.is(decode([new Uint8Array([0x81, 0x00])]).fault, 'length-malformed')
})

test.run()
