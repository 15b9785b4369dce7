/**
 * The survey: looks at every part of a data directory that no node runs on, and changes none.
 *
 * @module
 */

import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { type Certificate, type Genesis, genesisElectorate, toHex } from '../../protocol/index.ts'
import { NodeError } from '../errors.ts'
import { fingerprintOf, type NodeKeys, readNodeKeys } from '../node-keys.ts'
import { type DataPaths, dataPaths } from '../storage/data-directory.ts'
import type { DatabaseIdentity } from '../storage/database-identity.ts'
import type { KeyProtection } from '../storage/key-file.ts'
import { ledgerPlaces } from '../storage/ledger-swap.ts'
import { checkOwner, type NodeMarker, readMarker } from '../storage/node-marker.ts'
import { openDatabase, peekIdentity } from '../storage/open-database.ts'
import { openVoteLog } from '../storage/vote-log.ts'
import { auditLedger, type LedgerAudit } from './ledger-audit.ts'

/** How a part is. */
export type PartCondition =
  | 'whole'
  /** A running node mends it from its peers. */
  | 'curable'
  | 'damaged'
  | 'missing'
  /** The vote log of a node that never votes again; as such it is whole. */
  | 'lost'

/** One part of a data directory, with a sentence about it. */
export interface PartFinding {
  readonly part: 'node.json' | 'keys' | 'ledger' | 'sign'
  readonly condition: PartCondition
  readonly what: string
}

/** A data directory as it was found. */
export interface Survey {
  readonly paths: DataPaths
  readonly parts: readonly PartFinding[]
  /** Whose it is: as its marker says, or else as its databases agree on; undefined when nobody knows. */
  readonly marker: NodeMarker | undefined
}

/** Where to look, and what must be there. */
export interface SurveyOptions {
  readonly path: string
  readonly genesis: Genesis
  /** Lower-case hexadecimal. */
  readonly genesisHash: string
  readonly protection: KeyProtection
}

const FAULTS_MAX = 1_000
const QUIET = { onWriteFailure: (): void => undefined }

/**
 * Looks at everything; the caller holds the lock of the data directory.
 *
 * @throws NodeError DATA_DIRECTORY_MISSING, STORAGE_FORMAT_UNKNOWN, GENESIS_WRONG, KEY_FILE_WRONG
 * (of another node than the marker's), DATA_DIRECTORY_LOCKED or of the disk
 */
export async function surveyDataDirectory(options: SurveyOptions): Promise<Survey> {
  const paths = dataPaths(options.path)
  const keys = await surveyKeys(paths, options.protection)
  const marker = await surveyMarker(paths, keys.keys, options)
  const identity = marker.marker
  const ledgerPath = effectiveLedger(options.path)
  const ledger = await surveyLedger(ledgerPath, identity, options.genesis)
  const seat = keys.keys && seatOf(options.genesis, keys.keys)
  const sign = await surveyVoteLog(paths.sign, identity, ownVoteView(ledger.finalisation, seat))
  return {
    paths,
    parts: [marker.finding, keys.finding, ledger.finding, sign],
    marker: identity
  }
}

async function surveyKeys(
  paths: DataPaths,
  protection: KeyProtection
): Promise<{ readonly finding: PartFinding; readonly keys: NodeKeys | undefined }> {
  try {
    const keys = await readNodeKeys(paths.keys, protection)
    const what = `${keys.voteKeys.size + 1} keys can be read`
    return { finding: { part: 'keys', condition: 'whole', what }, keys }
  } catch (error) {
    if (!(error instanceof NodeError)) throw error
    const condition = existsSync(paths.keys) ? 'damaged' : 'missing'
    return { finding: { part: 'keys', condition, what: error.message }, keys: undefined }
  }
}

async function surveyMarker(
  paths: DataPaths,
  keys: NodeKeys | undefined,
  options: SurveyOptions
): Promise<{ readonly finding: PartFinding; readonly marker: NodeMarker | undefined }> {
  const { genesisHash, genesis } = options
  const found = await damageOr(() => readMarker(paths.marker))
  if (found !== undefined && !(found instanceof NodeError)) {
    const keyFingerprint = keys ? fingerprintOf(keys.identity.publicKey) : found.keyFingerprint
    checkOwner(paths.marker, found, { networkId: genesis.networkId, genesisHash, keyFingerprint })
    const what = `of network ${found.networkId}, node ${found.keyFingerprint}`
    return { finding: { part: 'node.json', condition: 'whole', what }, marker: found }
  }
  const condition = found === undefined ? 'missing' : 'damaged'
  const marker = keys && (await markerOfDatabases(paths, keys, options))
  const from = marker
    ? 'both databases and the key agree on whose they are'
    : 'the databases and the key do not agree on whose they are'
  const what = `${found === undefined ? 'is not there' : found.message}; ${from}`
  return { finding: { part: 'node.json', condition, what }, marker }
}

/** What the marker must have said: both databases name one node and network, the key is at hand. */
async function markerOfDatabases(
  paths: DataPaths,
  keys: NodeKeys,
  { genesis, genesisHash }: SurveyOptions
): Promise<NodeMarker | undefined> {
  const [ledger, sign] = [
    await damageOr(() => peekIdentity(effectiveLedger(dirname(paths.ledger)))),
    await damageOr(() => peekIdentity(paths.sign))
  ]
  if (ledger === undefined || sign === undefined) return undefined
  if (ledger instanceof NodeError || sign instanceof NodeError) return undefined
  const isOne = (['uuid', 'networkId', 'schemaVersion'] as const).every(
    (field) => ledger[field] === sign[field]
  )
  if (!isOne || ledger.networkId !== genesis.networkId) return undefined
  const { uuid, networkId, schemaVersion } = ledger
  const keyFingerprint = fingerprintOf(keys.identity.publicKey)
  return { uuid, networkId, genesisHash, schemaVersion, keyFingerprint }
}

async function surveyLedger(
  path: string,
  identity: DatabaseIdentity | undefined,
  genesis: Genesis
): Promise<{ readonly finding: PartFinding; readonly finalisation: Certificate | null }> {
  const said = (condition: PartCondition, what: string): PartFinding => ({
    part: 'ledger',
    condition,
    what
  })
  const whose = identity ?? (await identityOf(path))
  const database =
    whose && (await damageOr(() => openDatabase({ path, identity: whose, create: false }, QUIET)))
  if (database === undefined || database instanceof NodeError) {
    const condition = isMissing(database) ? 'missing' : 'damaged'
    const what = database?.message ?? `${path}: does not say whose it is`
    return { finding: said(condition, what), finalisation: null }
  }
  try {
    const audit = await damageOr(() =>
      auditLedger(database, genesis, { isDeep: false, faultsMax: FAULTS_MAX })
    )
    if (audit instanceof NodeError)
      return { finding: said('damaged', audit.message), finalisation: null }
    return { finding: findingOf(audit), finalisation: audit.finalisation }
  } finally {
    await database.close()
  }
}

function findingOf({ faults, heights, blocks, values }: LedgerAudit): PartFinding {
  const part = 'ledger'
  const first = faults.find(({ isCurable }) => !isCurable) ?? faults[0]
  if (first !== undefined) {
    const more = faults.length > 1 ? `, and ${faults.length - 1} more` : ''
    return {
      part,
      condition: first.isCurable ? 'curable' : 'damaged',
      what: `${first.what}${more}`
    }
  }
  const what =
    heights === null
      ? 'has not begun'
      : `${blocks} blocks up to ${heights.to}, ${values} values of its state`
  return { part, condition: 'whole', what }
}

async function surveyVoteLog(
  path: string,
  identity: DatabaseIdentity | undefined,
  votedView: number
): Promise<PartFinding> {
  const part = 'sign'
  const whose = identity ?? (await identityOf(path))
  const voteLog =
    whose && (await damageOr(() => openVoteLog({ path, identity: whose, create: false }, QUIET)))
  if (voteLog === undefined || voteLog instanceof NodeError) {
    const condition = isMissing(voteLog) ? 'missing' : 'damaged'
    return { part, condition, what: voteLog?.message ?? `${path}: does not say whose it is` }
  }
  const { highest, isLost, isClosed } = voteLog
  await voteLog.close()
  if (isLost)
    return { part, condition: 'lost', what: 'an earlier one was lost: this key does not vote' }
  if (isClosed)
    return { part, condition: 'lost', what: 'its epoch was closed to found a new network' }
  if (votedView > highest.view)
    return {
      part,
      condition: 'damaged',
      what: `is an old copy: the ledger holds a vote of view ${votedView}, it ends at ${highest.view}`
    }
  const what =
    highest.view === 0 ? 'no vote yet' : `votes up to view ${highest.view}, chained without a gap`
  return { part, condition: 'whole', what }
}

/** The ledger that a start would put in place, where a swap of ledgers was interrupted. */
export function effectiveLedger(data: string): string {
  const { ready, ledger, old } = ledgerPlaces(data)
  if (existsSync(ready)) return ready
  return existsSync(ledger) || !existsSync(old) ? ledger : old
}

function seatOf(genesis: Genesis, { identity }: NodeKeys): number | undefined {
  return genesisElectorate(genesis).indexOf.get(toHex(identity.publicKey))
}

/** The view in which this node's own vote stands in the certificate of the last block; 0 for none. */
function ownVoteView(finalisation: Certificate | null, seat: number | undefined): number {
  const isOwn = finalisation?.signatures.some(({ signer }) => signer === seat) === true
  return isOwn ? (finalisation?.vote.view ?? 0) : 0
}

async function identityOf(path: string): Promise<DatabaseIdentity | undefined> {
  const identity = await damageOr(() => peekIdentity(path))
  return identity instanceof NodeError ? undefined : identity
}

function isMissing(error: NodeError | undefined): boolean {
  return error?.code === 'STORAGE_MISSING' || error?.code === 'VOTE_LOG_MISSING'
}

/** Damage is what is looked for; a locked folder, a full disk or a newer schema ends the survey. */
async function damageOr<Value>(look: () => Promise<Value>): Promise<Value | NodeError> {
  try {
    return await look()
  } catch (error) {
    const isDamage =
      error instanceof NodeError &&
      ['STORAGE_DAMAGED', 'STORAGE_MISSING', 'VOTE_LOG_MISSING'].includes(error.code)
    if (isDamage) return error
    throw error
  }
}
