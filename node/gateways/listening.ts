/**
 * Listening sockets: open one, say plainly why it cannot be opened, bound its connections.
 *
 * @module
 */

import { once } from 'node:events'
import type { Server, Socket } from 'node:net'
import { NodeError } from '../errors.ts'
import type { ListenAddress } from './gateway.ts'

/** How many connections a listener takes. */
export interface ConnectionLimits {
  readonly connectionsMax: number
  /** Of these, how many from one remote address. */
  readonly connectionsPerAddressMax: number
}

/**
 * Starts to listen.
 *
 * @throws NodeError ADDRESS_IN_USE or CONFIGURATION_WRONG, naming host and port
 */
export async function listen(server: Server, at: ListenAddress, name: string): Promise<void> {
  try {
    server.listen({ host: at.host, port: at.port })
    await once(server, 'listening')
  } catch (error) {
    throw listenError(error, at, name)
  }
}

/** Where a server listens, or null. */
export function addressOf(server: Server): ListenAddress | null {
  const address = server.address()
  if (address === null || typeof address === 'string') return null
  return { host: address.address, port: address.port }
}

/** Bounds a server's connections, in all and per remote address; one too many is closed at once. */
export function limitConnections(server: Server, limits: ConnectionLimits): void {
  server.maxConnections = limits.connectionsMax
  // Bounded by maxConnections: an entry lives as long as a connection of its address.
  const counts = new Map<string, number>()
  const counted = new WeakSet<Socket>()
  server.on('connection', (socket: Socket) => {
    // One that went back to the server after it had been taken from it is no other one.
    if (counted.has(socket)) return
    counted.add(socket)
    const remote = socket.remoteAddress ?? ''
    const count = (counts.get(remote) ?? 0) + 1
    counts.set(remote, count)
    socket.once('close', () => {
      const left = (counts.get(remote) ?? 1) - 1
      if (left > 0) counts.set(remote, left)
      else counts.delete(remote)
    })
    if (count > limits.connectionsPerAddressMax) socket.destroy()
  })
}

/** The error for an address that cannot be listened on. */
export function listenError(error: unknown, at: ListenAddress, name: string): NodeError {
  const errno = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
  const place = `${name} ${at.host}:${at.port}`
  return errno === 'EADDRINUSE'
    ? new NodeError('ADDRESS_IN_USE', `${place}: the address is in use`, { cause: error })
    : new NodeError('CONFIGURATION_WRONG', `${place}: cannot listen there (${errno})`, {
        cause: error
      })
}
