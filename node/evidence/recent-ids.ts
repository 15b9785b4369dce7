/**
 * Recent ids: what has counted lately, so that late copies of it are known at a glance.
 *
 * @module
 */

/** Ids remembered: of a quarter of an hour at ten messages a second; older ones are found on the disk. */
const IDS_MAX = 8_192
/** Bytes of an id that are compared: as many as the ledger's index keeps. */
const PREFIX_BYTES = 12

/** Remembers ids of transactions. */
export class RecentIds {
  readonly #names = new Set<string>()

  /** Remembers one. */
  add(id: Uint8Array): void {
    this.#names.add(nameOf(id))
    if (this.#names.size <= IDS_MAX) return
    const eldest = this.#names.values().next()
    if (eldest.done !== true) this.#names.delete(eldest.value)
  }

  /** Whether it is remembered. */
  has(id: Uint8Array): boolean {
    return this.#names.has(nameOf(id))
  }
}

function nameOf({ buffer, byteOffset }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, PREFIX_BYTES).toString('latin1')
}
