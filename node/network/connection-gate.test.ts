import { EventEmitter } from 'node:events'
import type { MultiaddrConnection } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ConnectionGate } from './connection-gate.ts'
import { hostOf } from './host-of.ts'
import { NETWORK_LIMITS, type NetworkLimits } from './limits.ts'
import { identityOf, peerIdOf } from './peer-key.ts'
import { seedOf } from './test-peers.ts'

const test = suite('connection gate')
const MEMBER = identityOf(seedOf('member')).key

interface Visitor {
  readonly connection: MultiaddrConnection
  readonly leave: () => void
}

function visitorFrom(ip: string): Visitor {
  const events = new EventEmitter()
  const family = ip.includes(':') ? 'ip6' : 'ip4'
  const connection = {
    remoteAddr: multiaddr(`/${family}/${ip}/tcp/4000`),
    addEventListener: (name: string, listener: () => void) => events.on(name, listener)
  } as unknown as MultiaddrConnection
  return { connection, leave: () => events.emit('close') }
}

function create(limits: Partial<NetworkLimits> = {}, observersMax = 100) {
  const refused: string[] = []
  const clock = { nowMs: 0 }
  const gate = new ConnectionGate(
    { observersMax, limits: { ...NETWORK_LIMITS, ...limits } },
    {
      now: () => clock.nowMs,
      isMember: (key) => key === MEMBER,
      isMemberHost: (host) => host === '203.0.113.1',
      isBanned: (key) => key === identityOf(seedOf('banned')).key,
      isHostBanned: (host) => host === '198.51.100.66',
      refused: (reason) => refused.push(reason)
    }
  )
  const isAdmitted = (name: string, visitor: Visitor): boolean =>
    !gate.denyInboundEncryptedConnection(peerIdOf(identityOf(seedOf(name)).key), visitor.connection)
  return { gate, refused, clock, isAdmitted }
}

test('one host has its rate and its share of half-open connections', () => {
  const { gate, refused, clock } = create({ handshakeBurstPerHost: 3, pendingPerHostMax: 2 })
  const visitors = Array.from({ length: 6 }, () => visitorFrom('192.0.2.1'))
  const knock = (visitor: Visitor): boolean => !gate.denyInboundConnection(visitor.connection)
  assert.equal(visitors.slice(0, 3).map(knock), [true, true, false])
  visitors[0]!.leave()
  visitors[1]!.leave()
  assert.equal(visitors.slice(3, 5).map(knock), [true, false])
  assert.ok(knock(visitorFrom('192.0.2.2')))
  assert.ok(knock(visitorFrom('203.0.113.1')))
  assert.not(knock(visitorFrom('198.51.100.66')))
  assert.equal(refused, ['pending-host', 'rate', 'banned-host'])
  clock.nowMs += NETWORK_LIMITS.handshakePeriodPerHostMs
  visitors[3]!.leave()
  assert.ok(knock(visitors[5]!))
})

test('observers of one host have few slots, and leave them when they go', () => {
  const { isAdmitted, refused, gate } = create({ observersPerHostMax: 2 }, 3)
  const visitors = Array.from({ length: 4 }, () => visitorFrom('192.0.2.1'))
  for (const visitor of visitors) gate.denyInboundConnection(visitor.connection)
  assert.ok(isAdmitted('one', visitors[0]!))
  assert.ok(isAdmitted('two', visitors[1]!))
  assert.not(isAdmitted('three', visitors[2]!))
  visitors[0]!.leave()
  assert.ok(isAdmitted('three', visitors[2]!))
  assert.ok(isAdmitted('four', visitorFrom('192.0.2.9')))
  assert.not(isAdmitted('five', visitorFrom('192.0.2.8')))
  assert.ok(isAdmitted('member', visitorFrom('192.0.2.1')))
  assert.not(isAdmitted('banned', visitorFrom('192.0.2.7')))
  assert.equal(refused, ['observers-host', 'observers', 'banned'])
})

test('the half-open table is bounded over all hosts', () => {
  const { gate } = create({ pendingMax: 10, handshakesPerSubnetPerSecond: 1_000 })
  const admitted = Array.from({ length: 50 }, (_, index) => visitorFrom(`192.0.2.${index}`)).filter(
    (visitor) => !gate.denyInboundConnection(visitor.connection)
  )
  assert.is(admitted.length, 10)
})

test('an IPv6 customer is one host, a mapped IPv4 address the IPv4 host', () => {
  const hosts = ['2001:db8:1:ab00::1', '2001:db8:1:abff:1::9', '2001:db8:1:ac00::1']
  const [first, same, other] = hosts.map((ip) => hostOf(multiaddr(`/ip6/${ip}/tcp/1`)))
  assert.equal(first, same)
  assert.is.not(first?.host, other?.host)
  assert.is(first?.subnet, other?.subnet)
  assert.equal(hostOf(multiaddr('/ip4/192.0.2.7/tcp/1')), { host: '192.0.2.7', subnet: '192.0.2' })
})

test.run()
