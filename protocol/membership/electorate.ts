/**
 * The electorate: who may vote in an epoch, with what weight, under which rules.
 *
 * Its hash covers everything that decides about quorums and turns, and stands in
 * every header and every signing domain: a vote is never counted by another electorate.
 *
 * @see SPEC.md §7.1 Electorate
 * @module
 */

import { encodeCbor } from '../codec/cbor.ts'
import { createTaggedHash } from '../crypto/hash.ts'
import { compareBytes, toHex } from '../foundation/bytes.ts'
import { invariant } from '../foundation/invariant.ts'
import { MEMBERS_MAX, WEIGHT_TOTAL_MAX } from '../foundation/limits.ts'
import type { Epoch, FaultModel, MemberIndex } from '../types.ts'

/** One seat. */
export interface Seat {
  /** Ed25519 identity key: 32 bytes. */
  readonly memberId: Uint8Array
  /** Ed25519 key that signs this member's votes in this epoch. */
  readonly voteKey: Uint8Array
  readonly weight: number
  readonly operatorId: Uint8Array
  readonly region: string
  readonly endpoints: readonly string[]
}

/** The parameters of consensus, which the electorate hash covers. */
export interface ConsensusParameters {
  /** Δ0: what a message is expected to take at most, in milliseconds. */
  readonly delta0Ms: number
  /** Δmax: the longest that Δ grows. */
  readonly deltaMaxMs: number
  /** A block is due this long after the last, even an empty one. */
  readonly heartbeatMs: number
  readonly blockBytesMax: number
  /** How far ahead of a voter's clock a block's time may lie. */
  readonly messageDelayMs: number
  readonly precisionMs: number
}

/** The members seated for one epoch. Immutable: a change seats a new one. */
export interface Electorate {
  readonly epoch: Epoch
  readonly faultModel: FaultModel
  readonly parameters: ConsensusParameters
  /** In ascending order of member ids: a member's index is its place here. */
  readonly seats: readonly Seat[]
  readonly totalWeight: number
  /** The weight that decides. */
  readonly quorumWeight: number
  readonly hash: Uint8Array
  /** Member index by lower-case hex id. */
  readonly indexOf: ReadonlyMap<string, MemberIndex>
}

const hashElectorate = createTaggedHash('tm/electorate/1')

/** Seats an electorate; `seats` may come in any order. */
export function createElectorate(options: {
  readonly epoch: Epoch
  readonly faultModel: FaultModel
  readonly parameters: ConsensusParameters
  readonly seats: readonly Seat[]
}): Electorate {
  const { epoch, faultModel, parameters } = options
  const seats = [...options.seats].sort((a, b) => compareBytes(a.memberId, b.memberId))
  const totalWeight = seats.reduce((sum, { weight }) => sum + weight, 0)
  const indexOf = new Map(
    seats.map(({ memberId }, index) => [toHex(memberId), index as MemberIndex])
  )
  invariant(seats.length > 0 && seats.length <= MEMBERS_MAX, 'an electorate has members')
  invariant(indexOf.size === seats.length, 'no member sits twice')
  invariant(totalWeight <= WEIGHT_TOTAL_MAX, 'the total weight stays within its limit')
  return {
    epoch,
    faultModel,
    parameters,
    seats,
    totalWeight,
    quorumWeight: quorumWeightOf(faultModel, totalWeight),
    hash: hashElectorate(encodeElectorate({ epoch, faultModel, parameters, seats })),
    indexOf
  }
}

/**
 * The weight of a quorum: more than two thirds among liars, more than half among the honest who crash.
 *
 * Any two quorums share a member that is honest as long as the fault model holds.
 */
export function quorumWeightOf(faultModel: FaultModel, totalWeight: number): number {
  const part = faultModel === 'byzantine' ? (2 * totalWeight) / 3 : totalWeight / 2
  return Math.floor(part) + 1
}

/** The weight that may be faulty while the ledger stays safe and goes on. */
export function faultWeightOf({ faultModel, totalWeight }: Electorate): number {
  return Math.floor((totalWeight - 1) / (faultModel === 'byzantine' ? 3 : 2))
}

function encodeElectorate(electorate: {
  readonly epoch: Epoch
  readonly faultModel: FaultModel
  readonly parameters: ConsensusParameters
  readonly seats: readonly Seat[]
}): Uint8Array {
  const { parameters, seats } = electorate
  return encodeCbor([
    electorate.epoch,
    electorate.faultModel === 'byzantine' ? 0 : 1,
    [
      parameters.delta0Ms,
      parameters.deltaMaxMs,
      parameters.heartbeatMs,
      parameters.blockBytesMax,
      parameters.messageDelayMs,
      parameters.precisionMs
    ],
    seats.map(({ memberId, voteKey, weight, operatorId, region, endpoints }) => [
      memberId,
      voteKey,
      weight,
      operatorId,
      region,
      endpoints
    ])
  ])
}
