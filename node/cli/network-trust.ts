/**
 * A network as its genesis lets one trust it.
 *
 * @module
 */

import { type LedgerFollower, trustGenesis } from '../../client/index.ts'
import type { GenesisDocument } from '../../config/index.ts'
import {
  blockIdOf,
  createStateTree,
  deriveVersion,
  genesisBlock,
  genesisView,
  LedgerBase
} from '../../protocol/index.ts'

/** Epochs whose members a command remembers: it follows them from genesis at each run. */
export const EPOCHS_KEPT = 1024

/** What a genesis says to whoever speaks to its network. */
export interface NetworkTrust {
  readonly networkTag: Uint8Array
  /** Its members, from those of genesis on. */
  readonly ledger: LedgerFollower
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
  const ledger = trustGenesis(genesis, EPOCHS_KEPT)
  return {
    networkTag: ledger.networkTag,
    ledger,
    networkId: genesis.networkId,
    genesisId: blockIdOf(headerBytes)
  }
}
