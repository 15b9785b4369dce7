/**
 * A look through a store that damage does not stop: whole records, and the places of all others.
 *
 * @module
 */

import type { NodeError } from '../errors.ts'
import { unsealValue } from './checked-value.ts'
import { readFailure } from './disk-errors.ts'
import type { EngineStore } from './engine.ts'
import { callersRange, type KeyRange, rangeBehind } from './key-range.ts'
import { type Entry, PAGE_ENTRIES_MAX, readPairs } from './store-pages.ts'

/** What a look through a range finds on one page. */
export interface ScannedPage {
  readonly entries: readonly Entry[]
  /** Keys, as they were found, whose records are not what was written. */
  readonly damaged: readonly Uint8Array[]
  /** What keeps the rest of the range from being read, if anything does. */
  readonly trouble: NodeError | undefined
}

/**
 * Walks a range in order, a bounded page at a time.
 *
 * The pages end where the store itself can read no further; the last one then says why.
 */
export async function* scanStore(
  store: EngineStore,
  path: string,
  range: KeyRange
): AsyncGenerator<ScannedPage, void, void> {
  let rest = callersRange(range)
  for (;;) {
    const page = await scanPage(store, path, rest)
    // the place of a damaged record may be wrong as well: only whole ones lead on
    const last = page.entries.at(-1)?.[0] ?? page.damaged.at(-1)
    yield page
    if (last === undefined || page.trouble !== undefined) return
    if (rest.gt !== undefined && Buffer.compare(last, rest.gt) <= 0) return
    rest = rangeBehind(rest, last)
  }
}

async function scanPage(store: EngineStore, path: string, range: KeyRange): Promise<ScannedPage> {
  const { pairs, error } = await readPairs(store, range, PAGE_ENTRIES_MAX)
  const entries: Entry[] = []
  const damaged: Uint8Array[] = []
  for (const [key, stored] of pairs) {
    const payload = unsealValue(key, stored)
    if (payload === undefined) damaged.push(key)
    else entries.push([key, payload])
  }
  const trouble = error === undefined ? undefined : readFailure(path, error)
  return { entries, damaged, trouble }
}
