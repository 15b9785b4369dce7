/**
 * The audit: a whole ledger on disk, judged by nothing but its genesis.
 *
 * Every block by its bytes, its place in the chain and the members' signatures;
 * the state by the root that the last block states. Told to go deep, it executes
 * all blocks anew and compares every root.
 *
 * @module
 */

import {
  type Certificate,
  decodeCbor,
  decodeElectorate,
  type Electorate,
  electorates,
  epochKey,
  type Genesis,
  genesisElectorate,
  InvariantError,
  networkTagOfGenesis
} from '../../protocol/index.ts'
import { BATCHES_FROM_KEY, BLOCKS_FROM_KEY, FLOOR_KEY, stateValueKey } from '../ledger/keyspace.ts'
import { decodeFloor, type Floor } from '../ledger/open-ledger.ts'
import { DamagedRecord, readIfWhole } from '../storage/damaged-record.ts'
import type { Database } from '../storage/database.ts'
import { auditChain } from './audit-chain.ts'
import { auditState } from './audit-state.ts'
import { replayFrom } from './replay.ts'

/** One thing that is not as it must be. */
export interface LedgerFault {
  /** What is wrong and where, in words that follow on the name of the ledger. */
  readonly what: string
  /** Whether a running node mends it from its peers; else it does not even start. */
  readonly isCurable: boolean
}

/** What an audit looked at, and what it found wrong. */
export interface LedgerAudit {
  /** Null for a ledger that has not begun. */
  readonly heights: { readonly from: number; readonly to: number } | null
  readonly blocks: number
  readonly transactions: number
  readonly values: number
  /** What made the last block final; null at genesis and where it is damaged. */
  readonly finalisation: Certificate | null
  /** Whether all blocks were executed anew. */
  readonly isReplayed: boolean
  /** The first ones, up to the bound that was asked for. */
  readonly faults: readonly LedgerFault[]
}

/** How thoroughly a ledger is looked at. */
export interface AuditOptions {
  /** Check every transaction's signatures, and execute all blocks anew where they are all there. */
  readonly isDeep: boolean
  /** Faults after which the audit ends. */
  readonly faultsMax: number
  /** Told now and then how far it has come. */
  readonly onProgress?: (height: number, of: number) => void
}

/** What the parts of an audit work with. */
export interface Auditing {
  readonly database: Database
  readonly genesis: Genesis
  readonly networkTag: Uint8Array
  /** The electorate of an epoch, as the state has it; undefined when it has none. */
  readonly electorateOf: (epoch: number) => Electorate | undefined
  readonly floor: Floor
  /** The lowest blocks that are here, and that are here with their batches and outcomes. */
  readonly from: { readonly blocks: number; readonly batches: number }
  readonly options: AuditOptions
  readonly counts: { blocks: number; transactions: number; values: number }
  /** Notes a fault; ends the audit when these are enough. */
  readonly fault: (what: string, isCurable: boolean) => void
  /** What is read, or undefined once its damage is noted as a fault. */
  readonly read: <Value>(
    what: string,
    isCurable: boolean,
    read: () => Value | Promise<Value>
  ) => Promise<Value | undefined>
}

class EnoughFaults extends Error {
  override readonly name = 'EnoughFaults'
}

/** Audits the ledger of an open database that nobody writes to. */
export async function auditLedger(
  database: Database,
  genesis: Genesis,
  options: AuditOptions
): Promise<LedgerAudit> {
  const faults: LedgerFault[] = []
  const counts = { blocks: 0, transactions: 0, values: 0 }
  const fault = (what: string, isCurable: boolean): void => {
    faults.push({ what, isCurable })
    if (faults.length >= options.faultsMax) throw new EnoughFaults()
  }
  let heights: LedgerAudit['heights'] = null
  let isReplayed = false
  let finalisation: Certificate | null = null
  try {
    const floor = await readFloor(database, fault)
    if (floor !== undefined) {
      finalisation = floor.finalisation
      const auditing: Auditing = {
        database,
        genesis,
        networkTag: networkTagOfGenesis(genesis),
        electorateOf: createElectorateReader(database, genesis),
        floor,
        from: {
          blocks: await readBase(database, BLOCKS_FROM_KEY, fault),
          batches: await readBase(database, BATCHES_FROM_KEY, fault)
        },
        options,
        counts,
        fault,
        read: (what, isCurable, read) => readWhole({ what, isCurable, read, fault })
      }
      const replay = options.isDeep ? replayFrom(auditing) : undefined
      const chain = await auditChain(auditing, replay)
      heights = { from: auditing.from.blocks, to: floor.height }
      isReplayed = replay !== undefined && chain.isReplayed
      await auditState(auditing, chain.tip)
    }
  } catch (error) {
    if (!(error instanceof EnoughFaults)) throw error
  }
  return { heights, ...counts, finalisation, isReplayed, faults }
}

/** Undefined for a ledger that has not begun, and for one whose floor is damaged. */
async function readFloor(database: Database, fault: Auditing['fault']): Promise<Floor | undefined> {
  const read = async (): Promise<Floor | null> => {
    const encoded = await database.get(FLOOR_KEY)
    if (encoded !== undefined) return decodeFloor(encoded)
    for await (const page of database.iterate({ limit: 1 }))
      if (page.length > 0) fault('the floor: is missing, though there are records', false)
    return null
  }
  const floor = await readWhole({ what: 'the floor', isCurable: false, read, fault })
  return floor ?? undefined
}

/** Zero where nothing was ever pruned. */
async function readBase(
  database: Database,
  key: Uint8Array,
  fault: Auditing['fault']
): Promise<number> {
  const read = async (): Promise<Uint8Array | null> => (await database.get(key)) ?? null
  const what = 'what was pruned'
  const encoded = await readWhole({ what, isCurable: true, read, fault })
  const height = encoded == null ? 0 : decodeCbor(encoded)
  return typeof height === 'number' ? height : 0
}

async function readWhole<Value>(reading: {
  readonly what: string
  readonly isCurable: boolean
  readonly read: () => Value | Promise<Value>
  readonly fault: Auditing['fault']
}): Promise<Value | undefined> {
  const { what, isCurable, read, fault } = reading
  try {
    return await read()
  } catch (error) {
    if (error instanceof DamagedRecord) fault(`${what}: is damaged (${error.message})`, isCurable)
    else if (error instanceof InvariantError) fault(`${what}: ${error.message}`, isCurable)
    else throw error
    return undefined
  }
}

/** Reads electorates from a database that nobody writes to; those of damaged records are not there. */
function createElectorateReader(
  database: Database,
  genesis: Genesis
): (epoch: number) => Electorate | undefined {
  const founders = genesisElectorate(genesis)
  const known = new Map<number, Electorate | undefined>([[founders.epoch, founders]])
  return (epoch) => {
    if (!known.has(epoch)) {
      const key = stateValueKey(electorates.number, epochKey(epoch))
      const value = readIfWhole(() => database.getSync(key))
      const record = value && electorates.decode(value)
      known.set(epoch, record && decodeElectorate(record.electorateBytes))
    }
    return known.get(epoch)
  }
}
