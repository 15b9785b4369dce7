/**
 * Roles: in what capacity a key signs.
 *
 * The role is in the signed bytes, so a signature made in one role is worth
 * nothing in another.
 *
 * @see SPEC.md §3.2 Signatures of a transaction
 * @module
 */

import { ascii, concatBytes } from '../foundation/bytes.ts'

/** Every role with its number on the wire. */
export const ROLES: {
  readonly device: 1
  readonly owner: 2
  readonly box: 3
  readonly presence: 4
  readonly rotation: 5
  readonly guardian: 6
  readonly buyer: 7
  readonly controller: 8
  readonly vendor: 9
  readonly member: 10
  readonly voteKey: 11
  readonly memberRecovery: 12
  readonly exposed: 13
} = {
  device: 1,
  owner: 2,
  box: 3,
  presence: 4,
  rotation: 5,
  guardian: 6,
  buyer: 7,
  controller: 8,
  vendor: 9,
  member: 10,
  voteKey: 11,
  memberRecovery: 12,
  exposed: 13
}

/** A role by its name. */
export type Role = keyof typeof ROLES

const SIGN_TAG = ascii('tm/sign/1')

/** What a transaction's signature covers beside the body: network, kind and role (44 bytes). */
export function signatureAad(networkTag: Uint8Array, kind: number, role: Role): Uint8Array {
  return concatBytes(SIGN_TAG, networkTag, Uint8Array.of(kind >> 8, kind & 0xff, ROLES[role]))
}
