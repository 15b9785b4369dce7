import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { addressFault, isLoopback, peerAddressFault } from './address.ts'

const test = suite('address')

const PEER = '12D3KooWC83mU1peRy71qTdEXymZiXsZfo7L3x36eD8SCVq9bQkP'

test('ip and name addresses with a TCP port are taken', () => {
  for (const text of [
    '/ip4/127.0.0.1/tcp/0',
    '/ip6/::/tcp/4001',
    '/ip6/2001:db8::7/tcp/4001',
    '/dns/localhost/tcp/1',
    '/dns4/node-7.example.net/tcp/65535',
    `/dns6/a.example./tcp/4001/p2p/${PEER}`
  ])
    assert.is(addressFault(text), undefined, text)
})

test('everything else is refused with a reason', () => {
  for (const text of [
    '',
    '/',
    '127.0.0.1:4001',
    'http://example.net',
    '/ip4/127.0.0.1',
    '/ip4/127.0.0.1/udp/4001',
    '/ip4/127.0.0.256/tcp/4001',
    '/ip4/127.0.0.01/tcp/4001',
    '/ip4/127.0.0/tcp/4001',
    '/ip6/127.0.0.1/tcp/4001',
    '/ip6/:::/tcp/4001',
    '/ip6/::1]x[/tcp/4001',
    '/dns4/-a.example/tcp/4001',
    '/dns4//tcp/4001',
    `/dns4/${'a'.repeat(64)}.example/tcp/4001`,
    `/dns4/${'a.'.repeat(130)}!/tcp/4001`,
    '/ip4/127.0.0.1/tcp/65536',
    '/ip4/127.0.0.1/tcp/-1',
    '/ip4/127.0.0.1/tcp/4001/',
    '/ip4/127.0.0.1/tcp/4001/ws',
    '/ip4/127.0.0.1/tcp/4001/p2p/QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N',
    `/ip4/127.0.0.1/tcp/4001/p2p/${PEER}/p2p-circuit`,
    '/__proto__/x/tcp/1',
    '/toString/x/tcp/1'
  ])
    assert.type(addressFault(text), 'string', text)
})

test('an address to call names the peer and a real port', () => {
  assert.is(peerAddressFault(`/ip4/192.0.2.1/tcp/4001/p2p/${PEER}`), undefined)
  assert.type(peerAddressFault('/ip4/192.0.2.1/tcp/4001'), 'string')
  assert.type(peerAddressFault(`/ip4/192.0.2.1/tcp/0/p2p/${PEER}`), 'string')
})

test('only the own machine is loopback', () => {
  for (const host of ['localhost', '127.0.0.1', '127.255.0.9', '::1']) assert.ok(isLoopback(host))
  for (const host of ['0.0.0.0', '::', '127.evil.example', '10.0.0.1', 'localhost.example'])
    assert.not(isLoopback(host))
})

test.run()
