/**
 * Upgrades that nobody here wants, `h2c` above all: the request is answered in HTTP/1.1 as if it had
 * not asked.
 *
 * Node hands over every request with an Upgrade header as a bare socket, its body unread, once there
 * are WebSockets. So the request is put back before its body, without the offer, and the socket is
 * given to the server anew.
 *
 * @see RFC 9110 §7.8 Upgrade and RFC 9113 §3.1 HTTP/2 Version Identification
 * @module
 */

import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { Server as TlsServer } from 'node:tls'
import { HEADERS_MAX } from './http-limits.ts'

/** Names of headers that speak of the offer alone. */
const OFFER: ReadonlySet<string> = new Set(['upgrade', 'http2-settings'])

/** Takes back a request with an offer; false when it cannot be said again as it was. */
export type TakeBack = (request: IncomingMessage, socket: Duplex, head: Buffer) => boolean

/** Makes a server answer requests whose offer is declined. */
export function createTakeBack(server: Server): TakeBack {
  // A caller may have sent several requests at once; answers must keep their order.
  const answering = new WeakMap<Duplex, ServerResponse>()
  server.on('request', ({ socket }, response) => void answering.set(socket, response))
  const entrance = server instanceof TlsServer ? 'secureConnection' : 'connection'
  return (request, socket, head) => {
    // Beyond that some were not read, and one of them might say how long the body is.
    if (request.rawHeaders.length >= 2 * HEADERS_MAX) return false
    const fail = (): void => void socket.destroy()
    const enter = (): void => {
      socket.off('error', fail)
      if (socket.destroyed) return
      if (head.length > 0) socket.unshift(head)
      socket.unshift(headOf(request))
      server.emit(entrance, socket)
    }
    const last = answering.get(socket)
    if (last === undefined || last.writableFinished) enter()
    else {
      // The server listens for errors again once it has the socket back.
      socket.once('error', fail)
      last.once('close', enter)
    }
    return true
  }
}

/** The request as it came, without the offer. */
function headOf({ method, url, httpVersion, rawHeaders }: IncomingMessage): Buffer {
  const lines = [`${method} ${url} HTTP/${httpVersion}`]
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const [name = '', value = ''] = rawHeaders.slice(at, at + 2)
    const lowered = name.toLowerCase()
    if (OFFER.has(lowered)) continue
    lines.push(`${name}: ${lowered === 'connection' ? withoutOffer(value) : value}`)
  }
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1')
}

function withoutOffer(connection: string): string {
  return connection
    .split(',')
    .map((option) => option.trim())
    .filter((option) => !OFFER.has(option.toLowerCase()))
    .join(', ')
}
