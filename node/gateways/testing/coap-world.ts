/**
 * A running CoAP gateway over a ledger in memory, with plain UDP sockets as its clients, for tests.
 *
 * @module
 */

import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { createMemoryLedger, type MemoryLedger } from '../../api/testing/memory-ledger.ts'
import { createTestDevice, type TestDevice } from '../../api/testing/test-device.ts'
import { systemClock } from '../../clock.ts'
import { type CoapGatewayOptions, createCoapGateway } from '../coap-gateway.ts'
import { type CoapMessage, type CoapOption, decodeCoap, encodeCoap } from '../coap-message.ts'
import { numberOption, OPTION, textOption } from '../coap-options.ts'

/** A request as a test writes it. */
export interface Asking {
  /** 1 for GET where nothing is said. */
  readonly code?: number
  readonly path: string
  readonly type?: CoapMessage['type']
  readonly token?: Uint8Array
  readonly messageId?: number
  readonly accept?: number
  readonly contentFormat?: number
  readonly observe?: number
  readonly options?: readonly CoapOption[]
  readonly payload?: Uint8Array
}

/** One socket that speaks CoAP as a test tells it, and counts bytes. */
export interface CoapPeer {
  readonly port: number
  readonly sendBytes: (bytes: Uint8Array) => void
  /** The bytes of a request. */
  readonly write: (asking: Asking) => Uint8Array
  /** Sends a request and takes the next message. */
  readonly ask: (asking: Asking) => Promise<CoapMessage>
  /** Asks for something long, so that this address is known from then on. */
  readonly verify: () => Promise<void>
  readonly next: () => Promise<CoapMessage>
  /** What came in so far and was not taken. */
  readonly waiting: () => number
  readonly bytesIn: () => number
  readonly bytesOut: () => number
}

/** A gateway that listens, with the ledger beneath and a device that is registered there. */
export interface CoapWorld {
  readonly port: number
  readonly ledger: MemoryLedger
  readonly device: TestDevice
  readonly bugs: readonly unknown[]
  readonly open: () => Promise<CoapPeer>
}

const HOST = '127.0.0.1'
/** So that no test runs into the rate of one address, unless it is about that. */
const GENEROUS = 10_000

/** Runs a test in a fresh world; ends its sockets and the gateway afterwards. */
export function withCoap(
  run: (world: CoapWorld) => Promise<void>,
  options: Partial<CoapGatewayOptions> = {}
): () => Promise<void> {
  return async () => {
    const ledger = createMemoryLedger()
    const device = createTestDevice(ledger.networkTag, 1)
    ledger.register(device.deviceId)
    const bugs: unknown[] = []
    const { networkTag, service } = ledger
    const limits = { requestsPerSecond: GENEROUS, observersMax: 100 }
    const gateway = createCoapGateway(
      { host: HOST, port: 0, networkTag, ...limits, ...options },
      { ledger: service, clock: systemClock, reportBug: (error) => void bugs.push(error) }
    )
    await gateway.start()
    const port = gateway.address()?.port ?? 0
    const sockets: Socket[] = []
    try {
      const open = async (): Promise<CoapPeer> => {
        const socket = createSocket('udp4')
        sockets.push(socket)
        socket.bind(0, HOST)
        await once(socket, 'listening')
        return peerOf(socket, port)
      }
      await run({ port, ledger, device, bugs, open })
    } finally {
      for (const socket of sockets) socket.close()
      await gateway.stop()
    }
  }
}

function peerOf(socket: Socket, port: number): CoapPeer {
  const heard: CoapMessage[] = []
  const takers: ((message: CoapMessage) => void)[] = []
  let [bytesIn, bytesOut, messageId] = [0, 0, 1000]
  socket.on('message', (bytes) => {
    bytesIn += bytes.length
    const reading = decodeCoap(bytes)
    if (reading.kind !== 'message') throw new Error('the gateway sent no CoAP')
    const taker = takers.shift()
    if (taker === undefined) heard.push(reading.message)
    else taker(reading.message)
  })
  const sendBytes = (bytes: Uint8Array): void => {
    bytesOut += bytes.length
    socket.send(bytes, port, HOST)
  }
  const next = async (): Promise<CoapMessage> =>
    heard.shift() ?? new Promise((resolve) => takers.push(resolve))
  const write = (asking: Asking): Uint8Array => {
    messageId = (messageId + 1) % 65_536
    return encodeCoap({
      type: asking.type ?? 'confirmable',
      code: asking.code ?? 1,
      messageId: asking.messageId ?? messageId,
      token: asking.token ?? Uint8Array.of(messageId >> 8, messageId & 0xff),
      options: optionsOf(asking),
      payload: asking.payload ?? new Uint8Array(0)
    })
  }
  const ask = async (asking: Asking): Promise<CoapMessage> => {
    sendBytes(write(asking))
    return next()
  }
  return {
    port: socket.address().port,
    sendBytes,
    write,
    ask,
    next,
    verify: async () => {
      const challenge = await ask({ path: '.well-known/core' })
      const echo = challenge.options.filter(({ number }) => number === OPTION.echo)
      await ask({ path: '.well-known/core', options: echo })
    },
    waiting: () => heard.length,
    bytesIn: () => bytesIn,
    bytesOut: () => bytesOut
  }
}

function optionsOf({ path, accept, contentFormat, observe, options = [] }: Asking): CoapOption[] {
  const [places = '', ...queries] = path.split('?')
  const numbers: readonly (readonly [number, number | undefined])[] = [
    [OPTION.accept, accept],
    [OPTION.contentFormat, contentFormat],
    [OPTION.observe, observe]
  ]
  return [
    ...places.split('/').map((part) => textOption(OPTION.uriPath, part)),
    ...queries.map((query) => textOption(OPTION.uriQuery, query)),
    ...numbers.flatMap(([number, value]) =>
      value === undefined ? [] : [numberOption(number, value)]
    ),
    ...options
  ]
}

/** The number in an option of a message; undefined where there is none. */
export function optionNumber(message: CoapMessage, number: number): number | undefined {
  const option = message.options.find((each) => each.number === number)
  return option?.value.reduce((sum, byte) => sum * 256 + byte, 0)
}

/** A code as people write it. */
export function codeText({ code }: CoapMessage): string {
  return `${code >> 5}.${String(code & 31).padStart(2, '0')}`
}

/** A payload as text. */
export function textOf({ payload }: CoapMessage): string {
  return Buffer.from(payload).toString()
}
