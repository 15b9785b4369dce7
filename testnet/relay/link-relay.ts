/**
 * A relay that stands between two nodes and is the distance, or the fault, between them.
 *
 * It listens on a port of its own, dials the target for every connection, and passes bytes both
 * ways through a delay line each. It knows nothing of what it carries, so the nodes run the very
 * code they run on a real network. Conditions may change while connections are open.
 *
 * @module
 */

import { connect, createServer, type Server, type Socket } from 'node:net'
import { NodeError } from '../../node/errors.ts'
import { breakSocket } from './break-socket.ts'
import { DelayLine, type DelayLinePorts } from './delay-line.ts'
import {
  CLEAR_LINK,
  type LinkConditions,
  type LinkDirection,
  requireLinkConditions
} from './link-conditions.ts'

const HOST = '127.0.0.1'
// Two nodes keep one connection each way; the rest is room for those that a stall left behind.
const CONNECTIONS_MAX = 32

/** Where a relay listens, where it leads, and how it begins. */
export interface LinkRelayOptions {
  /** On 127.0.0.1; 0 lets the system choose. */
  readonly listenPort: number
  readonly targetPort: number
  readonly forward?: Partial<LinkConditions>
  readonly backward?: Partial<LinkConditions>
}

/** What a relay needs from outside. */
export interface LinkRelayPorts {
  /** A number from 0 up to 1, for jitter and random resets. */
  readonly random: () => number
}

/** What a relay is doing. */
export interface LinkRelayStatus {
  readonly cut: boolean
  readonly connections: number
  readonly forwardBytes: number
  readonly backwardBytes: number
  /** How much later than asked for the chunks were passed on, on average: what timers cost. */
  readonly meanLatenessMs: number
  readonly forward: LinkConditions
  readonly backward: LinkConditions
}

/** One open relay. */
export interface LinkRelay {
  readonly port: number
  /** Changes some conditions of one direction, for open connections too. */
  readonly setConditions: (direction: LinkDirection, changes: Partial<LinkConditions>) => void
  /** Breaks every connection, and each new one as soon as it is made, until {@link mend}. */
  readonly cut: () => void
  /** Ends a cut. Stalls are conditions and end by {@link setConditions}. */
  readonly mend: () => void
  readonly status: () => LinkRelayStatus
  /** Breaks every connection and gives the port back. */
  readonly close: () => Promise<void>
}

/**
 * Opens a relay.
 *
 * @throws {@link NodeError} ADDRESS_IN_USE when the port is taken
 */
export async function openLinkRelay(
  options: LinkRelayOptions,
  ports: LinkRelayPorts
): Promise<LinkRelay> {
  const relay = new Relay(options, ports)
  await relay.listen()
  return relay
}

interface Connection {
  readonly dialler: Socket
  readonly target: Socket
  readonly lines: Readonly<Record<LinkDirection, DelayLine>>
}

class Relay implements LinkRelay {
  readonly #options: LinkRelayOptions
  readonly #ports: LinkRelayPorts
  readonly #server: Server
  readonly #connections = new Set<Connection>()
  readonly #conditions: Record<LinkDirection, LinkConditions>
  readonly #carriedBytes: Record<LinkDirection, number> = { forward: 0, backward: 0 }
  #carriedChunks = 0
  #latenessSumMs = 0
  #cut = false

  constructor(options: LinkRelayOptions, ports: LinkRelayPorts) {
    this.#options = options
    this.#ports = ports
    this.#conditions = {
      forward: { ...CLEAR_LINK, ...options.forward },
      backward: { ...CLEAR_LINK, ...options.backward }
    }
    requireLinkConditions(this.#conditions.forward)
    requireLinkConditions(this.#conditions.backward)
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (dialler) =>
      this.#onConnection(dialler)
    )
    this.#server.maxConnections = CONNECTIONS_MAX
  }

  get port(): number {
    const address = this.#server.address()
    return address !== null && typeof address === 'object' ? address.port : 0
  }

  async listen(): Promise<void> {
    const { listenPort } = this.#options
    const { promise, resolve, reject } = settleable()
    this.#server.once('error', (cause) =>
      reject(
        new NodeError('ADDRESS_IN_USE', `cannot listen on ${HOST}:${listenPort} for a link`, {
          cause
        })
      )
    )
    this.#server.listen({ host: HOST, port: listenPort }, resolve)
    await promise
  }

  setConditions(direction: LinkDirection, changes: Partial<LinkConditions>): void {
    const conditions = { ...this.#conditions[direction], ...changes }
    requireLinkConditions(conditions)
    this.#conditions[direction] = conditions
    for (const { lines } of this.#connections) lines[direction].refresh()
  }

  cut(): void {
    this.#cut = true
    this.#breakAll()
  }

  mend(): void {
    this.#cut = false
  }

  status(): LinkRelayStatus {
    return {
      cut: this.#cut,
      connections: this.#connections.size,
      forwardBytes: this.#carriedBytes.forward,
      backwardBytes: this.#carriedBytes.backward,
      meanLatenessMs: this.#latenessSumMs / Math.max(this.#carriedChunks, 1),
      forward: this.#conditions.forward,
      backward: this.#conditions.backward
    }
  }

  async close(): Promise<void> {
    const { promise, resolve } = settleable()
    // An error here says that the relay was closed before, which is as good.
    this.#server.close(() => resolve())
    this.#cut = true
    this.#breakAll()
    await promise
  }

  #onConnection(dialler: Socket): void {
    dialler.on('error', ignoreBreak)
    if (this.#cut) {
      breakSocket(dialler)
      return
    }
    const target = connect({
      host: HOST,
      port: this.#options.targetPort,
      allowHalfOpen: true,
      noDelay: true
    })
    target.on('error', ignoreBreak)
    const connection = {
      dialler,
      target,
      lines: {
        forward: new DelayLine(dialler, target, this.#linePorts('forward')),
        backward: new DelayLine(target, dialler, this.#linePorts('backward'))
      }
    }
    this.#connections.add(connection)
    const forget = (): void => {
      if (dialler.destroyed && target.destroyed) this.#connections.delete(connection)
    }
    dialler.once('close', forget)
    target.once('close', forget)
  }

  #linePorts(direction: LinkDirection): DelayLinePorts {
    return {
      conditions: () => this.#conditions[direction],
      random: this.#ports.random,
      nowMs: () => performance.now(),
      onCarried: (sizeBytes, latenessMs) => {
        this.#carriedChunks++
        this.#latenessSumMs += latenessMs
        this.#carriedBytes[direction] += sizeBytes
      }
    }
  }

  #breakAll(): void {
    for (const { dialler, target } of this.#connections) {
      breakSocket(dialler)
      breakSocket(target)
    }
  }
}

/** Every break is carried to the other side by a delay line; there is nothing else to do. */
function ignoreBreak(): void {}

function settleable(): {
  promise: Promise<void>
  resolve: () => void
  reject: (error: Error) => void
} {
  let resolve: () => void = () => {}
  let reject: (error: Error) => void = () => {}
  const promise = new Promise<void>((onResolve, onReject) => {
    resolve = onResolve
    reject = onReject
  })
  return { promise, resolve, reject }
}
