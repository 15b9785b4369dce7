/**
 * The threshold of the MQTT gateway: who has not said who he is costs a few kilobytes for a few seconds.
 *
 * A connection comes to the broker when its CONNECT is here as a whole, and is no larger than one
 * has to be. When too many wait, the one that had the most time to say it makes room: of the address
 * that has too many, or of all.
 *
 * @module
 */

import type { Socket } from 'node:net'

/** Bounds of the threshold. */
export interface ThresholdLimits {
  /** Connections that wait, in all and from one remote address. */
  readonly waitingMax: number
  readonly waitingPerAddressMax: number
  readonly timeoutMs: number
  /** The whole packet. */
  readonly connectSizeMaxBytes: number
}

/** The threshold. */
export interface Threshold {
  readonly take: (socket: Socket) => void
  /** Connections that wait. */
  readonly waiting: () => number
}

/** What the first bytes of a connection are. */
export type FirstBytes = 'more' | 'whole' | 'wrong'

const CONNECT = 0x10
const LENGTH_BYTES_MAX = 4
const CONTINUES = 0x80

/** Judges what came so far, by the fixed header (MQTT 5.0 §2.1). */
export function judgeFirstBytes(bytes: Uint8Array, sizeMaxBytes: number): FirstBytes {
  const [kind] = bytes
  if (kind === undefined) return 'more'
  if (kind !== CONNECT) return 'wrong'
  let length = 0
  for (let place = 1; place <= LENGTH_BYTES_MAX; place++) {
    const byte = bytes[place]
    if (byte === undefined) return 'more'
    length += (byte % CONTINUES) * CONTINUES ** (place - 1)
    if (byte >= CONTINUES) continue
    const size = 1 + place + length
    if (size > sizeMaxBytes) return 'wrong'
    return bytes.length < size ? 'more' : 'whole'
  }
  return 'wrong'
}

/** Opens a threshold; whoever passes is handed to `admit` with all bytes that it sent. */
export function createThreshold(
  limits: ThresholdLimits,
  admit: (socket: Socket) => void
): Threshold {
  // In the order of their coming.
  const waiting = new Map<Socket, { readonly remote: string }>()

  const makeRoom = (remote: string): void => {
    const own = [...waiting].filter(([, other]) => other.remote === remote)
    const [oldestOwn] = own
    if (oldestOwn !== undefined && own.length >= limits.waitingPerAddressMax) oldestOwn[0].destroy()
    else if (waiting.size >= limits.waitingMax) [...waiting.keys()][0]?.destroy()
  }
  const take = (socket: Socket): void => {
    const remote = socket.remoteAddress ?? ''
    makeRoom(remote)
    let bytes: Buffer = Buffer.alloc(0)
    const leave = (): void => {
      clearTimeout(timer)
      waiting.delete(socket)
      socket.removeListener('readable', read)
      socket.removeListener('close', leave)
      socket.removeListener('error', ignore)
    }
    const read = (): void => {
      const chunk: Buffer | null = socket.read()
      if (chunk === null) return
      bytes = Buffer.concat([bytes, chunk])
      const judged = judgeFirstBytes(bytes, limits.connectSizeMaxBytes)
      if (judged === 'wrong') socket.destroy()
      if (judged !== 'whole') return
      leave()
      socket.unshift(bytes)
      admit(socket)
    }
    const timer = setTimeout(() => socket.destroy(), limits.timeoutMs)
    waiting.set(socket, { remote })
    socket.on('readable', read)
    socket.once('close', leave)
    socket.on('error', ignore)
  }
  return { take, waiting: () => waiting.size }
}

/** A connection that breaks before it began concerns nobody; it is closed all the same. */
function ignore(): void {
  return
}
