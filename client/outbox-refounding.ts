/**
 * The outbox of a device that goes over to a network that was founded anew.
 *
 * @see ../protocol/SPEC.md §7.6 Refounding
 * @module
 */

import { equalBytes } from '../protocol/index.ts'
import { forgetKeys, type OutboxState } from './outbox.ts'

/** A network as those know it that go over to it: with its first block, which becomes the anchor. */
export interface FoundedNetwork {
  readonly networkTag: Uint8Array
  readonly genesisId: Uint8Array
  readonly genesisHeight: number
}

/**
 * Goes over to a network that was founded anew; undefined while messages are not settled and the
 * head that was proved there is not the last of them.
 */
export function goOver(
  state: OutboxState,
  { networkTag, genesisId, genesisHeight: height }: FoundedNetwork,
  provedHeadId?: Uint8Array
): OutboxState | undefined {
  const { headMessageId, unconfirmed } = state
  const isChainThere =
    headMessageId !== null && provedHeadId !== undefined && equalBytes(headMessageId, provedHeadId)
  if (unconfirmed.length > 0 && !isChainThere) return undefined
  const anchor = { height, blockId: new Uint8Array(genesisId.subarray(0, 16)) }
  return forgetKeys({ ...state, networkTag, anchor, genesisAnchor: anchor, unconfirmed: [] })
}
