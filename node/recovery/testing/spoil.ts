/**
 * Spoiling records where they lie: single bits in the files of a database that is closed.
 *
 * @module
 */

import { readFile } from 'node:fs/promises'
import { invariant } from '../../../protocol/index.ts'
import { sealValue } from '../../storage/checked-value.ts'
import { listTables } from '../../storage/level-table-check.ts'
import type { Entry } from '../../storage/store-pages.ts'
import { flipBit } from '../../storage/testing/fixtures.ts'

/** Flips one bit of a record's payload; its checksum, which no other has, tells where it lies. */
export async function spoilRecord(folder: string, [key, payload]: Entry): Promise<void> {
  const stored = Buffer.from(sealValue(key, payload))
  let isFound = false
  for (const path of await listTables(folder)) {
    const offset = (await readFile(path)).indexOf(stored)
    if (offset < 0) continue
    isFound = true
    await flipBit(path, offset)
  }
  invariant(isFound, 'what is to be spoilt lies in a table')
}
