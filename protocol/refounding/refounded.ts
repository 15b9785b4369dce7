/**
 * What the genesis of a refounded network says about the one it goes on from.
 *
 * @see SPEC.md §7.6 Refounding
 * @module
 */

import { type BlockHeader, blockIdOf, decodeBlockHeader } from '../blocks/block.ts'
import type { CborValue } from '../codec/cbor.ts'
import { invariant } from '../foundation/invariant.ts'
import { decodeElectorate } from '../membership/electorate.ts'
import type { Epoch } from '../types.ts'

/** Where a network comes from. Judged by whoever reads it, before it is used. */
export interface RefoundedFrom {
  /** The network that ended. */
  readonly networkId: string
  readonly genesisHash: Uint8Array
  /** Who was seated there at the end, as the electorate hash covers it. */
  readonly electorateBytes: Uint8Array
  /** Header of the block that is gone on from. */
  readonly baseHeaderBytes: Uint8Array
  /** The closings, in ascending order of their makers. */
  readonly closings: readonly Uint8Array[]
  /** Root of the state that the new network begins with. */
  readonly stateRoot: Uint8Array
}

/** Where the first block of a refounded network stands. */
export interface RefoundedPlace {
  readonly base: BlockHeader
  readonly baseId: Uint8Array
  readonly epoch: Epoch
}

/**
 * The epochs between the one that was closed and the first of the new network, that one counted: a
 * seal that was notarised and never seen final may have used the one between.
 */
export const EPOCHS_ONWARD = 2

/** The positions in genesis. */
export function refoundedToFields(refounded: RefoundedFrom): CborValue {
  return [
    refounded.networkId,
    refounded.genesisHash,
    refounded.electorateBytes,
    refounded.baseHeaderBytes,
    refounded.closings,
    refounded.stateRoot
  ]
}

/** Where the first block stands, of a genesis that was judged. */
export function refoundedPlace({
  baseHeaderBytes,
  electorateBytes
}: RefoundedFrom): RefoundedPlace {
  const base = decodeBlockHeader(baseHeaderBytes)
  const electorate = decodeElectorate(electorateBytes)
  invariant(base !== undefined && electorate !== undefined, 'a judged genesis is well formed')
  const epoch = (electorate.epoch + EPOCHS_ONWARD) as Epoch
  return { base, baseId: blockIdOf(baseHeaderBytes), epoch }
}
