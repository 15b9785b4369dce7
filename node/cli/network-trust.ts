/**
 * A network as its genesis lets one trust it.
 *
 * @module
 */

import { type LedgerFollower, trustGenesis } from '../../client/index.ts'
import type { GenesisDocument } from '../../config/index.ts'
import { firstBlockOf } from '../../protocol/index.ts'

/** Epochs whose members a command remembers: it follows them from genesis at each run. */
export const EPOCHS_KEPT = 1024

/** What a genesis says to whoever speaks to its network. */
export interface NetworkTrust {
  readonly networkTag: Uint8Array
  /** Its members, from those of genesis on. */
  readonly ledger: LedgerFollower
  readonly networkId: string
  /** Id of the first block. */
  readonly genesisId: Uint8Array
  /** Its height: 0, unless the network was refounded. */
  readonly genesisHeight: number
}

/** Trusts a genesis: its members, and the first block that it makes. */
export function trustNetwork(genesis: GenesisDocument): NetworkTrust {
  const ledger = trustGenesis(genesis, EPOCHS_KEPT)
  const first = firstBlockOf(genesis)
  return {
    networkTag: ledger.networkTag,
    ledger,
    networkId: genesis.networkId,
    genesisId: first.idBytes,
    genesisHeight: first.header.height
  }
}
