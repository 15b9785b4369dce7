/**
 * The births of devices that run the product's own client: a second version of their maker's class.
 *
 * @module
 */

import {
  type BirthRecord,
  createBirth,
  createBirthTree,
  type DeviceBirth,
  signBirthBatch,
  signClassDefine
} from '../../../client/index.ts'
import { classIdOf, invariant, type Profile, RATCHET_NEVER } from '../../../protocol/index.ts'
import { CLASS_NUMBER, FLEET_PROFILE, MAKER_GRANT } from '../../benchmarks/fleet.ts'
import type { SignedMessage } from '../../benchmarks/messages.ts'
import { Dice } from '../virtual/dice.ts'
import { START_TIME_MS } from '../virtual/virtual-clock.ts'
import { type Founding, NEXT_VENDOR_SEQUENCE } from '../world/founding.ts'

/** A device that nobody owns yet, with its place among its kind. */
export interface Unclaimed {
  readonly birth: DeviceBirth
  readonly record: BirthRecord
}

/** What the maker says of them, in order, and the devices. */
export interface ThingBirths {
  readonly steps: readonly SignedMessage[]
  readonly unclaimed: readonly Unclaimed[]
}

/** More than any run has stories. */
const THINGS = 4
const CLASS_VERSION = 2
const YEAR_MS = 365 * 86_400_000
const NO_HASH = new Uint8Array(32)
/** The maker asks for as little as can be: owners tighten it. */
const BASELINE: Profile = { ...FLEET_PROFILE, ratchetEvery: RATCHET_NEVER, onFork: 0 }

const born = new WeakMap<Founding, ThingBirths>()

/** The devices of a network, born once as long as it is kept. */
export function birthsOf(founding: Founding): ThingBirths {
  const before = born.get(founding)
  if (before !== undefined) return before
  const births = giveBirth(founding)
  born.set(founding, births)
  return births
}

function giveBirth({ shape, maker, networkTag }: Founding): ThingBirths {
  const dice = new Dice(1, `things/${shape.faultModel}/${shape.weights.join('-')}`)
  const random = (length: number): Uint8Array => Uint8Array.from({ length }, () => dice.below(256))
  const classId = classIdOf(maker.vendorId, CLASS_NUMBER)
  const births = Array.from({ length: THINGS }, () =>
    createBirth({ classId, classVersion: CLASS_VERSION, algorithm: 'Ed25519' }, random)
  )
  const tree = createBirthTree(
    births.map(({ deviceId }) => deviceId),
    random
  )
  const classDefine = signClassDefine(networkTag, maker, {
    vendorSequence: NEXT_VENDOR_SEQUENCE,
    classNumber: CLASS_NUMBER,
    version: CLASS_VERSION,
    custody: 0,
    canSeal: 0,
    profile: BASELINE,
    thingModelHash: NO_HASH,
    mudHash: null,
    referenceValuesHash: null,
    birthCap: MAKER_GRANT.birthCap,
    rateUnitsPerHour: MAKER_GRANT.rateUnitsPerHour,
    supportUntilMs: START_TIME_MS + YEAR_MS
  })
  const birthBatch = signBirthBatch(networkTag, maker, {
    vendorSequence: NEXT_VENDOR_SEQUENCE + 1,
    classId,
    merkleRoot: tree.merkleRoot,
    count: tree.count,
    notAfterMs: START_TIME_MS + YEAR_MS
  })
  const unclaimed = births.map((birth) => {
    const place = tree.placeOf(birth.deviceId)
    invariant(place !== undefined, 'every birth has its place in the tree')
    return { birth, record: { birthBatchId: birthBatch.transactionId, ...place } }
  })
  const steps = [classDefine, birthBatch].map(({ wire, transactionId }) => ({
    wire,
    id: transactionId
  }))
  return { steps, unclaimed }
}
