/**
 * Cheaper reads from an encrypted connection.
 *
 * Noise learns that a read has ended with a whole frame by throwing and catching
 * a RangeError, once per read from the socket; measured, a fifth of what it costs
 * to receive a single vote. Told a length that cannot be there yet, its decoder
 * waits for more without the exception.
 *
 * @module
 */

import type { MessageStream } from '@libp2p/interface'

interface Decoder {
  lengthDecoder: (data: { readonly length: number }) => number
  readonly maxDataLength: number
}

const PREFIX_BYTES = 2
const FRAME_MAX_BYTES = 65_535

/**
 * Spares an encrypted connection the exception at the end of each read.
 *
 * @returns false, changing nothing, if the connection is not built as we know it
 */
export function spareReadExceptions(encrypted: MessageStream): boolean {
  const { decoder } = encrypted as unknown as { decoder?: Partial<Decoder> }
  const { lengthDecoder, maxDataLength } = decoder ?? {}
  if (decoder === undefined || lengthDecoder === undefined) return false
  // The length given instead must pass the decoder's check and be beyond any real one.
  if (maxDataLength === undefined || maxDataLength <= FRAME_MAX_BYTES) return false
  decoder.lengthDecoder = (data) =>
    data.length < PREFIX_BYTES ? maxDataLength : lengthDecoder(data)
  return true
}
