import '../shims.ts'
import { noise } from '@chainsafe/libp2p-noise'
import type { Libp2p, MessageStream, StreamMuxer } from '@libp2p/interface'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { createLibp2p } from 'libp2p'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { catchFirstWords } from './first-words.ts'
import { FrameReader } from './frame-reader.ts'
import { FrameWriter } from './frame-writer.ts'
import { NETWORK_LIMITS } from './limits.ts'
import { spareReadExceptions } from './noise-reads.ts'
import { joinSmallWrites } from './socket-writes.ts'
import { until } from './test-peers.ts'
import { thinWindowUpdates } from './window-updates.ts'

const test = suite('where we reach into the libraries')
const PROTOCOL = '/seams/1'

interface Seams {
  readonly node: Libp2p
  readonly known: boolean[]
  /** Each encrypted connection with what parts it into streams. */
  readonly links: { readonly connection: MessageStream; readonly muxer: StreamMuxer }[]
}

/** A node whose connections get the savings, each with whether it was as expected. */
async function start(): Promise<Seams> {
  const known: boolean[] = []
  const links: { connection: MessageStream; muxer: StreamMuxer }[] = []
  // With the library's own figures a paused stream gets more than it may hold, and breaks.
  const createMuxer = yamux({
    streamOptions: {
      maxStreamWindowSize: NETWORK_LIMITS.streamWindowMaxBytes,
      maxReadBufferLength: NETWORK_LIMITS.streamReadMaxBytes
    }
  })
  const node = await createLibp2p({
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [
      () => {
        const factory = createMuxer()
        const create = factory.createStreamMuxer.bind(factory)
        factory.createStreamMuxer = (connection: MessageStream) => {
          known.push(joinSmallWrites(connection), spareReadExceptions(connection))
          const muxer = create(connection)
          known.push(catchFirstWords(muxer))
          links.push({ connection, muxer })
          return muxer
        }
        return factory
      }
    ]
  })
  return { node, known, links }
}

test('the libraries are built as we know them, and bytes pass unharmed', async () => {
  const [near, far] = await Promise.all([start(), start()])
  const received: Uint8Array[] = []
  await far.node.handle(PROTOCOL, (stream) => {
    far.known.push(thinWindowUpdates(stream))
    const options = { messageMaxBytes: 500_000, backlogMaxBytes: 65_536, messageMaxMs: 10_000 }
    new FrameReader(stream, options, {
      now: () => 0,
      onMessage: async (message) => {
        received.push(message)
        if (received.length % 20 === 0) await new Promise((resolve) => setImmediate(resolve))
      },
      onFault: (fault) => assert.unreachable(fault)
    })
  })
  try {
    const connection = await near.node.dial(far.node.getMultiaddrs())
    const writer = new FrameWriter(1_000_000)
    writer.attach(await connection.newStream(PROTOCOL))
    const sent: Uint8Array[] = []
    for (let number = 0; number < 400; number += 1) {
      const message = new Uint8Array((number * number * 7) % 150_000).fill(number % 256)
      await until('there is room', () => writer.send(message))
      sent.push(message)
    }
    await until('all has arrived', () => received.length === sent.length)
    assert.ok(sent.every((message, index) => Buffer.compare(message, received[index]!) === 0))
    assert.equal(
      [...near.known, ...far.known],
      Array.from({ length: 7 }, () => true)
    )
    assert.is(writer.waitingBytes, 0)
  } finally {
    await Promise.all([near.node.stop(), far.node.stop()])
  }
})

test('a stream that is opened as its connection goes down ends, and nothing else does', async () => {
  const [near, far] = await Promise.all([start(), start()])
  const uncaught: unknown[] = []
  const keep = (error: unknown): void => void uncaught.push(error)
  process.on('uncaughtException', keep)
  try {
    for (const isClosedFirst of [true, false]) {
      await near.node.dial(far.node.getMultiaddrs())
      await until('there is a link', () => near.links.length > 0)
      const link = near.links.pop()
      assert.ok(link)
      // The muxer hears of the end of its connection only after this turn.
      const close = (): void => void link.connection.close().catch(() => undefined)
      if (isClosedFirst) close()
      const opening = Promise.resolve(link.muxer.createStream())
      if (!isClosedFirst) close()
      const stream = await opening
      await until('the stream ends', () => stream.status !== 'open')
      await near.node.hangUp(far.node.peerId)
    }
    assert.equal(uncaught, [])
  } finally {
    process.off('uncaughtException', keep)
    await Promise.all([near.node.stop(), far.node.stop()])
  }
})

test.run()
