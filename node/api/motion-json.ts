/**
 * Motions in JSON: ids and keys in hex, parameters and models by their names.
 *
 * @module
 */

import * as z from 'zod'
import {
  decodeCbor,
  encodeMotion,
  MEMBER_PROOFS_MAX,
  MEMBERS_MAX,
  type Motion,
  type MotionType,
  PARAMETERS,
  plainTrustPolicy,
  readMotion,
  type TrustPolicy
} from '../../protocol/index.ts'
import { type JsonObject, toJsonObject } from './json-value.ts'
import { hex, id } from './shapes.ts'

const NO_HASH: Uint8Array = new Uint8Array(32)
const PROOF_BYTES_MAX = 2048
const KEY_BYTES: readonly [number, number] = [32, 33]
const WAYS_MAX = 8
const ROOTS_MAX = 16

const amount = z.int().min(0)
const plainModel = z.enum(['open-vote', 'vouch', 'anchored'])
const proofs = z.array(hex(1, PROOF_BYTES_MAX)).max(MEMBER_PROOFS_MAX).default([])

const policy: z.ZodType<TrustPolicy> = z
  .strictObject({
    model: z.enum(['open-vote', 'vouch', 'anchored', 'hybrid']),
    ways: z.array(z.array(plainModel).min(1).max(3)).max(WAYS_MAX).default([]),
    roots: z
      .array(z.strictObject({ key: hex(...KEY_BYTES), quota: amount }))
      .max(ROOTS_MAX)
      .default([])
  })
  .transform(({ model, ways, roots }) =>
    model === 'hybrid' || ways.length > 0 ? { model, ways, roots } : plainTrustPolicy(model, roots)
  )

const argument = {
  admit: z.strictObject({ applicationId: id }),
  remove: z.strictObject({ memberId: id, reasonHash: id.default(NO_HASH) }),
  reweigh: z.strictObject({
    weights: z
      .array(z.strictObject({ memberId: id, weight: amount }))
      .min(1)
      .max(MEMBERS_MAX),
    isLargeMeant: z.boolean().default(false)
  }),
  'change-parameter': z
    .strictObject({
      name: z.enum(PARAMETERS.map(({ name }) => name)),
      value: amount
    })
    .transform(({ name, value }) => ({
      number: PARAMETERS.findIndex((parameter) => parameter.name === name),
      value
    })),
  'change-fault-model': z.strictObject({ faultModel: z.enum(['byzantine', 'crash']) }),
  'change-trust-model': z.strictObject({
    subject: z.enum(['members', 'vendors']).default('members'),
    policy,
    renewByMs: amount
  }),
  upgrade: z.strictObject({ protocolVersion: amount, activationHeight: amount }),
  'vendor-admit': z.strictObject({
    vendorId: id,
    birthCap: amount,
    claimsPerDay: amount,
    rateUnitsPerHour: amount,
    proofs
  }),
  'vendor-remove': z.strictObject({ vendorId: id }),
  'birth-revoke': z.strictObject({ birthBatchId: id, reasonHash: id.default(NO_HASH) })
} satisfies Record<MotionType, z.ZodType>

const envelope = z.strictObject({
  type: z.enum(Object.keys(argument) as [MotionType, ...MotionType[]]),
  argument: z.unknown()
})

/**
 * Reads a motion from `{type, argument}`.
 *
 * @returns the motion, or what is wrong with it
 */
export function motionFromJson(value: unknown): Motion | { readonly fault: string } {
  const read = envelope.safeParse(value)
  if (!read.success) return { fault: firstIssue(read.error) }
  const { type } = read.data
  const fields = argument[type].safeParse(read.data.argument)
  if (!fields.success) return { fault: `argument of ${type}: ${firstIssue(fields.error)}` }
  // What goes through the wire form and back is just what the ledger would read.
  const motion = readMotion(
    decodeCbor(encodeMotion({ type, ...(fields.data as object) } as Motion))
  )
  return motion ?? { fault: `argument of ${type}: is out of the bounds of the ledger` }
}

/** A motion as `{type, argument}`. */
export function motionToJson(motion: Motion): {
  readonly type: MotionType
  readonly argument: JsonObject
} {
  const { type, ...fields } = motion
  if (motion.type !== 'change-parameter') return { type, argument: toJsonObject(fields) }
  const { number, value } = motion
  return { type, argument: { name: PARAMETERS[number]?.name ?? String(number), value } }
}

function firstIssue(error: z.ZodError): string {
  const issue = error.issues[0]
  const place = issue?.path.join('.') ?? ''
  return `${place === '' ? '' : `${place}: `}${issue?.message ?? 'is wrong'}`.slice(0, 200)
}
