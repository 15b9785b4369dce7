/**
 * Refounding: the rule by which closings of survivors make the beginning of a new network.
 *
 * It is never an epoch of the old one: below a quorum nothing can be decided there. The new network
 * has a name, a genesis and signatures of its own, so no client or device takes it for the old one;
 * who follows does so because people said so.
 *
 * @see SPEC.md §7.6 Refounding
 * @module
 */

import { encodeCbor } from '../codec/cbor.ts'
import type { Certificate } from '../consensus/certificate.ts'
import { createTaggedHash } from '../crypto/hash.ts'
import { compareBytes, equalBytes, fromHex, toHex } from '../foundation/bytes.ts'
import { invariant } from '../foundation/invariant.ts'
import { acceptAs, reject, type Verdict } from '../foundation/verdict.ts'
import {
  createElectorate,
  type Electorate,
  faultWeightOf,
  type Seat
} from '../membership/electorate.ts'
import type { Epoch } from '../types.ts'
import { type Closing, type ClosingFault, encodeClosing, judgeClosing } from './closing.ts'
import { EPOCHS_ONWARD } from './refounded.ts'

/** The network that ends, in its last epoch. */
export interface ClosedNetwork {
  readonly networkId: string
  readonly networkTag: Uint8Array
  readonly electorate: Electorate
}

/** What people must know before they found or follow. */
export type RefoundingWarning =
  /**
   * Survivors of half the weight or less: blocks that others saw final may be missing, and the rest
   * could found another network from the same past.
   */
  | 'RIVAL_POSSIBLE'
  /** In the new network no member may fail. */
  | 'NO_FAULT_TOLERATED'

/** What closings lead to. */
export interface RefoundingPlan {
  /** The certificate of the block that the new network stands on; null for the one its epoch stood on. */
  readonly certificate: Certificate | null
  /** That block: by its certificate, or where there is none as everybody's last final one. */
  readonly baseId: Uint8Array
  /** The seats of those who closed, as they were. */
  readonly signers: readonly Seat[]
  readonly signedWeight: number
  readonly totalWeight: number
  /** Whoever is seated when the new network begins. */
  readonly electorate: Electorate
  readonly networkId: string
  readonly warnings: readonly RefoundingWarning[]
  /** The latest moment at which somebody closed. */
  readonly closedAtMs: number
}

/** Why closings lead nowhere. */
export type RefoundingFault =
  | ClosingFault
  | 'CLOSINGS_MISSING'
  /** One member closed twice, with different words. */
  | 'CLOSING_REPEATED'
  /** Survivors stand at different blocks, and none shows which was notarised. */
  | 'CLOSINGS_APART'
  /** Two survivors show the same fresh vote key. */
  | 'CLOSING_KEY_REPEATED'

const hashRefounding = createTaggedHash('tm/refounding/1')
const NAME_CHARACTERS = 8
const NETWORK_ID_MAX = 32
/** The name of a network that was itself refounded does not grow. */
const REFOUNDED_NAME = /-[0-9a-f]{8}$/

/**
 * The new network that closings lead to; the same for everybody who has the same closings.
 *
 * @param closings - in any order, from anybody
 */
export function planRefounding(
  network: ClosedNetwork,
  closings: readonly Closing[]
): Verdict<RefoundingFault, RefoundingPlan> {
  const judged = judgeAll(network, closings)
  if (!judged.ok) return judged
  const seats = judged.value
  const base = baseOf(closings)
  if (base === undefined) return reject('CLOSINGS_APART')
  const signedWeight = seats.reduce((sum, { weight }) => sum + weight, 0)
  const { totalWeight } = network.electorate
  const electorate = nextElectorate(network.electorate, seats, closings)
  const name = hashRefounding(
    network.networkTag,
    base.baseId,
    electorate.hash,
    encodeCbor(sortClosings(closings).map(encodeClosing))
  )
  const stem = network.networkId.replace(REFOUNDED_NAME, '')
  const suffix = toHex(name).slice(0, NAME_CHARACTERS)
  const warnings: RefoundingWarning[] = []
  if (2 * signedWeight <= totalWeight) warnings.push('RIVAL_POSSIBLE')
  if (faultWeightOf(electorate) === 0) warnings.push('NO_FAULT_TOLERATED')
  return acceptAs({
    ...base,
    signers: seats,
    signedWeight,
    totalWeight,
    electorate,
    networkId: `${stem.slice(0, NETWORK_ID_MAX - NAME_CHARACTERS - 1)}-${suffix}`,
    warnings,
    closedAtMs: Math.max(...closings.map(({ statement }) => statement.closedAtMs))
  })
}

/** Closings in ascending order of their makers. */
export function sortClosings(closings: readonly Closing[]): readonly Closing[] {
  return [...closings].sort((a, b) => compareBytes(a.statement.memberId, b.statement.memberId))
}

function judgeAll(
  network: ClosedNetwork,
  closings: readonly Closing[]
): Verdict<RefoundingFault, readonly Seat[]> {
  if (closings.length === 0) return reject('CLOSINGS_MISSING')
  const seats: Seat[] = []
  const keys = new Set<string>()
  for (const closing of sortClosings(closings)) {
    const judged = judgeClosing(closing, network)
    if (!judged.ok) return judged
    const last = seats.at(-1)
    if (last !== undefined && equalBytes(last.memberId, judged.value.memberId))
      return reject('CLOSING_REPEATED')
    const key = toHex(closing.statement.voteKey)
    const isUsed = keys.has(key) || isVoteKeyOf(network.electorate, closing.statement.voteKey)
    if (isUsed) return reject('CLOSING_KEY_REPEATED')
    keys.add(key)
    seats.push(judged.value)
  }
  return acceptAs(seats)
}

function isVoteKeyOf({ seats }: Electorate, key: Uint8Array): boolean {
  return seats.some(({ voteKey }) => equalBytes(voteKey, key))
}

/** The block of the highest view that somebody can show, or where nobody can, the one they all stand on. */
function baseOf(
  closings: readonly Closing[]
): Pick<RefoundingPlan, 'certificate' | 'baseId'> | undefined {
  let highest: Certificate | null = null
  for (const { statement } of closings) {
    const { certificate } = statement
    if (certificate !== null && certificate.vote.view > (highest?.vote.view ?? -1))
      highest = certificate
  }
  if (highest !== null) {
    const { subject } = highest.vote
    const baseId = subject === null ? undefined : fromHex(subject.blockId)
    invariant(baseId !== undefined, 'a certificate in a judged closing is of a block')
    return { certificate: highest, baseId }
  }
  const [first, ...rest] = closings.map(({ statement }) => statement.floor.blockId)
  const areOne = first !== undefined && rest.every((id) => equalBytes(id, first))
  return areOne ? { certificate: null, baseId: first } : undefined
}

/** The seats of the survivors with their fresh keys. */
function nextElectorate(
  { epoch, faultModel, parameters }: Electorate,
  signers: readonly Seat[],
  closings: readonly Closing[]
): Electorate {
  const sorted = sortClosings(closings)
  const seats = signers.map((seat, index) => ({
    ...seat,
    voteKey: (sorted[index] as Closing).statement.voteKey
  }))
  return createElectorate({
    epoch: (epoch + EPOCHS_ONWARD) as Epoch,
    faultModel,
    parameters,
    seats
  })
}
