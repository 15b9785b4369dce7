/**
 * Free ports: found by binding them, and held until they are handed out.
 *
 * @module
 */

import { createServer, type Server } from 'node:net'
import { NodeError } from '../node/errors.ts'

const HOST = '127.0.0.1'
// Below the ranges from which the usual systems give ports to outgoing connections, so that no
// passing connection takes a port between its release here and its use by a node.
const PORT_MIN = 20_000
const PORT_MAX = 32_767

/** What ports are wanted. */
export interface PortReservationOptions {
  readonly count: number
  /** Ports of an earlier run, taken first where they are still free. */
  readonly preferred?: readonly number[]
}

/** What the search for ports needs from outside. */
export interface PortReservationPorts {
  /** A number from 0 up to 1: two searches shall not begin at the same port. */
  readonly random: () => number
}

/** Ports that nobody else on this machine can take until they are released. */
export interface PortReservation {
  /** In the order of `preferred`, a taken one replaced in its place; never one twice. */
  readonly ports: readonly number[]
  /** Lets go of one port, right before the process that shall listen there is started. */
  readonly release: (port: number) => Promise<void>
  /** Lets go of all that are still held. */
  readonly releaseAll: () => Promise<void>
}

/**
 * Finds and holds free TCP ports on 127.0.0.1.
 *
 * @throws {@link NodeError} ADDRESS_IN_USE when the whole range is taken
 */
export async function reservePorts(
  options: PortReservationOptions,
  ports: PortReservationPorts
): Promise<PortReservation> {
  const held = new Map<number, Server>()
  const reserved: (number | undefined)[] = []
  for (let index = 0; index < options.count; index++)
    reserved.push(await holdOne(options.preferred?.[index], held))
  const candidates = candidatePorts(ports.random())
  for (const [index, port] of reserved.entries()) {
    let found = port
    while (found === undefined) {
      const { value, done } = candidates.next()
      if (done === true) {
        await releaseEvery(held)
        throw new NodeError(
          'ADDRESS_IN_USE',
          `fewer than ${options.count} free ports between ${PORT_MIN} and ${PORT_MAX} on ${HOST}`
        )
      }
      found = await holdOne(value, held)
    }
    reserved[index] = found
  }
  return {
    ports: reserved.filter((port) => port !== undefined),
    release: (port) => releaseOne(port, held),
    releaseAll: () => releaseEvery(held)
  }
}

function* candidatePorts(beginning: number): Generator<number, void> {
  const size = PORT_MAX - PORT_MIN + 1
  const first = Math.floor(beginning * size)
  for (let step = 0; step < size; step++) yield PORT_MIN + ((first + step) % size)
}

async function holdOne(
  port: number | undefined,
  held: Map<number, Server>
): Promise<number | undefined> {
  if (port === undefined || port < 1 || port > 65_535 || held.has(port)) return undefined
  const server = createServer((stranger) => stranger.destroy())
  const bound = await new Promise<boolean>((resolve) => {
    // Whatever the reason, a port that cannot be bound is not for us, and the next one is tried.
    server.once('error', () => resolve(false))
    server.listen({ host: HOST, port, exclusive: true }, () => resolve(true))
  })
  if (!bound) return undefined
  held.set(port, server)
  return port
}

async function releaseOne(port: number, held: Map<number, Server>): Promise<void> {
  const server = held.get(port)
  held.delete(port)
  if (server !== undefined) await new Promise<void>((resolve) => server.close(() => resolve()))
}

async function releaseEvery(held: Map<number, Server>): Promise<void> {
  await Promise.all([...held.keys()].map((port) => releaseOne(port, held)))
}
