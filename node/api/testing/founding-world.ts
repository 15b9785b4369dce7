/**
 * Governance for tests of the API: two founders at their genesis, one of them out of reach.
 *
 * @module
 */

import {
  type Genesis,
  genesisElectorate,
  genesisView,
  LedgerBase,
  type LedgerView,
  toHex
} from '../../../protocol/index.ts'
import type { GovernanceWorld } from '../../service/governance-world.ts'
import { GENESIS } from '../../testing/small-network.ts'

/** The state of a genesis: records may be written to it as rules would. */
export function foundingState(genesis: Genesis = GENESIS): LedgerView {
  return genesisView(genesis, new LedgerBase(() => undefined))
}

/** The world of a genesis, with only its first member reached. */
export function foundingWorld(
  genesis: Genesis = GENESIS,
  state: LedgerView = foundingState(genesis)
): GovernanceWorld {
  const electorate = genesisElectorate(genesis)
  const reached = toHex((electorate.seats[0] as { readonly memberId: Uint8Array }).memberId)
  return {
    state,
    electorate,
    height: 1,
    timeMs: genesis.timeMs + 1,
    isSealDue: false,
    presenceOf: (memberId) => ({ isConnected: memberId === reached, lastHeardAtMs: null }),
    isPresenceKnown: true
  }
}
