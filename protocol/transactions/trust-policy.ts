/**
 * Trust policies: what it takes to be admitted, as a member or as a maker.
 *
 * A policy is a choice of ways, each a set of models that must all be satisfied. The three plain
 * models are policies of one way with one model; everything else is `hybrid`.
 *
 * @see SPEC.md §7.4 Trust models
 * @module
 */

import type { CborValue } from '../codec/cbor.ts'
import { key, list, type Shape, tuple, uint } from '../codec/shape.ts'
import { toHex } from '../foundation/bytes.ts'
import type { TrustModel } from '../types.ts'

/** The models by name, with their numbers. */
export const TRUST_MODELS: readonly TrustModel[] = ['open-vote', 'vouch', 'anchored', 'hybrid']

/** A model that a way can ask for. */
export type PlainTrustModel = Exclude<TrustModel, 'hybrid'>

/** The root of a certificate chain, and how many may be admitted under it. */
export interface TrustRoot {
  /** Ed25519 (32 bytes) or P-256 (33 bytes) key that signed the certificates below it. */
  readonly key: Uint8Array
  readonly quota: number
}

/** What it takes to be admitted. */
export interface TrustPolicy {
  readonly model: TrustModel
  /** Ways to be admitted: any one is enough, all models of it are needed. */
  readonly ways: readonly (readonly PlainTrustModel[])[]
  readonly roots: readonly TrustRoot[]
}

const WAYS_MAX = 8
const ROOTS_MAX = 16
const QUOTA_MAX = 512

const rootFields = tuple(key, uint(QUOTA_MAX, 1))
const readRoot: Shape<TrustRoot> = (value) => {
  const read = rootFields(value)
  return read === undefined ? undefined : { key: read[0], quota: read[1] }
}

const fields = tuple(uint(3), list(list(uint(2), 3, 1), WAYS_MAX, 1), list(readRoot, ROOTS_MAX))

/** Reads a policy: a plain model has its one way, each way names a model once, each root its key once. */
export const readTrustPolicy: Shape<TrustPolicy> = (value) => {
  const read = fields(value)
  if (read === undefined) return undefined
  const [number, numbers, roots] = read
  const model = TRUST_MODELS[number] as TrustModel
  const ways = numbers.map((way) => way.map((one) => TRUST_MODELS[one] as PlainTrustModel))
  if (model !== 'hybrid' && !isPlain(ways, model)) return undefined
  if (ways.some((way) => new Set(way).size !== way.length)) return undefined
  if (new Set(roots.map((root) => toHex(root.key))).size !== roots.length) return undefined
  return { model, ways, roots }
}

/** The wire form of a policy: model, ways, roots. */
export function trustPolicyToFields({ model, ways, roots }: TrustPolicy): CborValue {
  return [
    TRUST_MODELS.indexOf(model),
    ways.map((way) => way.map((one) => TRUST_MODELS.indexOf(one))),
    roots.map((root) => [root.key, root.quota])
  ]
}

/** The policy of one plain model. */
export function plainTrustPolicy(
  model: PlainTrustModel,
  roots: readonly TrustRoot[] = []
): TrustPolicy {
  return { model, ways: [[model]], roots }
}

/** Whether nobody is admitted without satisfying a model. */
export function isModelNeeded({ ways }: TrustPolicy, model: PlainTrustModel): boolean {
  return ways.every((way) => way.includes(model))
}

function isPlain(ways: readonly (readonly PlainTrustModel[])[], model: TrustModel): boolean {
  return ways.length === 1 && ways[0]?.length === 1 && ways[0][0] === model
}
