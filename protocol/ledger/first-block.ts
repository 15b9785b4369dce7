/**
 * The first block of a network, worked out from its genesis alone.
 *
 * @see SPEC.md §2 Genesis
 * @module
 */

import type { Block } from '../blocks/block.ts'
import { deriveVersion } from '../state-tree/derive-version.ts'
import { createStateTree } from '../state-tree/state-tree.ts'
import { type Genesis, genesisBlock, genesisView } from './genesis.ts'
import { LedgerBase } from './ledger-view.ts'

/**
 * Makes the first block of a network. Where the network goes on from another, genesis names the root
 * of the state, which nobody can work out who does not hold that other's state.
 */
export function firstBlockOf(genesis: Genesis): Block {
  if (genesis.refounded !== undefined) return genesisBlock(genesis, genesis.refounded.stateRoot)
  const changes = genesisView(genesis, new LedgerBase(() => undefined))
    .changedValues()
    .map(({ stateKey, valueHash }) => ({ key: stateKey, valueHash }))
  return genesisBlock(genesis, deriveVersion(createStateTree().base, changes).root)
}
