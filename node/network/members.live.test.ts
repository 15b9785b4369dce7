import '../shims.ts'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Network } from './network.ts'
import type { PeerKey } from './peer-key.ts'
import type { MemberProtocol } from './protocol-names.ts'
import {
  addressOf,
  createTestPeer,
  forkMember,
  startMembers,
  stateOf,
  stopAll,
  type TestPeer,
  until
} from './test-peers.ts'

const test = suite('members of one network')
let started: TestPeer[] = []

test.after.each(async () => {
  await stopAll(started)
  started = []
})

async function members(...names: string[]): Promise<readonly TestPeer[]> {
  const peers = await startMembers(names)
  started.push(...peers)
  return peers
}

function numbered(number: number, size: number): Uint8Array {
  const message = new Uint8Array(size).fill(number % 251)
  new DataView(message.buffer).setUint32(0, number)
  return message
}

function numberOf(message: Uint8Array): number {
  return new DataView(message.buffer).getUint32(0)
}

async function linked(networks: readonly Network[]): Promise<void> {
  await until('all links are up', () =>
    networks.every((from) =>
      networks.every((to) => from === to || from.sendToMember('batches', to.self, numbered(0, 4)))
    )
  )
}

function sendToAll(
  networks: readonly Network[],
  protocol: MemberProtocol,
  message: Uint8Array
): void {
  for (const from of networks) {
    for (const to of networks) {
      if (from !== to) assert.ok(from.sendToMember(protocol, to.self, message))
    }
  }
}

test('four exchange bursts of votes and batches, each in order', async () => {
  const networks = (await members('a', 'b', 'c', 'd')).map(({ network }) => network)
  const received = new Map<string, number[]>()
  for (const network of networks) {
    network.onMemberMessage((protocol: MemberProtocol, from: PeerKey, message: Uint8Array) => {
      const number = numberOf(message)
      if (number === 0) return
      const name = `${protocol} ${from} ${network.self}`
      received.set(name, [...(received.get(name) ?? []), number])
    })
  }
  await linked(networks)
  const numbers = Array.from({ length: 300 }, (_, index) => index + 1)
  for (const number of numbers) {
    sendToAll(networks, 'votes', numbered(number, 200))
    if (number <= 20) sendToAll(networks, 'batches', numbered(number, 65_536))
    if (number % 50 === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  const total = (): number => [...received.values()].reduce((sum, one) => sum + one.length, 0)
  await until('everything has arrived', () => total() === 12 * 320)
  for (const [name, got] of received) {
    assert.equal(got, name.startsWith('votes') ? numbers : numbers.slice(0, 20), name)
  }
})

test('the largest vote arrives whole, a larger one is not taken', async () => {
  const [a, b] = await members('a', 'b')
  assert.ok(a && b)
  let size = 0
  b.network.onMemberMessage((protocol, _, message) => {
    if (protocol === 'votes') size = message.length
    assert.is(message.buffer.byteLength, message.length)
  })
  await linked([a.network, b.network])
  const sizeMax = 1.25 * 1024 * 1024
  assert.not(a.network.sendToMember('votes', b.network.self, new Uint8Array(sizeMax + 1)))
  assert.ok(a.network.sendToMember('votes', b.network.self, new Uint8Array(sizeMax)))
  await until('it has arrived', () => size === sizeMax)
})

test('two who dial at the same moment end with one connection and lose no link', async () => {
  for (const round of [1, 2, 3]) {
    const peers = [`left ${round}`, `right ${round}`].map((name) =>
      createTestPeer(name, { limits: { higherKeyWaitMs: 0 } })
    )
    started.push(...peers)
    const networks = peers.map(({ network }) => network)
    await Promise.all(networks.map((network) => network.start()))
    const electorate = networks.map(addressOf)
    for (const network of networks) network.setMembers(electorate)
    await linked(networks)
    await until('both hold the same one', () => {
      const [left, right] = networks.map((network) => network.peers())
      return left?.[0]?.direction !== right?.[0]?.direction
    })
    await linked(networks)
  }
})

test('a slow reader fills its own queue and nothing more', async () => {
  const [a, b, c] = await members('a', 'b', 'c')
  assert.ok(a && b && c)
  const networks = [a, b, c].map(({ network }) => network)
  await linked(networks)
  let release: () => void = () => undefined
  const released = new Promise<void>((resolve) => {
    release = resolve
  })
  let taken = 0
  let votes = 0
  b.network.onMemberMessage(async (protocol, _, message) => {
    if (protocol === 'batches' && message.length > 4) {
      taken += 1
      await released
    } else if (protocol === 'votes') votes += 1
  })
  let accepted = 0
  const batch = new Uint8Array(65_536)
  for (let turn = 0; turn < 1_000; turn += 1) {
    if (a.network.sendToMember('batches', b.network.self, batch)) accepted += 1
    if (turn % 8 === 0) await new Promise((resolve) => setTimeout(resolve, 1))
  }
  // The queue of 8 MiB, the window of 1 MiB, the reader's backlog and sockets in between.
  assert.ok(accepted < (12 * 1024 * 1024) / batch.length, `${accepted} batches accepted`)
  assert.not(a.network.sendToMember('batches', b.network.self, batch))
  assert.is(taken, 1)
  assert.ok(a.network.sendToMember('votes', b.network.self, batch))
  assert.ok(a.network.sendToMember('batches', c.network.self, batch))
  await until('the vote has overtaken the batches', () => votes === 1)
  release()
  await until('the rest has arrived', () => taken === accepted)
})

test('one that is killed and comes back is linked again; one that is frozen is noticed', async () => {
  const peer = createTestPeer('survivor', {
    limits: { pingIntervalMs: 200, pingTimeoutMinMs: 400 }
  })
  started.push(peer)
  const { network } = peer
  await network.start()
  let echoes = 0
  network.onMemberMessage(() => {
    echoes += 1
  })
  let remote = await forkMember('mortal', 0, [addressOf(network)])
  const { key } = remote.address
  const port = Number(remote.address.addresses[0]?.split('/')[4])
  try {
    network.setMembers([addressOf(network), remote.address])
    const isEchoed = async (): Promise<void> => {
      const before = echoes
      await until('the link is up', () => network.sendToMember('votes', key, new Uint8Array(8)))
      await until('a vote has come back', () => echoes > before)
    }
    await isEchoed()
    remote.process.kill('SIGKILL')
    await until('the death is noticed', () => stateOf(network, key) !== 'connected')
    assert.not(network.sendToMember('votes', key, new Uint8Array(8)))
    remote = await forkMember('mortal', port, [addressOf(network)])
    await isEchoed()
    remote.process.kill('SIGSTOP')
    await until('the silence is noticed', () => stateOf(network, key) !== 'connected')
    remote.process.kill('SIGCONT')
    await isEchoed()
  } finally {
    remote.process.kill('SIGKILL')
  }
})

test('one that is no member any more gets no votes, and is heard no more', async () => {
  const [a, b] = await members('a', 'b')
  assert.ok(a && b)
  let heard = 0
  a.network.onMemberMessage((protocol) => {
    if (protocol === 'votes') heard += 1
  })
  await linked([a.network, b.network])
  a.network.setMembers([addressOf(a.network)])
  assert.not(a.network.sendToMember('votes', b.network.self, new Uint8Array(8)))
  await new Promise((resolve) => setTimeout(resolve, 50))
  b.network.sendToMember('votes', a.network.self, new Uint8Array(8))
  await new Promise((resolve) => setTimeout(resolve, 50))
  assert.is(heard, 0)
  a.network.setMembers([addressOf(a.network), addressOf(b.network)])
  await until('the link is up again', () => {
    b.network.sendToMember('votes', a.network.self, new Uint8Array(8))
    return heard > 0
  })
})

test.run()
