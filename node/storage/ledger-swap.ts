/**
 * The ledger swap: a new ledger takes the place of the old one, at a start, whatever was interrupted.
 *
 * A ledger is built in `ledger-incoming` and, once it is whole and synced, named `ledger-ready`. The
 * next start puts it in place. Every step is one rename, and what is found at a start says which of
 * them were done:
 *
 * | found | what follows |
 * |---|---|
 * | `ledger-incoming` | was never finished: it goes |
 * | `ledger-ready` beside `ledger` | `ledger` becomes `ledger-old`, and then as below |
 * | `ledger-ready` without `ledger` | it becomes `ledger` |
 * | `ledger-old` beside `ledger` | is no longer needed: it goes |
 * | `ledger-old` alone | becomes `ledger` again |
 *
 * @module
 */

import { join } from 'node:path'
import type { Files } from './files.ts'

/** Where the ledgers lie. */
export interface LedgerPlaces {
  readonly data: string
  readonly ledger: string
  readonly incoming: string
  readonly ready: string
  readonly old: string
}

const NAMES = {
  ledger: 'ledger',
  incoming: 'ledger-incoming',
  ready: 'ledger-ready',
  old: 'ledger-old'
} as const

/** The places in a data directory. */
export function ledgerPlaces(data: string): LedgerPlaces {
  return {
    data,
    ledger: join(data, NAMES.ledger),
    incoming: join(data, NAMES.incoming),
    ready: join(data, NAMES.ready),
    old: join(data, NAMES.old)
  }
}

/**
 * Declares the ledger in `ledger-incoming`, which is synced and closed, to be the next one.
 *
 * From here on this node must not sign anything before it has started anew.
 *
 * @throws NodeError DISK_FULL or DISK_WRITE_FAILED
 */
export async function declareReady(places: LedgerPlaces, files: Files): Promise<void> {
  await files.syncFolder(places.incoming)
  await files.rename(places.incoming, places.ready)
  await files.syncFolder(places.data)
}

/**
 * At a start, with the data directory locked: finishes or undoes a swap.
 *
 * @returns whether the ledger is another one than before
 * @throws NodeError DISK_FULL or DISK_WRITE_FAILED
 */
export async function settleLedgerSwap(places: LedgerPlaces, files: Files): Promise<boolean> {
  const { data, ledger, incoming, ready, old } = places
  const found = new Set(await files.list(data))
  if (found.has(NAMES.incoming)) await files.remove(incoming)
  if (found.has(NAMES.ready)) {
    if (found.has(NAMES.ledger)) {
      // What lies there from an earlier swap was given up when its ledger was in place.
      await files.remove(old)
      await files.rename(ledger, old)
      await files.syncFolder(data)
    }
    await files.rename(ready, ledger)
    await files.syncFolder(data)
  } else if (found.has(NAMES.old) && !found.has(NAMES.ledger)) {
    await files.rename(old, ledger)
    await files.syncFolder(data)
    return false
  }
  if (found.has(NAMES.ready) || found.has(NAMES.old)) await files.remove(old)
  return found.has(NAMES.ready)
}
