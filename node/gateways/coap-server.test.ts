import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createMemoryLedger } from '../api/testing/memory-ledger.ts'
import { createTestDevice } from '../api/testing/test-device.ts'
import type { Submission } from '../ledger-service.ts'
import { createExchanges, EXCHANGE_LIFETIME_MS } from './coap-exchanges.ts'
import { createLatestReadings } from './coap-latest.ts'
import { type CoapMessage, decodeCoap, emptyMessage, encodeCoap } from './coap-message.ts'
import { numberOption, OPTION, textOption } from './coap-options.ts'
import { topicOf } from './coap-resources.ts'
import { type CoapServer, createCoapServer } from './coap-server.ts'
import { createSources, hostKey } from './coap-sources.ts'
import { createUploads, UPLOAD_LIMITS } from './coap-uploads.ts'

const test = suite('CoAP server in its own time')

const FROM = { address: '192.0.2.1', port: 5683 }
const NOTHING = new Uint8Array(0)

/** A clock that stands still until a test moves it. */
class TestClock {
  #nowMs = 1_000_000
  #due: { atMs: number; run: () => void }[] = []

  readonly nowMs = (): number => this.#nowMs
  readonly later = (delayMs: number, run: () => void): (() => void) => {
    const entry = { atMs: this.#nowMs + delayMs, run }
    this.#due.push(entry)
    return () => {
      this.#due = this.#due.filter((each) => each !== entry)
    }
  }

  async pass(durationMs: number): Promise<void> {
    const endMs = this.#nowMs + durationMs
    for (;;) {
      await settled()
      const next = this.#due.toSorted((a, b) => a.atMs - b.atMs)[0]
      if (next === undefined || next.atMs > endMs) break
      this.#due = this.#due.filter((each) => each !== next)
      this.#nowMs = next.atMs
      next.run()
    }
    this.#nowMs = endMs
  }
}

/** Lets all that waits for nothing but its turn come to its end. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

interface World {
  readonly clock: TestClock
  readonly server: CoapServer
  /** All that was sent, in order. */
  readonly sent: CoapMessage[]
  readonly ask: (path: string, change?: Partial<CoapMessage>) => void
  readonly verify: () => Promise<void>
  readonly ledger: ReturnType<typeof createMemoryLedger>
  readonly device: ReturnType<typeof createTestDevice>
  /** What the ledger answers submissions with, instead of its own answer. */
  readonly hold: (answer: Promise<Submission>) => void
}

function createWorld(requestsPerSecond = 1_000): World {
  const ledger = createMemoryLedger()
  const device = createTestDevice(ledger.networkTag, 1)
  ledger.register(device.deviceId)
  const clock = new TestClock()
  const sent: CoapMessage[] = []
  let held: Promise<Submission> | undefined
  const { service, networkTag } = ledger
  const server = createCoapServer(
    { requestsPerSecond, observersMax: 10 },
    {
      clock,
      resources: {
        ledger: {
          submit: (wire, source) => held ?? service.submit(wire, source),
          transactionStatus: service.transactionStatus
        },
        latest: createLatestReadings(service, () => false),
        networkTag
      },
      send: (bytes) => {
        const reading = decodeCoap(bytes)
        if (reading.kind === 'message') sent.push(reading.message)
      },
      reportBug: (error) => {
        throw error
      }
    }
  )
  let messageId = 0
  const ask = (path: string, change: Partial<CoapMessage> = {}): void => {
    const options = path.split('/').map((part) => textOption(OPTION.uriPath, part))
    server.receive(
      encodeCoap({
        ...{ type: 'confirmable', code: 1, messageId: ++messageId, token: Uint8Array.of(9) },
        ...{ payload: NOTHING, ...change },
        options: [...options, ...(change.options ?? [])]
      }),
      FROM
    )
  }
  const verify = async (): Promise<void> => {
    ask('.well-known/core')
    await settled()
    const echo = sent.at(-1)!.options.filter(({ number }) => number === OPTION.echo)
    ask('.well-known/core', { options: echo })
    await settled()
    assert.is(sent.at(-1)!.code, 0x45)
    sent.length = 0
  }
  const hold = (answer: Promise<Submission>): void => {
    held = answer
  }
  return { clock, server, sent, ask, verify, ledger, device, hold }
}

test('an answer that takes long is acknowledged first and then sent until it arrives', async () => {
  const { clock, server, sent, ask, hold } = createWorld()
  let settle: (submission: Submission) => void = () => undefined
  hold(
    new Promise((resolve) => {
      settle = resolve
    })
  )
  const asking = { code: 2, messageId: 77, payload: Uint8Array.of(1) }
  ask('t', asking)
  await clock.pass(999)
  assert.equal(sent, [])
  await clock.pass(1)
  assert.equal([sent[0]?.type, sent[0]?.code, sent[0]?.messageId], ['acknowledgement', 0, 77])
  ask('t', asking)
  await settled()
  assert.equal(sent[1], sent[0])
  settle({ kind: 'busy', code: 'POOL_FULL', retryAfterMs: 1 })
  await settled()
  const answer = sent[2]!
  assert.equal([answer.type, answer.code, answer.token[0]], ['confirmable', 0xa3, 9])
  await clock.pass(2_500)
  assert.equal(sent[3], answer)
  server.receive(emptyMessage('acknowledgement', answer.messageId), FROM)
  await clock.pass(200_000)
  assert.is(sent.length, 4)
})

test('what nobody acknowledges is sent five times, and then the observer is gone', async () => {
  const { clock, server, sent, ask, verify, ledger, device } = createWorld()
  await verify()
  await ledger.service.submit(device.message(1), 'test')
  ledger.finalise()
  ask(`d/${device.hexId}/latest`, { options: [numberOption(OPTION.observe, 0)] })
  await settled()
  assert.is(server.observers.count(), 1)
  sent.length = 0
  server.observers.notify(topicOf(device.hexId, 'latest'))
  await clock.pass(0)
  server.observers.notify(topicOf(device.hexId, 'latest'))
  await clock.pass(1_000_000)
  assert.is(sent.length, 5)
  assert.is(new Set(sent.map(({ messageId }) => messageId)).size, 1)
  assert.is(server.observers.count(), 0)
})

test('news during a round trip goes out once, with the newest', async () => {
  const { clock, server, sent, ask, verify, ledger, device } = createWorld()
  await verify()
  await ledger.service.submit(device.message(1), 'test')
  ledger.finalise()
  ask(`d/${device.hexId}/latest`, { options: [numberOption(OPTION.observe, 0)] })
  await settled()
  sent.length = 0
  const tell = async (sequence: number): Promise<void> => {
    await ledger.service.submit(device.message(sequence, sequence), 'test')
    ledger.finalise()
    server.observers.notify(topicOf(device.hexId, 'latest'))
    await settled()
  }
  for (const sequence of [2, 3, 4]) await tell(sequence)
  assert.is(sent.length, 1)
  await clock.pass(400)
  server.receive(emptyMessage('acknowledgement', sent[0]!.messageId), FROM)
  await clock.pass(399)
  assert.is(sent.length, 1)
  await clock.pass(1)
  assert.is(sent.length, 2)
  assert.match(Buffer.from(sent[1]!.payload).toString(), /"v":4/)
  // Now and then one wants to know whether anybody is there.
  for (let sequence = 5; sequence < 25; sequence++) {
    await clock.pass(400)
    await tell(sequence)
  }
  const confirmable = sent.filter(({ type }) => type === 'confirmable').length
  assert.is(confirmable, 2)
})

test('an address that asks too often is told so, and then not even that', async () => {
  const { clock, sent, ask } = createWorld(10)
  const codesOf = async (count: number): Promise<readonly number[]> => {
    sent.length = 0
    for (let asked = 0; asked < count; asked++) ask('nowhere')
    await settled()
    return [0x84, 0x9d].map((code) => sent.filter((message) => message.code === code).length)
  }
  // A burst of two seconds is served, and eight times as many datagrams are heard at all.
  assert.equal(await codesOf(500), [20, 140])
  assert.equal(await codesOf(500), [0, 0])
  await clock.pass(1_000)
  assert.equal(await codesOf(500), [10, 70])
})

test('exchanges end after their time and are bounded in number', () => {
  const exchanges = createExchanges(100)
  exchanges.open(FROM, 1, 0).answer = Uint8Array.of(1)
  assert.ok(exchanges.find(FROM, 1, EXCHANGE_LIFETIME_MS - 1))
  assert.is(exchanges.find(FROM, 1, EXCHANGE_LIFETIME_MS), undefined)
  assert.is(exchanges.find({ ...FROM, port: 1 }, 1, 0), undefined)
  for (let id = 0; id < 1_000; id++) exchanges.open(FROM, id, 10)
  assert.is(exchanges.count(), 100)
  assert.ok(exchanges.find(FROM, 999, 10))
  assert.is(exchanges.find(FROM, 899, 10), undefined)
})

test('unfinished bodies end after 30 s, are bounded in bytes, and give way to those who are there', () => {
  const uploads = createUploads({ ...UPLOAD_LIMITS, uploadsMax: 3, heldMaxBytes: 64 })
  const block = { number: 0, more: true, sizeBytes: 16 }
  const take = (key: string, isVerified: boolean, nowMs: number): string =>
    uploads.take({ key, host: key, isVerified, block, payload: new Uint8Array(16) }, nowMs).kind
  for (const key of ['a', 'b', 'c', 'd']) assert.is(take(key, false, 0), 'continue')
  assert.equal([uploads.count(), uploads.has('a')], [3, false])
  for (const key of ['x', 'y', 'z']) assert.is(take(key, true, 1), 'continue')
  assert.equal([uploads.count(), uploads.has('d')], [3, false])
  assert.is(take('e', false, 2), 'no-room')
  assert.is(take('f', true, 2), 'no-room')
  assert.is(uploads.heldBytes(), 48)
  assert.is(take('e', false, 30_001), 'continue')
  assert.equal([uploads.count(), uploads.heldBytes()], [1, 16])
})

test('an Echo value proves one end point, for a minute or two', () => {
  const sources = createSources({ requestsPerSecond: 20 })
  const echo = sources.challenge(FROM, 0)
  assert.not(sources.isVerified(FROM, 0))
  assert.not(sources.verify({ ...FROM, port: 1 }, echo, 0))
  assert.not(sources.verify(FROM, echo.subarray(1), 0))
  assert.not(sources.verify(FROM, echo, 120_000))
  assert.ok(sources.verify(FROM, echo, 119_999))
  assert.ok(sources.isVerified(FROM, 400_000))
  assert.not(sources.isVerified(FROM, 420_000))
  assert.not(createSources({ requestsPerSecond: 20 }).verify(FROM, echo, 0))
})

test('one host is an IPv4 address or an IPv6 /64, however it is written', () => {
  assert.is(hostKey('192.0.2.1'), '192.0.2.1')
  assert.is(hostKey('::ffff:192.0.2.1'), '192.0.2.1')
  assert.is(hostKey('2001:db8:1:2::5'), hostKey('2001:db8:1:2:ffff:1:2:3'))
  assert.is.not(hostKey('2001:db8:1:2::5'), hostKey('2001:db8:1:3::5'))
  assert.is(hostKey('fe80::1%eth0'), 'fe80:0:0:0::/64')
  assert.is(hostKey('::1'), '0:0:0:0::/64')
})

test.run()
