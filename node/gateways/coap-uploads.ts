/**
 * CoAP uploads: bodies that come block by block.
 *
 * Blocks come one after another; what leaves a gap is refused, so nothing is
 * held but bytes that came. When there is no room, bodies from sources that have
 * shown to be there are held rather than others.
 *
 * @see RFC 7959 §2.5 and §2.9
 * @module
 */

import type { Block } from './coap-options.ts'

/** Bounds of all uploads. */
export interface UploadLimits {
  readonly bodyMaxBytes: number
  readonly perHostMax: number
  readonly uploadsMax: number
  readonly heldMaxBytes: number
  /** How long one may be silent. */
  readonly idleMs: number
}

/** The usual bounds. */
export const UPLOAD_LIMITS: UploadLimits = {
  bodyMaxBytes: 65_536,
  perHostMax: 32,
  uploadsMax: 1_024,
  heldMaxBytes: 16_777_216,
  idleMs: 30_000
}

/** A block that came. */
export interface BlockArrival {
  /** Tells uploads apart: end point, method, path and tag. */
  readonly key: string
  readonly host: string
  readonly isVerified: boolean
  readonly block: Block
  readonly payload: Uint8Array
}

/** What becomes of a block. */
export type BlockReaction =
  | { readonly kind: 'continue' }
  | { readonly kind: 'complete'; readonly body: Uint8Array }
  /** Another block was due: nothing is held any more. */
  | { readonly kind: 'incomplete' }
  /** The block is not as large as it says. */
  | { readonly kind: 'wrong' }
  | { readonly kind: 'too-large' }
  | { readonly kind: 'no-room' }

/** The uploads. */
export interface Uploads {
  readonly take: (arrival: BlockArrival, nowMs: number) => BlockReaction
  /** Whether a body is under way. */
  readonly has: (key: string) => boolean
  readonly heldBytes: () => number
  readonly count: () => number
}

interface Upload {
  readonly host: string
  readonly isVerified: boolean
  readonly blocks: Uint8Array[]
  sizeBytes: number
  endsAtMs: number
}

/** Opens the uploads. */
export function createUploads(limits: UploadLimits = UPLOAD_LIMITS): Uploads {
  return new UploadTable(limits)
}

class UploadTable implements Uploads {
  readonly #limits: UploadLimits
  /** In the order of the last block. */
  readonly #uploads = new Map<string, Upload>()
  #heldBytes = 0

  constructor(limits: UploadLimits) {
    this.#limits = limits
  }

  has(key: string): boolean {
    return this.#uploads.has(key)
  }

  heldBytes(): number {
    return this.#heldBytes
  }

  count(): number {
    return this.#uploads.size
  }

  take(arrival: BlockArrival, nowMs: number): BlockReaction {
    const { key, block, payload } = arrival
    this.#endSilent(nowMs)
    const isShort = payload.length < block.sizeBytes
    if (payload.length > block.sizeBytes || (block.more && isShort)) return this.#end(key, 'wrong')
    const begin = block.number * block.sizeBytes
    if (begin + payload.length > this.#limits.bodyMaxBytes) return this.#end(key, 'too-large')
    const upload = block.number === 0 ? this.#begin(arrival) : this.#uploads.get(key)
    if (upload === undefined)
      return { kind: block.number === 0 && block.more ? 'no-room' : 'incomplete' }
    if (upload.sizeBytes !== begin) return this.#end(key, 'incomplete')
    if (!block.more) {
      const body = Buffer.concat([...upload.blocks, payload])
      this.#forget(key)
      return { kind: 'complete', body }
    }
    if (!this.#makeRoom(arrival)) return this.#end(key, 'no-room')
    // Copied: the datagram's memory is not kept.
    upload.blocks.push(new Uint8Array(payload))
    upload.sizeBytes += payload.length
    upload.endsAtMs = nowMs + this.#limits.idleMs
    this.#heldBytes += payload.length
    this.#uploads.delete(key)
    this.#uploads.set(key, upload)
    return { kind: 'continue' }
  }

  /** A first block begins anew, whatever came before under the same key. */
  #begin({ key, host, isVerified, block }: BlockArrival): Upload | undefined {
    this.#forget(key)
    const upload: Upload = { host, isVerified, blocks: [], sizeBytes: 0, endsAtMs: 0 }
    if (!block.more) return upload
    const ofHost = [...this.#uploads.values()].filter((each) => each.host === host).length
    if (ofHost >= this.#limits.perHostMax) return undefined
    if (this.#uploads.size >= this.#limits.uploadsMax && !this.#dropOther(key)) return undefined
    this.#uploads.set(key, upload)
    return upload
  }

  #makeRoom({ key, payload }: BlockArrival): boolean {
    while (this.#heldBytes + payload.length > this.#limits.heldMaxBytes)
      if (!this.#dropOther(key)) return false
    return true
  }

  /** Gives up the oldest upload of a source that may not exist. */
  #dropOther(key: string): boolean {
    for (const [other, { isVerified }] of this.#uploads) {
      if (isVerified || other === key) continue
      this.#forget(other)
      return true
    }
    return false
  }

  #endSilent(nowMs: number): void {
    for (const [key, { endsAtMs }] of this.#uploads) {
      if (endsAtMs > nowMs) return
      this.#forget(key)
    }
  }

  #end(key: string, kind: 'wrong' | 'too-large' | 'incomplete' | 'no-room'): BlockReaction {
    this.#forget(key)
    return { kind }
  }

  #forget(key: string): void {
    this.#heldBytes -= this.#uploads.get(key)?.sizeBytes ?? 0
    this.#uploads.delete(key)
  }
}
