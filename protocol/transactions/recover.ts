/**
 * recover: an owner says which branch of a device is the true one, and gives it new keys.
 *
 * @see SPEC.md §5.8 Re-keying
 * @module
 */

import { encodeCbor } from '../codec/cbor.ts'
import { bytes, type Shape, tuple, uint } from '../codec/shape.ts'
import {
  type OwnerPrefix,
  ownerPrefixOf,
  ownerPrefixShapes,
  ownerPrefixToFields
} from './owner-act.ts'
import { type Rekeying, rekeyingOf, rekeyingShapes, rekeyingToFields } from './rekeying.ts'

/** Why a device is recovered, with its number on the wire. */
export const RECOVERY_REASONS: {
  readonly unknown: 0
  readonly clone: 1
  readonly keyTheft: 2
  readonly malware: 3
  readonly falseAlarm: 4
  readonly deviceRestored: 5
} = { unknown: 0, clone: 1, keyTheft: 2, malware: 3, falseAlarm: 4, deviceRestored: 5 }

/** The branches of a forked device, with their numbers on the wire. */
export const BRANCHES: { readonly ledger: 0; readonly rival: 1 } = { ledger: 0, rival: 1 }

/** A recover, field by field. */
export interface Recover extends OwnerPrefix, Rekeying {
  readonly kind: 'recover'
  /** The evidence that it answers; 32 zero bytes for none. */
  readonly evidenceId: Uint8Array
  /** One of {@link BRANCHES}: the other one is the thief's. */
  readonly goodBranch: number
  /** From which message on the other branch is disputed; 0 for none. */
  readonly disputedFromSequence: number
  /** One of {@link RECOVERY_REASONS}. */
  readonly reason: number
}

/** The wire number of the kind. */
export const RECOVER_KIND = 20

const fields = tuple(
  ...ownerPrefixShapes(RECOVER_KIND),
  ...rekeyingShapes,
  bytes(32),
  uint(1),
  uint(),
  uint(5)
)

/** Reads the body of a recover. */
export const readRecover: Shape<Recover> = (value) => {
  const read = fields(value)
  if (read === undefined) return undefined
  const [, , , , , ...rest] = read
  const [a, b, c, d, e, f, evidenceId, goodBranch, disputedFromSequence, reason] = rest
  return {
    kind: 'recover',
    ...ownerPrefixOf(read),
    ...rekeyingOf([a, b, c, d, e, f]),
    evidenceId,
    goodBranch,
    disputedFromSequence,
    reason
  }
}

/** The body of a recover, ready to be signed. */
export function encodeRecover(act: Omit<Recover, 'kind'>): Uint8Array {
  return encodeCbor([
    ...ownerPrefixToFields(RECOVER_KIND, act),
    ...rekeyingToFields(act),
    act.evidenceId,
    act.goodBranch,
    act.disputedFromSequence,
    act.reason
  ])
}
