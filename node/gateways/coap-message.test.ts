import { generate, parse } from 'coap-packet'
import * as fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type CoapMessage, type CoapType, decodeCoap, encodeCoap } from './coap-message.ts'
import { blockOption, numberOption, readRequest } from './coap-options.ts'

const test = suite('CoAP messages')

const bytes = (text: string): Uint8Array => Buffer.from(text.replace(/\s/g, ''), 'hex')
const hex = (of: Uint8Array): string => Buffer.from(of).toString('hex')

const anyOption = fc.record({
  number: fc.oneof(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 65_535 })),
  value: fc.oneof(
    fc.uint8Array({ maxLength: 20 }),
    fc.uint8Array({ minLength: 260, maxLength: 280 })
  )
})
const anyMessage: fc.Arbitrary<CoapMessage> = fc.record({
  type: fc.constantFrom<CoapType>('confirmable', 'non-confirmable', 'acknowledgement', 'reset'),
  code: fc.integer({ min: 1, max: 255 }),
  messageId: fc.integer({ min: 0, max: 65_535 }),
  token: fc.uint8Array({ maxLength: 8 }),
  options: fc
    .array(anyOption, { maxLength: 12 })
    .map((options) => options.toSorted((a, b) => a.number - b.number)),
  payload: fc.uint8Array({ maxLength: 40 })
})

function read(of: Uint8Array): CoapMessage {
  const reading = decodeCoap(of)
  assert.is(reading.kind, 'message')
  return (reading as Extract<typeof reading, { kind: 'message' }>).message
}

function plain({ token, options, payload, ...rest }: CoapMessage): unknown {
  const told = options.map(({ number, value }) => [number, hex(value)])
  return { ...rest, token: hex(token), payload: hex(payload), options: told }
}

test('the first exchange of RFC 7252 appendix A reads as it is printed', () => {
  const request = read(bytes('40 01 7d 34 bb 74 65 6d 70 65 72 61 74 75 72 65'))
  assert.equal([request.type, request.code, request.messageId], ['confirmable', 1, 0x7d34])
  const reading = readRequest(request)
  assert.equal(reading.ok && reading.request.path, ['temperature'])
  const answer = read(bytes('60 45 7d 34 ff 32 32 2e 33 20 43'))
  assert.equal([answer.type, answer.code], ['acknowledgement', 0x45])
  assert.is(Buffer.from(answer.payload).toString(), '22.3 C')
})

test('what is written is read back, and a reader of others reads the same', () => {
  fc.assert(
    fc.property(anyMessage, (message) => {
      const written = encodeCoap(message)
      assert.equal(plain(read(written)), plain(message))
      const other = parse(Buffer.from(written))
      assert.is(other.messageId, message.messageId)
      assert.is(hex(other.payload), hex(message.payload))
      assert.equal(
        other.options.map(({ value }) => hex(value)),
        message.options.map(({ value }) => hex(value))
      )
    })
  )
})

test('what others write is read', () => {
  fc.assert(
    fc.property(anyMessage, ({ messageId, token, payload, options }) => {
      const written = generate(
        {
          code: 'POST',
          messageId,
          confirmable: true,
          token: Buffer.from(token),
          payload: Buffer.from(payload),
          options: options.map(({ number, value }) => ({
            name: String(number),
            value: Buffer.from(value)
          }))
        },
        65_536
      )
      const message = { type: 'confirmable' as const, code: 2, messageId, token, options, payload }
      assert.equal(plain(read(written)), plain(message))
    })
  )
})

test('message format errors are told apart from what is no CoAP at all', () => {
  for (const foreign of ['', '40', '400100', '00010001', '80010001', 'c0010001ff'])
    assert.is(decodeCoap(bytes(foreign)).kind, 'foreign', foreign)
  const broken = {
    'a token of nine bytes': '49010001 010203040506070809',
    'a token cut short': '48010001aa',
    'an option cut short': '40010001bd3a61',
    'an option without its length': '400100010d',
    'an option without its delta': '40010001e100',
    'a reserved delta': '40010001f1aa',
    'a reserved length': '400100011f',
    'a marker without a payload': '40010001b161ff',
    'an empty message with a token': '41000001aa',
    'an empty message with more': '40000001ff00',
    'a number beyond all options': `40010001 ${'e0ffff'.repeat(2)}`,
    'too many options': `40010001 ${'10'.repeat(33)}`
  }
  for (const [what, text] of Object.entries(broken)) {
    const reading = decodeCoap(bytes(text))
    assert.equal(reading, { kind: 'malformed', type: 'confirmable', messageId: 1 }, what)
  }
})

test('any bytes are judged and never thrown at', () => {
  const headed = fc
    .tuple(fc.integer({ min: 0x40, max: 0x7f }), fc.uint8Array({ maxLength: 80 }))
    .map(([first, rest]) => Uint8Array.of(first, ...rest))
  fc.assert(
    fc.property(fc.oneof(headed, fc.uint8Array({ maxLength: 80 })), (some) => {
      const reading = decodeCoap(some)
      if (reading.kind === 'message') readRequest(reading.message)
    }),
    { numRuns: 20_000 }
  )
})

test('critical options that are not understood refuse a request, others are passed over', () => {
  const requestOf = (...options: { number: number; value: Uint8Array }[]): unknown => {
    const reading = readRequest(
      read(
        encodeCoap({
          type: 'confirmable',
          code: 1,
          messageId: 1,
          token: new Uint8Array(0),
          options,
          payload: new Uint8Array(0)
        })
      )
    )
    return reading.ok ? 'read' : reading.fault
  }
  const some = Uint8Array.of(1)
  assert.is(requestOf({ number: 9, value: some }), 'OPTION_UNKNOWN')
  assert.is(requestOf({ number: 65_001, value: some }), 'OPTION_UNKNOWN')
  assert.is(requestOf({ number: 65_000, value: some }, { number: 258, value: some }), 'read')
  assert.is(requestOf({ number: 17, value: some }, { number: 17, value: some }), 'OPTION_UNKNOWN')
  assert.is(requestOf({ number: 17, value: new Uint8Array(3) }), 'OPTION_UNKNOWN')
  assert.is(requestOf({ number: 12, value: new Uint8Array(3) }), 'read')
  assert.is(requestOf({ number: 11, value: Uint8Array.of(0xff) }), 'OPTION_UNKNOWN')
  assert.is(requestOf({ number: 35, value: some }), 'PROXY_UNSUPPORTED')
  assert.is(requestOf(numberOption(27, 7)), 'BLOCK_WRONG')
})

test('blocks are written as they are read', () => {
  for (const option of [23, 27] as const)
    for (const sizeBytes of [16, 32, 64, 128, 256, 512, 1024])
      for (const [number, more] of [
        [0, false],
        [0, true],
        [15, true],
        [16, false],
        [1_048_575, true]
      ] as const) {
        const message = {
          type: 'confirmable' as const,
          code: 2,
          messageId: 0,
          token: new Uint8Array(0),
          options: [blockOption(option, { number, more, sizeBytes })],
          payload: new Uint8Array(0)
        }
        const reading = readRequest(read(encodeCoap(message)))
        const request = reading.ok ? reading.request : undefined
        assert.equal(request?.[option === 23 ? 'block2' : 'block1'], { number, more, sizeBytes })
      }
})

test.run()
