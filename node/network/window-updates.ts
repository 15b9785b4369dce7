/**
 * Fewer window updates on streams of many small messages.
 *
 * Yamux answers every data frame with a window update: a frame more to encrypt,
 * send and read for each vote. Half a window of room is enough to keep a sender
 * going, so updates wait until half of it is used up.
 *
 * @module
 */

import type { Stream } from '@libp2p/interface'

interface WindowedStream {
  recvWindow: number
  recvWindowCapacity: number
  sendWindowUpdate: () => void
}

function isWindowed(stream: object): stream is WindowedStream {
  const { recvWindow, recvWindowCapacity, sendWindowUpdate } = stream as Partial<WindowedStream>
  return (
    typeof recvWindow === 'number' &&
    typeof recvWindowCapacity === 'number' &&
    typeof sendWindowUpdate === 'function'
  )
}

/**
 * Makes a stream send window updates only when half of its window is used up.
 *
 * @returns false, changing nothing, if the stream is not one whose window we know
 */
export function thinWindowUpdates(stream: Stream): boolean {
  const candidate: object = stream
  if (!isWindowed(candidate)) return false
  const sendNow = candidate.sendWindowUpdate.bind(candidate)
  candidate.sendWindowUpdate = () => {
    if (candidate.recvWindowCapacity * 2 <= candidate.recvWindow) sendNow()
  }
  return true
}
