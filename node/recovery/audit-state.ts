/**
 * The audit of the state: leaves make the root of the last block, values are those of the leaves.
 *
 * @module
 */

import {
  type Block,
  equalBytes,
  type StateTree,
  StateTreeLoader,
  stateKey,
  stateValueHash,
  toHex
} from '../../protocol/index.ts'
import { readLedgerKey, STATE_VALUES, TREE_LEAVES } from '../ledger/keyspace.ts'
import type { Entry } from '../storage/store-pages.ts'
import type { Auditing } from './ledger-audit.ts'

const LEAF_BYTES = 96
const HASH_BYTES = 32

/** Judges leaves and values; without the last block they are held against each other only. */
export async function auditState(auditing: Auditing, tip: Block | undefined): Promise<void> {
  const { fault } = auditing
  const tree = await loadTree(auditing)
  if (tree === undefined) return
  if (tip !== undefined && !equalBytes(tree.base.root, tip.header.stateRoot))
    fault(`the state: is not that of block ${tip.header.height}`, false)
  await auditValues(tree, auditing)
}

async function loadTree(auditing: Auditing): Promise<StateTree | undefined> {
  const { database, fault } = auditing
  const leaves = new LeafReader()
  for await (const { entries, damaged, trouble } of database.scan(TREE_LEAVES)) {
    for (const key of damaged) leaves.trouble ??= `the leaf under ${toHex(key)} is damaged`
    if (trouble !== undefined) leaves.trouble ??= `its leaves cannot be read: ${trouble.message}`
    for (const [key, leaf] of entries) leaves.add(key, leaf)
  }
  const tree = leaves.finish()
  if (leaves.trouble !== undefined) fault(`the state tree: ${leaves.trouble}`, false)
  return tree
}

/** Puts leaves together, up to the first trouble: without one of them none proves anything. */
class LeafReader {
  readonly #loader = new StateTreeLoader()
  #next = 0
  trouble: string | undefined

  add(key: Uint8Array, leaf: Uint8Array): void {
    const record = readLedgerKey(key)
    const index = this.#next++
    if (this.trouble !== undefined) return
    if (record.kind !== 'tree-leaf' || record.index !== index)
      this.trouble = `leaf ${index} is missing`
    else if (leaf.length !== LEAF_BYTES || !this.#loader.add(leaf).ok)
      this.trouble = `leaf ${index} is malformed`
  }

  finish(): StateTree | undefined {
    if (this.trouble !== undefined) return undefined
    const loading = this.#loader.finish()
    if (loading.ok) return loading.tree
    this.trouble = loading.fault
    return undefined
  }
}

async function auditValues(tree: StateTree, auditing: Auditing): Promise<void> {
  const { database, fault } = auditing
  const seen = new Uint8Array(tree.base.count)
  for await (const { entries, damaged, trouble } of database.scan(STATE_VALUES)) {
    for (const key of damaged) fault(`the value under ${toHex(key)}: is damaged`, true)
    if (trouble !== undefined) fault(`the values: cannot be read: ${trouble.message}`, false)
    for (const entry of entries) auditValue(entry, { tree, seen }, auditing)
  }
  for (const [index, isSeen] of seen.entries()) {
    const hash = tree.packLeaves(index, index + 1).subarray(2 * HASH_BYTES)
    if (isSeen === 0 && hash.some((byte) => byte !== 0))
      fault(`the value of leaf ${index}: is missing`, true)
  }
}

function auditValue(
  [key, value]: Entry,
  { tree, seen }: { readonly tree: StateTree; readonly seen: Uint8Array },
  { counts, fault }: Auditing
): void {
  counts.values++
  const record = readLedgerKey(key)
  if (record.kind !== 'state-value') return
  const hashed = stateKey(record.table, record.key)
  const index = tree.base.leafIndex(hashed)
  if (index !== undefined) seen[index] = 1
  const expected = tree.base.valueHash(hashed)
  if (expected === undefined || !equalBytes(expected, stateValueHash(value)))
    fault(`the value under ${toHex(key)}: is not the one that the state tree commits to`, true)
}
