/**
 * guardian-act: guardians cancel, mark a device lost, or put a new owner key in the place of a lost one.
 *
 * @see SPEC.md §5.9 Acts of others
 * @module
 */

import { type CborValue, encodeCbor } from '../codec/cbor.ts'
import { bytes, key, list, nullable, type Shape, tuple, uint } from '../codec/shape.ts'
import { GUARDIANS_MAX } from './guardians.ts'

/** What guardians can do, with its number on the wire. */
export const GUARDIAN_ACTS: {
  readonly cancel: 0
  readonly lost: 1
  readonly replaceOwner: 2
} = { cancel: 0, lost: 1, replaceOwner: 2 }

/** One guardian's key with its place among them. */
export interface ShownGuardian {
  readonly index: number
  readonly key: Uint8Array
  /** From the hash of the key up to the root. */
  readonly path: readonly Uint8Array[]
}

/** A guardian-act, field by field. */
export interface GuardianAct {
  readonly kind: 'guardian-act'
  readonly deviceId: Uint8Array
  readonly guardianSequence: number
  /** One of {@link GUARDIAN_ACTS}. */
  readonly act: number
  /** The hash of the new owner key for the third act, null for the others. */
  readonly argument: Uint8Array | null
  /** Whoever signs, in ascending order of their places. */
  readonly guardians: readonly ShownGuardian[]
}

/** The wire number of the kind. */
export const GUARDIAN_ACT_KIND = 32

const PATH_MAX = 4
const guardianFields = tuple(uint(GUARDIANS_MAX - 1), key, list(bytes(32), PATH_MAX))

const readShownGuardian: Shape<ShownGuardian> = (value) => {
  const read = guardianFields(value)
  return read && { index: read[0], key: read[1], path: read[2] }
}

const fields = tuple(
  uint(GUARDIAN_ACT_KIND, GUARDIAN_ACT_KIND),
  bytes(32),
  uint(),
  uint(2),
  nullable(bytes(32)),
  list(readShownGuardian, GUARDIANS_MAX)
)

/** Reads the body of a guardian-act. */
export const readGuardianAct: Shape<GuardianAct> = (value) => {
  const read = fields(value)
  if (read === undefined) return undefined
  const [, deviceId, guardianSequence, act, argument, guardians] = read
  if ((act === GUARDIAN_ACTS.replaceOwner) !== (argument !== null)) return undefined
  const areAscending = guardians.every(
    ({ index }, place) => place === 0 || (guardians[place - 1] as ShownGuardian).index < index
  )
  if (!areAscending) return undefined
  return { kind: 'guardian-act', deviceId, guardianSequence, act, argument, guardians }
}

/** The body of a guardian-act, ready to be signed. */
export function encodeGuardianAct(act: Omit<GuardianAct, 'kind'>): Uint8Array {
  const guardians: CborValue = act.guardians.map(({ index, key: shown, path }) => [
    index,
    shown,
    path
  ])
  return encodeCbor([
    GUARDIAN_ACT_KIND,
    act.deviceId,
    act.guardianSequence,
    act.act,
    act.argument,
    guardians
  ])
}
