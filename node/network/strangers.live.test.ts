import '../shims.ts'
import { once } from 'node:events'
import { connect as connectSocket } from 'node:net'
import { noise } from '@chainsafe/libp2p-noise'
import { generateKeyPair, privateKeyFromRaw } from '@libp2p/crypto/keys'
import { identify } from '@libp2p/identify'
import type { Connection, Libp2p, PrivateKey, Stream } from '@libp2p/interface'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { writePrefix } from './frame.ts'
import { identityOf } from './peer-key.ts'
import {
  addressOf,
  createTestPeer,
  seedOf,
  stateOf,
  stopAll,
  type TestPeer,
  type TestPeerOptions,
  until
} from './test-peers.ts'

const test = suite('strangers and liars')
const VOTES = '/thingmoot/test/votes/1'
const FETCH = '/thingmoot/test/fetch/1'
const GOSSIP = '/meshsub/1.2.0'
let started: TestPeer[] = []
let strangers: Libp2p[] = []

test.after.each(async () => {
  await Promise.all(strangers.map((stranger) => stranger.stop()))
  await stopAll(started)
  started = []
  strangers = []
})

async function startPeer(options: TestPeerOptions = {}): Promise<TestPeer> {
  const peer = createTestPeer('honest', options)
  started.push(peer)
  await peer.network.start()
  return peer
}

async function createStranger(privateKey: PrivateKey): Promise<Libp2p> {
  const stranger = await createLibp2p({
    privateKey,
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    services: { identify: identify({ runOnConnectionOpen: false }) }
  })
  strangers.push(stranger)
  return stranger
}

async function dial(stranger: Libp2p, peer: TestPeer): Promise<Connection> {
  return await stranger.dial(multiaddr(peer.network.listening()[0]))
}

function keyNamed(name: string): PrivateKey {
  return privateKeyFromRaw(identityOf(seedOf(name)).privateKey.raw)
}

function framed(length: number, body: Uint8Array): Uint8Array {
  const frame = new Uint8Array(body.length + 4)
  const at = writePrefix(frame, 0, length)
  frame.set(body, at)
  return frame.subarray(0, at + body.length)
}

async function hasEnded(stream: Stream): Promise<boolean> {
  if (stream.status === 'open') await once(stream as unknown as EventTarget, 'close')
  return stream.status !== 'open'
}

for (const kind of ['secp256k1', 'RSA'] as const) {
  test(`a peer with a key of kind ${kind} is refused`, async () => {
    const peer = await startPeer()
    const key = kind === 'RSA' ? await generateKeyPair(kind, 2_048) : await generateKeyPair(kind)
    const stranger = await createStranger(key)
    await dial(stranger, peer).catch(() => undefined)
    await until('it is refused', () => stranger.getConnections().length === 0)
    assert.is(peer.counted('thingmoot_network_refused_connections_total', 'key-kind'), 1)
    assert.equal(peer.network.peers(), [])
  })
}

test('protocols of another network are not spoken', async () => {
  const peer = await startPeer()
  const connection = await dial(await createStranger(keyNamed('foreign')), peer)
  for (const foreign of ['/thingmoot/other/votes/1', '/floodsub/1.0.0', '/nonsense']) {
    const outcome = await connection.newStream(foreign).then(
      () => 'spoken',
      (error: Error) => error.name
    )
    assert.is(outcome, 'UnsupportedProtocolError', foreign)
  }
})

test('a stranger cannot send votes', async () => {
  const peer = await startPeer()
  let heard = 0
  peer.network.onMemberMessage(() => {
    heard += 1
  })
  const connection = await dial(await createStranger(keyNamed('stranger')), peer)
  const stream = await connection.newStream(VOTES)
  if (stream.status === 'open') stream.send(framed(3, new Uint8Array(3)))
  assert.ok(await hasEnded(stream))
  assert.is(heard, 0)
})

test('two malformed gossip frames end in a ban', async () => {
  const peer = await startPeer()
  const stranger = await createStranger(keyNamed('garbage'))
  await stranger.handle(GOSSIP, () => undefined)
  const connection = await dial(stranger, peer)
  const stream = await connection.newStream(GOSSIP)
  const garbage = new Uint8Array(64).fill(0xff)
  stream.send(framed(garbage.length, garbage))
  await until('the first is seen', () => peer.counted('thingmoot_network_offences_total') === 1)
  assert.is(connection.status, 'open')
  stream.send(framed(garbage.length, garbage))
  await until('the ban', () => peer.counted('thingmoot_network_bans_total') === 1)
  await until('it is cut', () => stranger.getConnections().length === 0)
  await dial(stranger, peer).catch(() => undefined)
  await until('it stays out', () => stranger.getConnections().length === 0)
  assert.is(peer.counted('thingmoot_network_refused_connections_total', 'banned'), 1)
})

test('a gossip frame of too many subscriptions or too many bytes is an offence', async () => {
  const peer = await startPeer()
  const stranger = await createStranger(keyNamed('bomb'))
  const connection = await dial(stranger, peer)
  const stream = await connection.newStream(GOSSIP)
  // 10,000 times an empty SUBSCRIBE: field 1, two bytes, subscribe = true.
  const subscriptions = new Uint8Array(40_000)
  for (let at = 0; at < subscriptions.length; at += 4) subscriptions.set([0x0a, 2, 0x08, 1], at)
  stream.send(framed(subscriptions.length, subscriptions))
  await until('it is seen', () => peer.counted('thingmoot_network_offences_total') === 1)
  stream.send(framed(4_000_000, new Uint8Array(1_000)))
  await until('the ban', () => peer.counted('thingmoot_network_bans_total') === 1)
})

test('a member that sends too long a vote has its stream reset, and stays', async () => {
  const peer = await startPeer()
  const heard: number[] = []
  peer.network.onMemberMessage((_, __, message) => {
    heard.push(message.length)
  })
  const { key, privateKey } = identityOf(seedOf('clumsy'))
  peer.network.setMembers([addressOf(peer.network), { key, addresses: [] }])
  const connection = await dial(await createStranger(privateKey), peer)
  const bad = await connection.newStream(VOTES)
  bad.send(framed(5, new Uint8Array(5)))
  bad.send(framed(2 * 1024 * 1024, new Uint8Array(5)))
  assert.ok(await hasEnded(bad))
  const good = await connection.newStream(VOTES)
  good.send(framed(7, new Uint8Array(7)))
  await until('the good one is heard', () => heard.length === 2)
  assert.equal(heard, [5, 7])
  assert.is(stateOf(peer.network, key), 'connected')
  assert.is(peer.counted('thingmoot_network_offences_total', 'member stream oversize'), 1)
})

test('who drips bytes, or none at all, is cut on every protocol', async () => {
  const peer = await startPeer({
    limits: { memberFrameMs: 300, gossipFrameMs: 300, requestFirstByteMs: 200, requestWholeMs: 400 }
  })
  peer.network.serve('fetch', () => Promise.resolve(new Uint8Array(1)))
  const { key, privateKey } = identityOf(seedOf('slow'))
  peer.network.setMembers([addressOf(peer.network), { key, addresses: [] }])
  const connection = await dial(await createStranger(privateKey), peer)
  const streams = await Promise.all([
    connection.newStream(VOTES),
    connection.newStream(GOSSIP),
    connection.newStream(FETCH)
  ])
  const silent = await connection.newStream(FETCH)
  const dripping = setInterval(() => {
    for (const stream of streams) if (stream.status === 'open') stream.send(new Uint8Array([0x40]))
  }, 50)
  try {
    for (const stream of [...streams, silent]) assert.ok(await hasEnded(stream))
  } finally {
    clearInterval(dripping)
  }
})

test('streams beyond the number allowed are reset', async () => {
  const peer = await startPeer()
  peer.network.serve('fetch', () => new Promise(() => undefined))
  const stranger = await createStranger(keyNamed('greedy'))
  const connection = await dial(stranger, peer)
  const openings = Array.from({ length: 60 }, async () => {
    const stream = await connection.newStream(FETCH, { maxOutboundStreams: 1_000 })
    stream.send(framed(1, new Uint8Array(1)))
    return stream
  })
  const outcomes = await Promise.allSettled(openings)
  const open = (): number =>
    outcomes.filter((one) => one.status === 'fulfilled' && one.value.status === 'open').length
  await until('only the allowed ones are open', () => open() <= 8)
  assert.is(connection.status, 'open')
})

test('many half-open sockets of one host leave room for others', async () => {
  const limits = { pendingPerHostMax: 5, connectionsPerHostPerSecond: 1_000 }
  const peer = await startPeer({ limits })
  const port = Number(peer.network.listening()[0]?.split('/')[4])
  const sockets = Array.from({ length: 100 }, () => connectSocket(port, '127.0.0.1'))
  for (const socket of sockets) socket.on('error', () => undefined)
  await until('the others are refused', () => {
    return peer.counted('thingmoot_network_refused_connections_total', 'pending-host') === 95
  })
  for (const socket of sockets) socket.destroy()
  const stranger = await createStranger(keyNamed('late'))
  await until('there is room again', () => {
    if (stranger.getConnections().length > 0) return true
    void dial(stranger, peer).catch(() => undefined)
    return false
  })
})

test.run()
