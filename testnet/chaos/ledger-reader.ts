/**
 * Reads, in the ledger of a node that is down, who signed that its blocks are final, and whom it
 * holds evidence against.
 *
 * @module
 */

import { blockKey, evidenceKey } from '../../node/ledger/keyspace.ts'
import { decodeStoredBlock } from '../../node/ledger/stored-block.ts'
import { dataPaths } from '../../node/storage/data-directory.ts'
import type { Database } from '../../node/storage/database.ts'
import { readMarker } from '../../node/storage/node-marker.ts'
import { openDatabase } from '../../node/storage/open-database.ts'
import type { SeenVote } from './checker.ts'
import { RowFailure } from './row.ts'
import { certifiedVotes } from './vote-log-reader.ts'

/** What a ledger says about votes. */
export interface LedgerVotes {
  readonly certified: readonly SeenVote[]
  /** Pairs of votes that the node keeps as proof against a member. */
  readonly evidenceCount: number
}

const FIRST = 0
const LAST = Number.MAX_SAFE_INTEGER

/**
 * Reads all of a ledger's finalisations and its evidence.
 *
 * @throws NodeError when the ledger cannot be read
 */
export async function readLedgerVotes(
  dataFolder: string,
  nodeOf: (member: number) => number
): Promise<LedgerVotes> {
  const paths = dataPaths(dataFolder)
  const identity = await readMarker(paths.marker)
  if (identity === undefined) throw new RowFailure(`${paths.marker}: there is none`)
  const database = await openDatabase(
    { path: paths.ledger, identity, create: false },
    { onWriteFailure: () => undefined }
  )
  try {
    const certified = await finalisations(database, nodeOf)
    return { certified, evidenceCount: await countEvidence(database) }
  } finally {
    await database.close()
  }
}

async function finalisations(
  database: Database,
  nodeOf: (member: number) => number
): Promise<readonly SeenVote[]> {
  const votes: SeenVote[] = []
  for await (const page of database.iterate({ gte: blockKey(FIRST), lt: blockKey(LAST) }))
    for (const [, encoded] of page) {
      const { finalisation } = decodeStoredBlock(encoded)
      if (finalisation !== null) votes.push(...certifiedVotes(finalisation, nodeOf))
    }
  return votes
}

async function countEvidence(database: Database): Promise<number> {
  const range = { gte: evidenceKey(FIRST, FIRST, FIRST), lt: evidenceKey(LAST, LAST, LAST) }
  let count = 0
  for await (const page of database.iterate(range)) count += page.length
  return count
}
