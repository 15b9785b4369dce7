import '../shims.ts'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { NodeError } from '../errors.ts'
import {
  addressOf,
  createTestPeer,
  startMembers,
  stateOf,
  stopAll,
  type TestPeer,
  type TestPeerOptions,
  until
} from './test-peers.ts'

const test = suite('observers')
const bytes = (words: string): Uint8Array => new TextEncoder().encode(words)
const text = (message: Uint8Array): string => new TextDecoder().decode(message)
let started: TestPeer[] = []

test.after.each(async () => {
  await stopAll(started)
  started = []
})

async function startObserver(name: string, options: TestPeerOptions): Promise<TestPeer> {
  const observer = createTestPeer(name, options)
  started.push(observer)
  await observer.network.start()
  return observer
}

async function refusal(request: Promise<unknown>): Promise<string> {
  try {
    await request
  } catch (error) {
    assert.instance(error, NodeError)
    assert.is((error as NodeError).code, 'REQUEST_FAILED')
    return (error as NodeError).message
  }
  throw new Error('the request was answered')
}

test('one that knows only a bootstrap address gets gossip, once each, and gives some', async () => {
  const members = await startMembers(['a', 'b', 'c'])
  started.push(...members)
  const heard = new Map<string, string[]>()
  const listen = (peer: TestPeer, topic: 'batch' | 'block'): void => {
    peer.network.subscribe(topic, (_, message) => {
      const name = `${topic} ${peer.network.self}`
      heard.set(name, [...(heard.get(name) ?? []), text(message)])
      return Promise.resolve('accept')
    })
  }
  for (const member of members) listen(member, 'batch')
  const [first] = members
  assert.ok(first)
  // Without the id at its end: only the handshake tells who it is.
  const address = first.network.listening()[0]?.split('/p2p/')[0] ?? ''
  const observer = await startObserver('observer', { bootstrapAddresses: [address] })
  listen(observer, 'batch')
  listen(observer, 'block')
  const isReady = (): boolean =>
    first.network.subscribers('block') === 1 &&
    observer.network.subscribers('batch') === 1 &&
    members.every(({ network }) => network.subscribers('batch') >= 2)
  await until('gossip has met', isReady)
  await first.network.publish('block', bytes('block 1'))
  await observer.network.publish('batch', bytes('from outside'))
  const heardBy = (peer: TestPeer, topic: string): readonly string[] =>
    heard.get(`${topic} ${peer.network.self}`) ?? []
  await until('all have heard', () => members.every((peer) => heardBy(peer, 'batch').length === 1))
  await until('it has heard', () => heardBy(observer, 'block').length === 1)
  assert.equal(heardBy(observer, 'block'), ['block 1'])
  assert.is(first.counted('thingmoot_network_gossip_judged_total', 'batch accept'), 1)
})

test('gossip without anybody to hear it is no error, and too large a message is one', async () => {
  const alone = await startObserver('alone', {})
  await alone.network.publish('evidence', bytes('anybody?'))
  assert.is(alone.network.subscribers('evidence'), 0)
  await refusal(alone.network.publish('evidence', new Uint8Array(256 * 1024 + 1)))
})

test('large gossip reaches all, also when many messages are asked for at once', async () => {
  const members = await startMembers(['a', 'b'])
  started.push(...members)
  const [a, b] = members
  assert.ok(a && b)
  let received = 0
  const take = (): Promise<'accept'> => {
    received += 1
    return Promise.resolve('accept')
  }
  for (const { network } of members) network.subscribe('batch', take)
  await until('gossip has met', () => a.network.subscribers('batch') === 1)
  for (let number = 0; number < 24; number += 1) {
    await a.network.publish('batch', new Uint8Array(200 * 1024).fill(number))
    if (number % 4 === 3) await new Promise((resolve) => setTimeout(resolve, 10))
  }
  await until('all has arrived', () => received === 24)
  assert.is(b.counted('thingmoot_network_offences_total'), 0)
})

test('requests are answered with their bounds: size, time, refusal, who asks', async () => {
  const [member] = await startMembers(['a'])
  assert.ok(member)
  started.push(member)
  const { network } = member
  const observer = await startObserver('observer', {})
  observer.network.setMembers([addressOf(network)])
  const ask = observer.network
  network.serve('fetch', (from, request) => {
    assert.is(from, ask.self)
    return Promise.resolve(new Uint8Array(Number(text(request))).fill(7))
  })
  network.serve('submit', () => Promise.reject(new Error('not today')))
  network.serve('status', () => new Promise(() => undefined))

  assert.is((await ask.request('fetch', network.self, bytes('0'))).length, 0)
  const large = await ask.request('fetch', network.self, bytes(String(5 * 1024 * 1024)))
  assert.is(large.length, 5 * 1024 * 1024)
  assert.ok(large.every((byte) => byte === 7))
  const many = Array.from({ length: 100 }, () => ask.request('fetch', network.self, bytes('100')))
  assert.is((await Promise.all(many)).filter((answer) => answer.length === 100).length, 100)

  await refusal(ask.request('fetch', network.self, bytes('1000'), { answerMaxBytes: 999 }))
  await refusal(ask.request('fetch', network.self, new Uint8Array(64 * 1024 + 1)))
  await refusal(ask.request('submit', network.self, bytes('please')))
  await refusal(ask.request('status', network.self, bytes('?'), { timeoutMs: 100 }))
  await refusal(ask.request('status', createTestPeer('nobody').network.self, bytes('?')))
  // The other way round, on the connection that the observer has dialled.
  ask.serve('status', () => Promise.resolve(bytes('fine')))
  assert.is(text(await network.request('status', ask.self, bytes('?'))), 'fine')
})

test('who asks more than its quota is held back, then refused', async () => {
  const quota = { requests: 3, bytes: 1_000_000 }
  const { quotas } = (await import('./limits.ts')).NETWORK_LIMITS
  const limits = {
    quotaWaitMs: 50,
    quotas: { ...quotas, fetch: { member: quota, observer: quota } }
  }
  const [member] = await startMembers(['a'], { limits })
  assert.ok(member)
  started.push(member)
  const observer = await startObserver('observer', {})
  observer.network.setMembers([addressOf(member.network)])
  member.network.serve('fetch', () => Promise.resolve(bytes('here')))
  const ask = (): Promise<Uint8Array> =>
    observer.network.request('fetch', member.network.self, bytes('x'))
  for (let request = 0; request < 3; request += 1) await ask()
  await refusal(ask())
  assert.is(member.counted('thingmoot_network_served_total', 'fetch over-quota'), 1)
})

test('there are slots for so many; a banned one is refused, a member never', async () => {
  const [member] = await startMembers(['a'], { observersMax: 2 })
  assert.ok(member)
  started.push(member)
  const { network } = member
  const options = { bootstrapAddresses: network.listening() }
  const observers = await Promise.all(
    ['one', 'two', 'three'].map((name) => startObserver(name, options))
  )
  const connected = (): number =>
    network.peers().filter((peer) => peer.state === 'connected').length
  const refused = (reason: string): number =>
    member.counted('thingmoot_network_refused_connections_total', reason)
  await until('the third is refused', () => refused('observers') > 0 && connected() === 2)
  const outsider = observers.find(({ network: { self } }) => stateOf(network, self) === 'unknown')
  assert.ok(outsider)
  const [lucky] = observers.filter((observer) => observer !== outsider)
  assert.ok(lucky)
  network.penalise(lucky.network.self, 50, 'test')
  assert.is(stateOf(network, lucky.network.self), 'connected')
  network.penalise(lucky.network.self, 50, 'test')
  await until('it is refused', () => refused('banned') > 0)
  assert.is(stateOf(network, lucky.network.self), 'unknown')
  network.setMembers([addressOf(network), { key: lucky.network.self, addresses: [] }])
  await until('it is a member', () => stateOf(network, lucky.network.self) === 'connected')
  network.penalise(lucky.network.self, 500, 'test')
  assert.equal(member.warnings, ['member misbehaves'])
  assert.is(stateOf(network, lucky.network.self), 'connected')
})

test.run()
