/**
 * A network as its genesis lets one trust it.
 *
 * @module
 */

import { type TrustedNetwork, trustGenesis } from '../../client/index.ts'
import type { GenesisDocument } from '../../config/index.ts'
import {
  blockIdOf,
  createStateTree,
  deriveVersion,
  genesisBlock,
  genesisView,
  LedgerBase
} from '../../protocol/index.ts'

/** What a genesis says to whoever speaks to its network. */
export interface NetworkTrust extends TrustedNetwork {
  readonly networkId: string
  /** Id of block 0. */
  readonly genesisId: Uint8Array
}

/** Trusts a genesis: its members, and the block 0 that it makes. */
export function trustNetwork(genesis: GenesisDocument): NetworkTrust {
  const nothing = new LedgerBase(() => undefined)
  const changes = genesisView(genesis, nothing)
    .changedValues()
    .map(({ stateKey, valueHash }) => ({ key: stateKey, valueHash }))
  const { root } = deriveVersion(createStateTree().base, changes)
  const { headerBytes } = genesisBlock(genesis, root)
  return {
    ...trustGenesis(genesis),
    networkId: genesis.networkId,
    genesisId: blockIdOf(headerBytes)
  }
}
