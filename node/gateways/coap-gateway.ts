/**
 * The CoAP gateway: signed messages come in over UDP, readings and results go out.
 *
 * Nothing is encrypted or authenticated by the transport: transactions are
 * signed, and what is read is public. The server is our own. The one of the
 * `coap` package, 1.5.0, keeps blocks of unfinished bodies without bound, answers
 * a malformed datagram at the port of its sender on this machine, takes pings for
 * requests, and knows neither Echo nor options that must be understood.
 *
 * The socket joins no group, so nothing that is sent to one is answered.
 *
 * @see RFC 7252, RFC 7641, RFC 7959, RFC 9175
 * @module
 */

import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { isIPv6 } from 'node:net'
import { toHex } from '../../protocol/index.ts'
import type { Clock } from '../clock.ts'
import type { LedgerService } from '../ledger-service.ts'
import { createLatestReadings } from './coap-latest.ts'
import { topicOf } from './coap-resources.ts'
import { type CoapServer, type CoapServerOptions, createCoapServer } from './coap-server.ts'
import type { Gateway } from './gateway.ts'
import { listenError } from './listening.ts'

/** Settings of the gateway. */
export interface CoapGatewayOptions extends CoapServerOptions {
  readonly host: string
  /** 0 takes any free port. */
  readonly port: number
  readonly networkTag: Uint8Array
}

/** What the gateway needs of others. */
export interface CoapGatewayPorts {
  readonly ledger: LedgerService
  readonly clock: Pick<Clock, 'nowMs' | 'later'>
  /** Hears of errors that no datagram should be able to cause. */
  readonly reportBug: (error: unknown) => void
}

/** Builds the gateway; it listens once started. */
export function createCoapGateway(options: CoapGatewayOptions, ports: CoapGatewayPorts): Gateway {
  let running: Running | undefined
  return {
    name: 'CoAP',
    start: async () => {
      const socket = await bind(options)
      running = run(socket, options, ports)
    },
    stop: async () => {
      const ending = running
      running = undefined
      if (ending === undefined) return
      ending.end()
      ending.socket.close()
      await once(ending.socket, 'close')
    },
    address: () => {
      if (running === undefined) return null
      const { address, port } = running.socket.address()
      return { host: address, port }
    }
  }
}

interface Running {
  readonly socket: Socket
  readonly end: () => void
}

async function bind({ host, port }: CoapGatewayOptions): Promise<Socket> {
  const socket = createSocket({ type: isIPv6(host) ? 'udp6' : 'udp4' })
  try {
    socket.bind({ port, address: host, exclusive: true })
    await once(socket, 'listening')
    return socket
  } catch (error) {
    socket.close()
    throw listenError(error, { host, port }, 'CoAP')
  }
}

function run(socket: Socket, options: CoapGatewayOptions, ports: CoapGatewayPorts): Running {
  const { ledger, clock, reportBug } = ports
  const isHeard = (): boolean => server.observers.count() > 0
  const latest = createLatestReadings(ledger, isHeard)
  const resources = { ledger, latest, networkTag: options.networkTag }
  const server: CoapServer = createCoapServer(options, {
    clock,
    resources,
    reportBug,
    // What the system will not send is as lost as what the network loses, and as little a reason.
    send: (bytes, { address, port }) => socket.send(bytes, port, address, () => undefined)
  })
  socket.on('message', (bytes, { address, port }) => server.receive(bytes, { address, port }))
  socket.on('error', reportBug)
  const stopReadings = ledger.onFinalReading(
    (id, reading) => {
      const deviceId = toHex(id)
      if (latest.update(deviceId, reading)) server.observers.notify(topicOf(deviceId, 'latest'))
    },
    () => {
      // While nobody listens, what is held ready would grow old unseen.
      if (!isHeard()) latest.forgetAll()
      return isHeard()
    }
  )
  const stopEnds = ledger.onTransactionEnd((id) => {
    if (id !== null && isHeard()) server.observers.notify(topicOf(toHex(id), 'down'))
  })
  return {
    socket,
    end: () => {
      stopReadings()
      stopEnds()
      server.close()
    }
  }
}
