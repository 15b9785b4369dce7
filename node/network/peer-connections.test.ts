import type { Connection } from '@libp2p/interface'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { NETWORK_LIMITS } from './limits.ts'
import { PeerConnections } from './peer-connections.ts'
import { identityOf, peerIdOf } from './peer-key.ts'
import { seedOf } from './test-peers.ts'

const test = suite('peer connections')
const [LOWER, HIGHER] = ['x', 'y'].map((name) => identityOf(seedOf(name)).key).sort() as [
  string,
  string
]

function create(self: string, peer: string) {
  const clock = { nowMs: 1 }
  const events: string[] = []
  const table = new PeerConnections(self, NETWORK_LIMITS, {
    now: () => clock.nowMs,
    onConnection: (_, connection, isFirst) => {
      events.push(`${isFirst ? 'first' : 'other'} ${connection.id}`)
    },
    onDisconnected: () => events.push('gone')
  })
  const open = (direction: 'inbound' | 'outbound', id: string): Connection => {
    const connection = {
      id,
      direction,
      status: 'open',
      remotePeer: peerIdOf(peer),
      close: () => {
        events.push(`close ${id}`)
        return Promise.resolve()
      }
    } as unknown as Connection
    table.opened(connection)
    return connection
  }
  return { table, clock, events, open, peer }
}

for (const [self, peer, kept] of [
  [LOWER, HIGHER, 'outbound'],
  [HIGHER, LOWER, 'inbound']
] as const) {
  for (const order of [['inbound', 'outbound'] as const, ['outbound', 'inbound'] as const]) {
    test(`of two dials the lower key's stays: ${kept}, after ${order.join(' and ')}`, () => {
      const { table, open, events } = create(self, peer)
      for (const direction of order) open(direction, direction)
      const lost = kept === 'inbound' ? 'outbound' : 'inbound'
      assert.is(table.of(peer)?.id, kept)
      assert.ok(events.includes(`close ${lost}`))
      assert.not(events.includes(`close ${kept}`))
      assert.is(table.size, 1)
    })
  }
}

test('a dial long after is no pair: its peer has lost the first connection', () => {
  const { table, open, clock, peer } = create(LOWER, HIGHER)
  open('outbound', 'old')
  clock.nowMs += NETWORK_LIMITS.simultaneousDialMs + 1
  open('inbound', 'new')
  assert.is(table.of(peer)?.id, 'new')
})

test('of two dials of one side the newer stays', () => {
  const { table, open, peer } = create(LOWER, HIGHER)
  open('inbound', 'old')
  open('inbound', 'new')
  assert.is(table.of(peer)?.id, 'new')
})

test('a peer is gone only with its last connection', () => {
  const { table, open, events, peer } = create(LOWER, HIGHER)
  const first = open('outbound', 'first')
  const second = open('inbound', 'second')
  table.closed(first)
  assert.is(table.of(peer)?.id, 'second')
  table.closed(second)
  assert.is(table.of(peer), undefined)
  assert.equal(events, ['first first', 'close second', 'other second', 'gone'])
})

test.run()
