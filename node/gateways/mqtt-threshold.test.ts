import * as fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { judgeFirstBytes } from './mqtt-threshold.ts'

const test = suite('MQTT threshold')

const SIZE_MAX = 4_096

/** A packet with a body of so many bytes, its length written as the protocol wants it. */
function connectOf(length: number): Uint8Array {
  const head = [0x10]
  let rest = length
  do {
    head.push((rest % 128) + (rest >= 128 ? 128 : 0))
    rest = Math.floor(rest / 128)
  } while (rest > 0)
  return Uint8Array.of(...head, ...new Uint8Array(length))
}

test('a CONNECT is whole with its last byte, however it comes', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 6_000 }), fc.nat(), (length, cut) => {
      const packet = connectOf(length)
      const isSmall = packet.length <= SIZE_MAX
      const head = packet.length - length
      assert.is(judgeFirstBytes(packet, SIZE_MAX), isSmall ? 'whole' : 'wrong')
      const part = packet.subarray(0, cut % packet.length)
      const expected = isSmall || part.length < head ? 'more' : 'wrong'
      assert.is(judgeFirstBytes(part, SIZE_MAX), expected)
    })
  )
})

test('what is no CONNECT is wrong at its first byte', () => {
  for (let kind = 0; kind < 256; kind++)
    if (kind !== 0x10) assert.is(judgeFirstBytes(Uint8Array.of(kind), SIZE_MAX), 'wrong')
  assert.is(judgeFirstBytes(Uint8Array.of(0x10, 255, 255, 255, 255), SIZE_MAX), 'wrong')
  assert.is(judgeFirstBytes(new Uint8Array(0), SIZE_MAX), 'more')
})

test.run()
