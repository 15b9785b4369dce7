/**
 * Frames: messages in a byte stream, each after its length.
 *
 * The length is an unsigned varint, as everywhere in libp2p. It is judged before
 * anything is kept, and memory is used only for bytes that have arrived.
 *
 * @module
 */

/** A chunk as libp2p streams hand them out: one array or a list of them. */
export type Chunk = Uint8Array | Iterable<Uint8Array>

/** What a decoder makes of a chunk; a fault ends the stream. */
export type FrameFault = 'oversize' | 'length-malformed'

const LENGTH_BYTES_MAX = 4

/** Cuts one stream into messages. */
export class FrameDecoder {
  readonly #messageMaxBytes: number
  readonly #onMessage: (message: Uint8Array<ArrayBuffer>) => void
  #length = -1
  #prefix = 0
  #prefixBytes = 0
  #pieces: Uint8Array[] = []
  #have = 0

  /**
   * @param messageMaxBytes - what is longer is a fault
   * @param onMessage       - gets each message in an ArrayBuffer of its own, free to be transferred
   */
  constructor(messageMaxBytes: number, onMessage: (message: Uint8Array<ArrayBuffer>) => void) {
    this.#messageMaxBytes = messageMaxBytes
    this.#onMessage = onMessage
  }

  /** Whether a message has begun and not yet ended. */
  get isWithinMessage(): boolean {
    return this.#length >= 0 || this.#prefixBytes > 0
  }

  /** Takes the next bytes; after a fault the decoder must not be used again. */
  push(chunk: Chunk): FrameFault | undefined {
    if (chunk instanceof Uint8Array) return this.#pushArray(chunk)
    for (const array of chunk) {
      const fault = this.#pushArray(array)
      if (fault !== undefined) return fault
    }
    return undefined
  }

  #pushArray(array: Uint8Array): FrameFault | undefined {
    let at = 0
    while (at < array.length) {
      if (this.#length < 0) {
        const fault = this.#readPrefix(array[at] as number)
        if (fault !== undefined) return fault
        at += 1
        if (this.#length === 0) this.#finish()
        continue
      }
      const end = Math.min(array.length, at + this.#length - this.#have)
      this.#pieces.push(array.subarray(at, end))
      this.#have += end - at
      at = end
      if (this.#have === this.#length) this.#finish()
    }
    return undefined
  }

  #readPrefix(byte: number): FrameFault | undefined {
    this.#prefix += (byte & 0x7f) << (7 * this.#prefixBytes)
    this.#prefixBytes += 1
    if (this.#prefix > this.#messageMaxBytes) return 'oversize'
    if (byte < 0x80) {
      // A length has one spelling: no zeros at its end.
      if (byte === 0 && this.#prefixBytes > 1) return 'length-malformed'
      this.#length = this.#prefix
      return undefined
    }
    return this.#prefixBytes === LENGTH_BYTES_MAX ? 'length-malformed' : undefined
  }

  #finish(): void {
    const message = new Uint8Array(this.#length)
    let at = 0
    for (const piece of this.#pieces) {
      message.set(piece, at)
      at += piece.length
    }
    this.#length = -1
    this.#prefix = 0
    this.#prefixBytes = 0
    this.#pieces = []
    this.#have = 0
    this.#onMessage(message)
  }
}

/** The length of the prefix of a message. */
export function prefixBytes(length: number): number {
  let bytes = 1
  for (let rest = length; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes += 1
  return bytes
}

/** Writes the prefix of a message of that length; returns the offset behind it. */
export function writePrefix(target: Uint8Array, offset: number, length: number): number {
  let at = offset
  let rest = length
  while (rest >= 0x80) {
    target[at] = (rest & 0x7f) | 0x80
    rest = Math.floor(rest / 0x80)
    at += 1
  }
  target[at] = rest
  return at + 1
}
