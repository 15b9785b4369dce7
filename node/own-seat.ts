/**
 * The node's own seat: whether its identity sits in an electorate, and the keys that vote.
 *
 * @module
 */

import { type Electorate, type MemberIndex, type Seat, toHex } from '../protocol/index.ts'

/** A seat of this node, and how its votes are signed. */
export interface OwnSeat {
  readonly index: MemberIndex
  readonly signVote: (message: Uint8Array) => Uint8Array
}

/** A vote key that was not shown yet, and the hash of the one after it. */
export interface NextVoteKey {
  readonly voteKey: Uint8Array
  readonly nextVoteKeyHash: Uint8Array
  /** Signs as the holder of `voteKey`. */
  readonly sign: (message: Uint8Array) => Uint8Array
}

/** The vote keys of this node: one epoch's after the other, each shown after the one before. */
export interface VoteKeys {
  /**
   * This node's seat in an electorate; null when it has none, or when its key there was erased.
   *
   * @throws NodeError KEY_FILE_WRONG when the key of the seat was never here
   */
  seatIn(electorate: Electorate): OwnSeat | null
  /**
   * The key with a hash that the ledger knows, and durably the one after it.
   *
   * @throws NodeError KEY_FILE_WRONG, DISK_FULL or DISK_WRITE_FAILED
   */
  prepare(keyHash: Uint8Array): Promise<NextVoteKey>
  /** Erases, for good, the keys that an electorate in force has made useless. */
  retireBefore(electorate: Electorate): Promise<void>
}

/** The seat of an identity in an electorate. */
export function seatOfIdentity(
  electorate: Electorate,
  identityKey: Uint8Array
): { readonly index: MemberIndex; readonly seat: Seat } | undefined {
  const index = electorate.indexOf.get(toHex(identityKey))
  const seat = index === undefined ? undefined : electorate.seats[index]
  return index === undefined || seat === undefined ? undefined : { index, seat }
}
