/**
 * A new stream whose connection is going down ends, and nothing else does.
 *
 * Yamux says the first word of a new stream in a microtask, where nobody catches what it throws:
 * on a connection that was closed a moment before, that would end the whole process. A peer that
 * hangs up while something is asked of it is enough.
 *
 * @module
 */

import type { StreamMuxer } from '@libp2p/interface'

interface OpeningStream {
  sendWindowUpdate: () => void
  readonly abort: (error: Error) => void
}

interface OpeningMuxer {
  onCreateStream: (options: unknown) => OpeningStream
}

function isOpening(muxer: object): muxer is OpeningMuxer {
  return typeof (muxer as Partial<OpeningMuxer>).onCreateStream === 'function'
}

/**
 * Makes a muxer abort a stream of its own whose first word cannot be said.
 *
 * @returns false, changing nothing, if the muxer is not built as we know it
 */
export function catchFirstWords(muxer: StreamMuxer): boolean {
  const candidate: object = muxer
  if (!isOpening(candidate)) return false
  const create = candidate.onCreateStream.bind(candidate)
  candidate.onCreateStream = (options) => {
    const stream = create(options)
    const sendNow = stream.sendWindowUpdate.bind(stream)
    stream.sendWindowUpdate = () => {
      try {
        sendNow()
      } catch (error) {
        stream.abort(error instanceof Error ? error : new Error(String(error)))
      }
    }
    return stream
  }
  return true
}
