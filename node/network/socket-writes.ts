/**
 * Fewer writes to the socket.
 *
 * Noise hands over each frame as a list, its two length bytes first, and the TCP
 * transport writes each item on its own: with TCP_NODELAY that is a packet and a
 * system call for two bytes. Small lists are joined first; measured, that halves
 * what a vote costs both sides.
 *
 * @module
 */

import type { MessageStream } from '@libp2p/interface'

interface List extends Iterable<Uint8Array> {
  readonly byteLength: number
  subarray(): Uint8Array
}

interface RawConnection {
  /** Takes anything that can be walked through, array by array. */
  sendData: (data: List | readonly [Uint8Array]) => unknown
}

const JOIN_MAX_BYTES = 16 * 1024

/**
 * Makes the socket under an encrypted connection write small frames in one piece.
 *
 * @returns false, changing nothing, if the connection is not built as we know it
 */
export function joinSmallWrites(encrypted: MessageStream): boolean {
  const { stream } = encrypted as unknown as { stream?: Partial<RawConnection> }
  if (typeof stream?.sendData !== 'function') return false
  const sendEach = stream.sendData.bind(stream)
  stream.sendData = (data) => {
    const isSmallList = 'byteLength' in data && data.byteLength <= JOIN_MAX_BYTES
    return sendEach(isSmallList ? [data.subarray()] : data)
  }
  return true
}
