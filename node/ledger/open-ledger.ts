/**
 * Opening the ledger: written at genesis, found again at every later start.
 *
 * At a start the tree is built anew from its leaves and its root compared with
 * the last final header: state that is not what the members agreed on is never
 * served, and never voted on.
 *
 * @module
 */

import {
  type BlockHeader,
  type BlockId,
  type Certificate,
  type CommittedLedger,
  concatBytes,
  createStateTree,
  decodeCbor,
  decodeCertificate,
  decodeElectorate,
  deriveVersion,
  type Electorate,
  type Epoch,
  encodeBlock,
  encodeCbor,
  encodeCertificate,
  equalBytes,
  type Genesis,
  genesisBlock,
  genesisElectorate,
  genesisView,
  type Height,
  invariant,
  LedgerBase,
  openCommittedLedger,
  StateTreeLoader,
  toHex,
  type View
} from '../../protocol/index.ts'
import { NodeError } from '../errors.ts'
import type { Batch, Database } from '../storage/database.ts'
import {
  blockKey,
  FLOOR_KEY,
  heightOfBlockKey,
  stateValueKey,
  TREE_LEAVES,
  treeLeafKey
} from './keyspace.ts'
import { StateValues } from './state-values.ts'
import { decodeStoredBlock, encodeStoredBlock, type StoredBlock } from './stored-block.ts'

/** The last final block as the database says. */
export interface Floor {
  readonly height: number
  /** The epoch of the blocks after it. */
  readonly epoch: Epoch
  /** Its view in that epoch; 0 for one that sealed the epoch before. */
  readonly view: View
  /** Whoever is seated for the blocks after it. */
  readonly electorate: Electorate
  /** Null at genesis, which needs none. */
  readonly finalisation: Certificate | null
}

/** An open ledger. */
export interface OpenLedger {
  readonly committed: CommittedLedger
  readonly floor: Floor
  /** What the committed ledger reads its values through. */
  readonly values: StateValues
}

/** Opens the ledger of a database, writing genesis into an empty one. */
export async function openLedger(database: Database, genesis: Genesis): Promise<OpenLedger> {
  const values = new StateValues(database)
  const base = new LedgerBase((table, key) => values.read(table, key))
  const encodedFloor = database.getSync(FLOOR_KEY)
  const opened =
    encodedFloor === undefined
      ? await writeGenesis(database, genesis, base)
      : await findLedger(database, encodedFloor, base)
  values.follow([opened.committed.tip.tree])
  return { ...opened, values }
}

async function findLedger(
  database: Database,
  encodedFloor: Uint8Array,
  base: LedgerBase
): Promise<Omit<OpenLedger, 'values'>> {
  const floor = decodeFloor(encodedFloor)
  const tree = await loadTree(database)
  const stored = readStoredBlock(database, floor.height)
  if (stored === undefined) throw damaged(database, `block ${floor.height} is missing`)
  const { block } = stored
  if (!equalBytes(tree.base.root, block.header.stateRoot))
    throw damaged(database, `the state is not that of block ${floor.height}`)
  const tip = {
    blockId: block.id,
    blockIdBytes: block.idBytes,
    height: block.header.height,
    timeMs: block.header.timeMs,
    electorate: floor.electorate
  }
  return { committed: openCommittedLedger(base, tree, tip), floor }
}

/** The final block of a height; undefined when there is none yet. */
export function readStoredBlock(database: Database, height: number): StoredBlock | undefined {
  const encoded = database.getSync(blockKey(height))
  return encoded === undefined ? undefined : decodeStoredBlock(encoded)
}

/** The floor after a block: a sealing block is view 0 of the next epoch. */
export function floorAfter(
  { height, view, seal }: BlockHeader,
  {
    electorate,
    finalisation
  }: { readonly electorate: Electorate; readonly finalisation: Certificate | null }
): Floor {
  const { epoch } = electorate
  return { height, epoch, view: seal === null ? view : (0 as View), electorate, finalisation }
}

/** The record of a floor. */
export function encodeFloor({ height, epoch, view, electorate, finalisation }: Floor): Uint8Array {
  const certificate = finalisation === null ? null : encodeCertificate(finalisation)
  return encodeCbor([height, epoch, view, certificate, electorate.encoded])
}

/** Puts a new floor into a batch. */
export function putFloor(batch: Batch, floor: Floor): void {
  batch.put(FLOOR_KEY, encodeFloor(floor))
}

async function writeGenesis(
  database: Database,
  genesis: Genesis,
  base: LedgerBase
): Promise<Omit<OpenLedger, 'values'>> {
  if (genesis.refounded !== undefined)
    throw new NodeError(
      'REFOUNDING_INCOMPLETE',
      `${database.path}: ${genesis.networkId} goes on from the state of ${genesis.refounded.networkId}, which is not here: make this data directory with \`thingmoot refound found\``
    )
  const view = genesisView(genesis, base)
  const changed = view.changedValues()
  const tree = createStateTree()
  const changes = changed.map(({ stateKey, valueHash }) => ({ key: stateKey, valueHash }))
  const version = deriveVersion(tree.base, changes)
  const block = genesisBlock(genesis, version.root)
  const electorate = genesisElectorate(genesis)
  const floor = floorAfter(block.header, { electorate, finalisation: null })
  const batch = database.createBatch()
  for (const { table, key, value } of changed) batch.put(stateValueKey(table, key), value)
  // The sentinel is a leaf like any other; as soon as anything is inserted it is among the changes.
  for (const { index, key, nextKey, valueHash } of tree.changedLeaves(version))
    batch.put(treeLeafKey(index), concatBytes(key, nextKey, valueHash))
  const blockBytes = encodeBlock(block)
  const stored = encodeStoredBlock({ block, blockBytes, finalisation: null, outcomes: [] })
  batch.put(blockKey(0), stored)
  batch.put(heightOfBlockKey(block.idBytes), encodeCbor(0))
  putFloor(batch, floor)
  await batch.write({ sync: true })
  view.commitInto(base)
  tree.adopt(version)
  const tip = {
    blockId: toHex(block.idBytes) as BlockId,
    blockIdBytes: block.idBytes,
    height: 0 as Height,
    timeMs: genesis.timeMs,
    electorate
  }
  return { committed: openCommittedLedger(base, tree, tip), floor }
}

async function loadTree(database: Database): Promise<CommittedLedger['tree']> {
  const loader = new StateTreeLoader()
  for await (const page of database.iterate(TREE_LEAVES)) {
    const chunk = new Uint8Array(96 * page.length)
    for (const [index, [, leaf]] of page.entries()) chunk.set(leaf, 96 * index)
    loader.add(chunk)
  }
  const loading = loader.finish()
  if (!loading.ok) throw damaged(database, `the state tree: ${loading.fault}`)
  return loading.tree
}

/** Reads a floor of our own writing. */
export function decodeFloor(encoded: Uint8Array): Floor {
  const value = decodeCbor(encoded)
  invariant(Array.isArray(value) && value.length === 5, 'the database holds a well-formed floor')
  const [height, epoch, view, certificate, electorateBytes] = value as unknown as readonly [
    number,
    number,
    number,
    Uint8Array | null,
    Uint8Array
  ]
  const electorate = decodeElectorate(electorateBytes)
  invariant(electorate !== undefined, 'the floor holds the electorate in force')
  const finalisation = certificate === null ? null : (decodeCertificate(certificate) ?? null)
  return { height, epoch: epoch as Epoch, view: view as View, electorate, finalisation }
}

function damaged(database: Database, what: string): NodeError {
  return new NodeError('STORAGE_DAMAGED', `${database.path}: ${what}`)
}
