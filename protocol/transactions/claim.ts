/**
 * claim: a device gets its first owner, by the box key and the device's own presence.
 *
 * @see SPEC.md §5.1 claim
 * @module
 */

import { encodeCbor } from '../codec/cbor.ts'
import {
  bytes,
  bytesBetween,
  key,
  list,
  nullable,
  type Shape,
  tuple,
  uint
} from '../codec/shape.ts'
import { BIRTHS_MAX } from '../foundation/limits.ts'
import { type Guardians, guardiansToFields, readGuardians } from './guardians.ts'
import { decodeInception, type Inception } from './inception.ts'

/** A claim, field by field. */
export interface Claim {
  readonly kind: 'claim'
  readonly birthBatchId: Uint8Array
  readonly leafIndex: number
  readonly path: readonly Uint8Array[]
  readonly inceptionBytes: Uint8Array
  readonly inception: Inception
  readonly ownerKeyHash: Uint8Array
  readonly rotationKeyHashes: readonly Uint8Array[]
  readonly rotationThreshold: number
  readonly guardians: Guardians | null
  readonly boxKey: Uint8Array
}

/** The wire number of the kind. */
export const CLAIM_KIND = 30

const fields = tuple(
  uint(CLAIM_KIND, CLAIM_KIND),
  bytes(32),
  uint(BIRTHS_MAX),
  list(bytes(32), 32),
  bytesBetween(1, 512),
  bytes(32),
  list(bytes(32), 4, 1),
  uint(),
  nullable(readGuardians),
  key
)

/** Reads the body of a claim; its inception must itself be canonical. */
export const readClaim: Shape<Claim> = (value) => {
  const read = fields(value)
  const inception = read === undefined ? undefined : decodeInception(read[4])
  if (read === undefined || inception === undefined) return undefined
  return {
    kind: 'claim',
    birthBatchId: read[1],
    leafIndex: read[2],
    path: read[3],
    inceptionBytes: read[4],
    inception,
    ownerKeyHash: read[5],
    rotationKeyHashes: read[6],
    rotationThreshold: read[7],
    guardians: read[8],
    boxKey: read[9]
  }
}

/** The body of a claim, ready to be signed. */
export function encodeClaim(claim: Omit<Claim, 'kind' | 'inception'>): Uint8Array {
  return encodeCbor([
    CLAIM_KIND,
    claim.birthBatchId,
    claim.leafIndex,
    claim.path,
    claim.inceptionBytes,
    claim.ownerKeyHash,
    claim.rotationKeyHashes,
    claim.rotationThreshold,
    guardiansToFields(claim.guardians),
    claim.boxKey
  ])
}
