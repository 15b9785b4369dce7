/**
 * The node's own seat: whether its identity sits in the electorate, and the key that votes.
 *
 * @module
 */

import { createEd25519Signer } from '#crypto'
import { type Electorate, equalBytes, type MemberIndex, toHex } from '../protocol/index.ts'
import { NodeError } from './errors.ts'
import type { NodeKeys } from './node-keys.ts'

/** A seat of this node, and how its votes are signed. */
export interface OwnSeat {
  readonly index: MemberIndex
  readonly signVote: (message: Uint8Array) => Uint8Array
}

/**
 * Finds the seat of a node's identity.
 *
 * @returns null when it has none: then the node is an observer
 * @throws NodeError KEY_FILE_WRONG when the seat's vote key is not among the node's keys
 */
export function findOwnSeat(
  electorate: Electorate,
  keys: NodeKeys,
  keyFolder: string
): OwnSeat | null {
  const index = electorate.indexOf.get(toHex(keys.identity.publicKey))
  const seat = index === undefined ? undefined : electorate.seats[index]
  if (index === undefined || seat === undefined) return null
  const pair = [...keys.voteKeys.values()].find(({ publicKey }) =>
    equalBytes(publicKey, seat.voteKey)
  )
  if (pair === undefined)
    throw new NodeError(
      'KEY_FILE_WRONG',
      `${keyFolder}: holds no vote key of this node's seat in epoch ${electorate.epoch}`
    )
  const signer = createEd25519Signer(pair.seed)
  return { index, signVote: (message) => signer.sign(message) }
}
