/**
 * The data directory of a founder of the small network, with a chain on it.
 *
 * @module
 */

import { join } from 'node:path'
import { type Genesis, genesisHashOf, toHex } from '../../../protocol/index.ts'
import { fingerprintOf, keyPairOf, type NodeKeys, writeNodeKeys } from '../../node-keys.ts'
import { createDataDirectory, dataPaths } from '../../storage/data-directory.ts'
import type { Database } from '../../storage/database.ts'
import { type NodeMarker, readMarker } from '../../storage/node-marker.ts'
import { openDatabase } from '../../storage/open-database.ts'
import { openVoteLog } from '../../storage/vote-log.ts'
import { GENESIS } from '../../testing/small-network.ts'
import type { SurveyOptions } from '../survey.ts'
import { growLedgers, openSmallLedger, type SmallBlock } from './small-ledger.ts'

const QUIET = { onWriteFailure: (): void => undefined }
const seedOf = (byte: number): Uint8Array => new Uint8Array(32).fill(byte)

/** The keys of the first founder. */
export const KEYS: NodeKeys = {
  identity: keyPairOf(seedOf(71)),
  voteKeys: new Map([[0, keyPairOf(seedOf(81))]])
}

/** What a survey of the directory is told. */
export function surveyOptions(path: string, genesis: Genesis = GENESIS): SurveyOptions {
  const genesisHash = toHex(genesisHashOf(genesis))
  return { path, genesis, genesisHash, protection: { kind: 'plain' } }
}

/** Makes a directory, its chain partly in a table and partly in LevelDB's log, and one vote. */
export async function createSmallDirectory(
  path: string,
  blocks: readonly SmallBlock[]
): Promise<void> {
  const { genesisHash } = surveyOptions(path)
  const keyFingerprint = fingerprintOf(KEYS.identity.publicKey)
  await createDataDirectory(
    { path, networkId: GENESIS.networkId, genesisHash, keyFingerprint },
    { writeKeys: (folder) => writeNodeKeys(folder, { ...KEYS, recovery: null }, { kind: 'plain' }) }
  )
  const half = Math.ceil(blocks.length / 2)
  for (const part of [blocks.slice(0, half), blocks.slice(half)]) {
    const database = await openSmallDatabase(path)
    await growLedgers([await openSmallLedger(database, blocks)], part)
    await database.close()
  }
  const identity = await identityOf(path)
  const voteLog = await openVoteLog({ path: join(path, 'sign'), identity, create: false }, QUIET)
  const vote = { epoch: 0, view: blocks.length, kind: 'finalise' as const, bytes: seedOf(1) }
  await voteLog.record({ entries: [vote], certificates: [] })
  await voteLog.close()
}

/** Opens the ledger of the directory. */
export async function openSmallDatabase(path: string): Promise<Database> {
  const identity = await identityOf(path)
  return await openDatabase({ path: dataPaths(path).ledger, identity, create: false }, QUIET)
}

async function identityOf(
  path: string
): Promise<Pick<NodeMarker, 'uuid' | 'networkId' | 'schemaVersion'>> {
  const { uuid, networkId, schemaVersion } = (await readMarker(
    dataPaths(path).marker
  )) as NodeMarker
  return { uuid, networkId, schemaVersion }
}
