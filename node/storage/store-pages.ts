/**
 * Pages of a store: a bounded number of entries in order, read without leaving anything open.
 *
 * @module
 */

import type { EngineSnapshot, EngineStore } from './engine.ts'
import type { KeyRange } from './key-range.ts'

/** Key and payload. */
export type Entry = readonly [key: Uint8Array, payload: Uint8Array]

/** Entries as they are stored, and what kept the rest of the page from being read, if anything did. */
export interface RawPage {
  readonly pairs: readonly (readonly [key: Uint8Array, stored: Uint8Array])[]
  readonly error: unknown
}

/** Entries of one page at most. */
export const PAGE_ENTRIES_MAX = 512

const PAGE_BYTES_MAX = 256 * 1024

/** Reads a page; where the store stops at damage of its own, as much as stands before it. */
export async function readPairs(
  store: EngineStore,
  range: KeyRange & { readonly snapshot?: EngineSnapshot },
  size: number
): Promise<RawPage> {
  const options = { ...range, fillCache: false, highWaterMarkBytes: PAGE_BYTES_MAX }
  const iterator = store.iterator(options)
  try {
    return { pairs: await iterator.nextv(size), error: undefined }
  } catch {
    // a page that fails gives nothing at all, so it is read again entry by entry
    return await readSingly(store, options, size)
  } finally {
    await iterator.close()
  }
}

async function readSingly(
  store: EngineStore,
  options: Parameters<EngineStore['iterator']>[0],
  size: number
): Promise<RawPage> {
  const pairs: [Uint8Array, Uint8Array][] = []
  const iterator = store.iterator(options)
  try {
    while (pairs.length < size) {
      const [pair] = await iterator.nextv(1)
      if (pair === undefined) break
      pairs.push(pair)
    }
    return { pairs, error: undefined }
  } catch (error) {
    return { pairs, error }
  } finally {
    await iterator.close()
  }
}
