/**
 * Motions: the questions that members put to the vote, each with its argument.
 *
 * @see SPEC.md §5.4 Motions
 * @module
 */

import { type CborValue, encodeCbor } from '../codec/cbor.ts'
import { bytes, list, type Shape, tuple, uint } from '../codec/shape.ts'
import { MEMBERS_MAX, WEIGHT_TOTAL_MAX } from '../foundation/limits.ts'
import type { FaultModel } from '../types.ts'
import { proofsShape } from './member-act.ts'
import { readTrustPolicy, type TrustPolicy, trustPolicyToFields } from './trust-policy.ts'

/** What a motion asks for. */
export type Motion =
  /** Seat who applied. */
  | { readonly type: 'admit'; readonly applicationId: Uint8Array }
  | { readonly type: 'remove'; readonly memberId: Uint8Array; readonly reasonHash: Uint8Array }
  | {
      readonly type: 'reweigh'
      readonly weights: readonly MemberWeight[]
      /** Whether shares and changes above a third are meant. */
      readonly isLargeMeant: boolean
    }
  /** A parameter by its number, the place in the table of genesis. */
  | { readonly type: 'change-parameter'; readonly number: number; readonly value: number }
  | { readonly type: 'change-fault-model'; readonly faultModel: FaultModel }
  | {
      readonly type: 'change-trust-model'
      readonly subject: TrustSubject
      readonly policy: TrustPolicy
      /** How long those who are seated may take to satisfy the new model. */
      readonly renewByMs: number
    }
  | {
      readonly type: 'upgrade'
      readonly protocolVersion: number
      readonly activationHeight: number
    }
  | ({
      readonly type: 'vendor-admit'
      readonly proofs: readonly Uint8Array[]
    } & VendorTerms)
  | { readonly type: 'vendor-remove'; readonly vendorId: Uint8Array }
  /** End every device of a birth batch, and the batch. */
  | {
      readonly type: 'birth-revoke'
      readonly birthBatchId: Uint8Array
      readonly reasonHash: Uint8Array
    }

/** Whose trust model a motion changes. */
export type TrustSubject = 'members' | 'vendors'

/** A member's new weight. */
export interface MemberWeight {
  readonly memberId: Uint8Array
  readonly weight: number
}

/** What a maker is granted. */
export interface VendorTerms {
  readonly vendorId: Uint8Array
  readonly birthCap: number
  readonly claimsPerDay: number
  readonly rateUnitsPerHour: number
}

/** The name of a type of motion. */
export type MotionType = Motion['type']

/** The types with their numbers on the wire. */
export const MOTION_TYPES: { readonly [Type in MotionType]: number } = {
  admit: 1,
  remove: 2,
  reweigh: 3,
  'change-parameter': 4,
  'change-fault-model': 5,
  'change-trust-model': 6,
  upgrade: 7,
  'vendor-admit': 8,
  'vendor-remove': 9,
  'birth-revoke': 10
}

const FAULT_MODELS: readonly FaultModel[] = ['byzantine', 'crash']
const TRUST_SUBJECTS: readonly TrustSubject[] = ['members', 'vendors']

const weightFields = tuple(bytes(32), uint(WEIGHT_TOTAL_MAX, 1))
const readWeight: Shape<MemberWeight> = (value) => {
  const read = weightFields(value)
  return read === undefined ? undefined : { memberId: read[0], weight: read[1] }
}

const admitFields = tuple(bytes(32))
const removeFields = tuple(bytes(32), bytes(32))
const reweighFields = tuple(list(readWeight, MEMBERS_MAX, 1), uint(1))
const parameterFields = tuple(uint(255), uint())
const faultModelFields = tuple(uint(1))
const trustFields = tuple(uint(1), readTrustPolicy, uint())
const upgradeFields = tuple(uint(), uint())
const vendorFields = tuple(bytes(32), uint(), uint(), uint(), proofsShape)
const vendorRemoveFields = tuple(bytes(32))
const birthRevokeFields = tuple(bytes(32), bytes(32))

const READERS: { readonly [Type in MotionType]: Shape<Motion> } = {
  admit: (value) => {
    const read = admitFields(value)
    return read && { type: 'admit', applicationId: read[0] }
  },
  remove: (value) => {
    const read = removeFields(value)
    return read && { type: 'remove', memberId: read[0], reasonHash: read[1] }
  },
  reweigh: (value) => {
    const read = reweighFields(value)
    return read && { type: 'reweigh', weights: read[0], isLargeMeant: read[1] === 1 }
  },
  'change-parameter': (value) => {
    const read = parameterFields(value)
    return read && { type: 'change-parameter', number: read[0], value: read[1] }
  },
  'change-fault-model': (value) => {
    const read = faultModelFields(value)
    return read && { type: 'change-fault-model', faultModel: FAULT_MODELS[read[0]] as FaultModel }
  },
  'change-trust-model': (value) => {
    const read = trustFields(value)
    if (read === undefined) return undefined
    const subject = TRUST_SUBJECTS[read[0]] as TrustSubject
    return { type: 'change-trust-model', subject, policy: read[1], renewByMs: read[2] }
  },
  upgrade: (value) => {
    const read = upgradeFields(value)
    return read && { type: 'upgrade', protocolVersion: read[0], activationHeight: read[1] }
  },
  'vendor-admit': (value) => {
    const read = vendorFields(value)
    if (read === undefined) return undefined
    const [vendorId, birthCap, claimsPerDay, rateUnitsPerHour, proofs] = read
    return { type: 'vendor-admit', vendorId, birthCap, claimsPerDay, rateUnitsPerHour, proofs }
  },
  'vendor-remove': (value) => {
    const read = vendorRemoveFields(value)
    return read && { type: 'vendor-remove', vendorId: read[0] }
  },
  'birth-revoke': (value) => {
    const read = birthRevokeFields(value)
    return read && { type: 'birth-revoke', birthBatchId: read[0], reasonHash: read[1] }
  }
}

const BY_NUMBER: ReadonlyMap<number, MotionType> = new Map(
  Object.entries(MOTION_TYPES).map(([type, number]) => [number, type as MotionType])
)

const envelope = tuple(uint(255), (value) => value)

/** Reads a motion from `[type, argument]`. */
export const readMotion: Shape<Motion> = (value) => {
  const read = envelope(value)
  const type = read === undefined ? undefined : BY_NUMBER.get(read[0])
  return type === undefined || read === undefined ? undefined : READERS[type](read[1])
}

/** The positions of a motion: type and argument. */
export function motionToFields(motion: Motion): readonly [number, CborValue] {
  return [MOTION_TYPES[motion.type], argumentOf(motion)]
}

/** The bytes of a motion, by which two are told apart. */
export function encodeMotion(motion: Motion): Uint8Array {
  return encodeCbor(motionToFields(motion))
}

function argumentOf(motion: Motion): CborValue {
  switch (motion.type) {
    case 'admit':
      return [motion.applicationId]
    case 'remove':
      return [motion.memberId, motion.reasonHash]
    case 'reweigh':
      return [
        motion.weights.map(({ memberId, weight }) => [memberId, weight]),
        motion.isLargeMeant ? 1 : 0
      ]
    case 'change-parameter':
      return [motion.number, motion.value]
    case 'change-fault-model':
      return [FAULT_MODELS.indexOf(motion.faultModel)]
    case 'change-trust-model':
      return [
        TRUST_SUBJECTS.indexOf(motion.subject),
        trustPolicyToFields(motion.policy),
        motion.renewByMs
      ]
    case 'upgrade':
      return [motion.protocolVersion, motion.activationHeight]
    case 'vendor-admit':
      return [
        motion.vendorId,
        motion.birthCap,
        motion.claimsPerDay,
        motion.rateUnitsPerHour,
        motion.proofs
      ]
    case 'vendor-remove':
      return [motion.vendorId]
    case 'birth-revoke':
      return [motion.birthBatchId, motion.reasonHash]
  }
}
