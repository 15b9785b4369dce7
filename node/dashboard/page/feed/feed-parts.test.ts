import * as fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { narrowOffset, offsetMs, UNKNOWN_OFFSET } from './clock-offset.ts'
import { EventParser, type ServerEvent } from './event-parser.ts'

const test = suite('feed')

test('an event is read however its bytes are cut', () => {
  const text = 'retry: 2000\n\nid: 3.1\nevent: block\ndata: {"a":\ndata: 1}\n\n: alive\nid: 4\n\n'
  fc.assert(
    fc.property(fc.array(fc.nat(text.length), { maxLength: 8 }), (cuts) => {
      const parser = new EventParser()
      const places = [0, ...cuts.sort((a, b) => a - b), text.length]
      const events: ServerEvent[] = []
      for (const [index, place] of places.slice(1).entries())
        events.push(...(parser.push(text.slice(places[index], place)) ?? []))
      assert.equal(events, [{ kind: 'block', data: '{"a":\n1}' }])
      assert.is(parser.lastId, '4')
    })
  )
})

test('a line without an end is not read for ever', () => {
  const parser = new EventParser()
  assert.equal(parser.push('data: x'), [])
  assert.is(parser.push('x'.repeat(1_100_000)), null)
})

test('clocks that agree are taken to agree, and a wrong one is found to within a second', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: -10_000_000, max: 10_000_000 }),
      fc.array(fc.nat(999), { minLength: 1, maxLength: 20 }),
      (differenceMs, steps) => {
        let known = UNKNOWN_OFFSET
        let atMs = 1_000_000_000_000
        for (const step of steps) {
          atMs += 1_000 + step
          const dateMs = Math.floor((atMs + 20 + differenceMs) / 1000) * 1000
          known = narrowOffset(known, { sentMs: atMs, receivedMs: atMs + 40, dateMs })
        }
        assert.ok(Math.abs(offsetMs(known) - differenceMs) < 1_250)
        if (differenceMs === 0) assert.is(offsetMs(known), 0)
      }
    )
  )
})

test('a clock that is set meanwhile is measured anew, and an answer without a date says nothing', () => {
  const first = narrowOffset(UNKNOWN_OFFSET, { sentMs: 0, receivedMs: 10, dateMs: 0 })
  assert.is(offsetMs(first), 0)
  const later = narrowOffset(first, { sentMs: 2_000, receivedMs: 2_010, dateMs: 3_602_000 })
  assert.ok(Math.abs(offsetMs(later) - 3_600_500) < 700)
  assert.is(narrowOffset(first, { sentMs: 0, receivedMs: 1, dateMs: Number.NaN }), first)
})

test.run()
