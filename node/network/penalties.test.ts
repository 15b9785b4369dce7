import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { NETWORK_LIMITS } from './limits.ts'
import { Penalties } from './penalties.ts'

const test = suite('penalties')

function create(): { penalties: Penalties; wait: (ms: number) => void } {
  let nowMs = 0
  const limits = { ...NETWORK_LIMITS, offendersMax: 3 }
  const penalties = new Penalties(limits, () => nowMs)
  return {
    penalties,
    wait: (ms) => {
      nowMs += ms
    }
  }
}

test('two serious offences within the window are too much, apart they are not', () => {
  const { penalties, wait } = create()
  assert.not(penalties.add('a', 50))
  assert.ok(penalties.add('a', 50))
  assert.not(penalties.add('b', 50))
  wait(10_001)
  assert.not(penalties.add('b', 50))
})

test('points fade by half a minute after minute', () => {
  const { penalties, wait } = create()
  penalties.add('a', 64)
  wait(60_000)
  assert.is(penalties.points('a'), 32)
  wait(600_000)
  assert.is(penalties.points('a'), 0)
})

test('a ban ends after its time or by pardon', () => {
  const { penalties, wait } = create()
  penalties.ban('a', '192.0.2.1')
  penalties.ban('b', '192.0.2.1')
  penalties.pardon('b')
  assert.ok(penalties.isBanned('a'))
  assert.not(penalties.isBanned('b'))
  wait(NETWORK_LIMITS.banMs)
  assert.not(penalties.isBanned('a'))
})

test('a host is banned when enough of its peers are, and the book has a last page', () => {
  const { penalties } = create()
  for (const peer of ['a', 'b', 'c']) penalties.ban(peer, '192.0.2.1')
  assert.not(penalties.isHostBanned('192.0.2.1'))
  for (const peer of ['d', 'e']) penalties.ban(peer, '192.0.2.2')
  assert.not(penalties.isBanned('a'))
  assert.ok(penalties.isBanned('e'))
})

test.run()
