/**
 * Founding the new network: its genesis, and its ledger as a copy of the old one's state.
 *
 * The old data directory is only read. The new ledger gets its floor last, in one synced write: until
 * then it is none, and founding begins anew.
 *
 * @module
 */

import {
  type ClosedNetwork,
  createRefoundedGenesis,
  deriveVersion,
  encodeBlock,
  encodeCbor,
  fromHex,
  type Genesis,
  genesisBlock,
  genesisElectorate,
  genesisView,
  planRefounding,
  type RefoundingPlan
} from '../../protocol/index.ts'
import { NodeError } from '../errors.ts'
import {
  BATCHES_FROM_KEY,
  BLOCKS_FROM_KEY,
  blockKey,
  heightOfBlockKey,
  STATE_VALUES,
  TREE_LEAVES
} from '../ledger/keyspace.ts'
import { floorAfter, putFloor } from '../ledger/open-ledger.ts'
import { encodeStoredBlock } from '../ledger/stored-block.ts'
import type { Batch, Database } from '../storage/database.ts'
import type { KeyBounds } from '../storage/key-range.ts'
import { type BaseState, changesOf, type OldLedger, reachBase } from './base-state.ts'
import type { ClosingFile } from './closing-file.ts'

/** A network that is ready to be written down. */
export interface Foundation {
  readonly plan: RefoundingPlan
  readonly genesis: Genesis
  readonly base: BaseState
  /** What the new network's first block changes. */
  readonly firstChanges: (batch: Batch) => void
}

/**
 * Plans a refounding by closings from anybody.
 *
 * @throws NodeError REFOUNDING_REFUSED
 */
export function planByClosings(
  network: ClosedNetwork,
  files: readonly ClosingFile[]
): RefoundingPlan {
  const planned = planRefounding(
    network,
    files.map(({ closing }) => closing)
  )
  if (!planned.ok) throw new NodeError('REFOUNDING_REFUSED', EXPLANATIONS[planned.fault])
  return planned.value
}

const EXPLANATIONS: Readonly<
  Record<Extract<ReturnType<typeof planRefounding>, { ok: false }>['fault'], string>
> = {
  CLOSINGS_MISSING: 'no closing was given: name the files that `thingmoot refound close` wrote',
  CLOSING_NETWORK_WRONG: 'a closing is of another network',
  CLOSING_EPOCH_WRONG:
    'a closing is of another epoch than this ledger is in (CLOSING_EPOCH_WRONG): start the closed nodes together until they are in the same one, and close again',
  CLOSING_MEMBER_UNKNOWN: 'a closing is of somebody who has no seat (CLOSING_MEMBER_UNKNOWN)',
  CLOSING_CERTIFICATE_WRONG: 'a closing shows a certificate that is not genuine',
  CLOSING_SIGNATURE_FORGED: 'a closing is not signed by the member that it names',
  CLOSING_REPEATED: 'one member closed twice: name one file of each',
  CLOSING_KEY_REPEATED: 'a closing shows a vote key that was used before',
  CLOSINGS_APART:
    'the survivors stand at different blocks (CLOSINGS_APART): start the closed nodes together until their heights are equal, and close again'
}

/**
 * Works out the new network in memory.
 *
 * @throws NodeError REFOUNDING_REFUSED, REFOUNDING_INCOMPLETE or VERIFICATION_FAILED
 */
export function layFoundation(
  old: OldLedger & { readonly closed: ClosedNetwork; readonly genesisHash: string },
  files: readonly ClosingFile[]
): Foundation {
  const plan = planByClosings(old.closed, files)
  const base = reachBase(old, plan, files)
  const { tip, tree } = base.ledger
  const made = createRefoundedGenesis(
    { plan, base: base.header, closed: old.closed },
    {
      genesisHash: fromHex(old.genesisHash) as Uint8Array,
      closings: files.map(({ closing }) => closing),
      headerBytes: base.headerBytes,
      state: tip.view
    }
  )
  if (!made.ok)
    throw new NodeError('REFOUNDING_REFUSED', `the state of the base refuses it: ${made.fault}`)
  const view = genesisView(made.value, tip.view)
  const changed = view.changedValues()
  const leaves = changed.map(({ stateKey, valueHash }) => ({ key: stateKey, valueHash }))
  const version = deriveVersion(tree.base, leaves)
  const { refounded } = made.value
  const genesis: Genesis = {
    ...made.value,
    ...(refounded && { refounded: { ...refounded, stateRoot: version.root } })
  }
  const firstChanges = changesOf(base.ledger, { view, tree: version })
  return { plan, genesis, base, firstChanges }
}

/**
 * Writes the ledger of the new network.
 *
 * @param old - the ledger that was read, open
 * @param ledger - empty
 * @throws NodeError DISK_FULL, DISK_WRITE_FAILED or STORAGE_DAMAGED
 */
export async function writeFoundation(
  { genesis, base, firstChanges }: Foundation,
  old: Database,
  ledger: Database
): Promise<void> {
  await copyRange(old, ledger, STATE_VALUES)
  await copyRange(old, ledger, TREE_LEAVES)
  for (const put of [...base.changes, firstChanges]) {
    const batch = ledger.createBatch()
    put(batch)
    await batch.write({ sync: false })
  }
  const { refounded } = genesis
  const block = genesisBlock(genesis, refounded?.stateRoot as Uint8Array)
  const { height } = block.header
  const blockBytes = encodeBlock(block)
  const batch = ledger.createBatch()
  const stored = encodeStoredBlock({ block, blockBytes, finalisation: null, outcomes: [] })
  batch.put(blockKey(height), stored)
  batch.put(heightOfBlockKey(block.idBytes), encodeCbor(height))
  batch.put(BLOCKS_FROM_KEY, encodeCbor(height))
  batch.put(BATCHES_FROM_KEY, encodeCbor(height + 1))
  const electorate = genesisElectorate(genesis)
  putFloor(batch, floorAfter(block.header, { electorate, finalisation: null }))
  await batch.write({ sync: true })
}

async function copyRange(from: Database, to: Database, range: KeyBounds): Promise<void> {
  for await (const page of from.iterate(range)) {
    const batch = to.createBatch()
    for (const [key, payload] of page) batch.put(key, payload)
    await batch.write({ sync: false })
  }
}
