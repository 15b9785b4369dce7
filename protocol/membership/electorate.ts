/**
 * The electorate: who may vote in an epoch, with what weight, under which rules.
 *
 * Its hash covers everything that decides about quorums and turns, and stands in
 * every header and every signing domain: a vote is never counted by another electorate.
 *
 * @see SPEC.md §7.1 Electorate
 * @module
 */

import { decodeCbor, encodeCbor } from '../codec/cbor.ts'
import { bytes, list, type Shape, text, tuple, uint } from '../codec/shape.ts'
import { createTaggedHash } from '../crypto/hash.ts'
import { compareBytes, equalBytes, toHex } from '../foundation/bytes.ts'
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
  /** What the hash covers. */
  readonly encoded: Uint8Array
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
  const encoded = encodeElectorate({ epoch, faultModel, parameters, seats })
  return {
    epoch,
    faultModel,
    parameters,
    seats,
    totalWeight,
    quorumWeight: quorumWeightOf(faultModel, totalWeight),
    hash: hashElectorate(encoded),
    encoded,
    indexOf
  }
}

const parameterFields = tuple(uint(), uint(), uint(), uint(), uint(), uint())
const seatFields = tuple(
  bytes(32),
  bytes(32),
  uint(WEIGHT_TOTAL_MAX, 1),
  bytes(16),
  text(64),
  list(text(128), 4)
)
const readSeat: Shape<Seat> = (value) => {
  const read = seatFields(value)
  if (read === undefined) return undefined
  const [memberId, voteKey, weight, operatorId, region, endpoints] = read
  return { memberId, voteKey, weight, operatorId, region, endpoints }
}
const electorateFields = tuple(uint(), uint(1), parameterFields, list(readSeat, MEMBERS_MAX, 1))

/** Reads the bytes that an electorate hash covers; undefined when they are no canonical ones. */
export function decodeElectorate(encoded: Uint8Array): Electorate | undefined {
  const read = electorateFields(decodeCbor(encoded))
  if (read === undefined) return undefined
  const [epoch, model, parameters, seats] = read
  const isAscending = seats.every(
    ({ memberId }, index) =>
      index === 0 || compareBytes((seats[index - 1] as Seat).memberId, memberId) < 0
  )
  const totalWeight = seats.reduce((sum, { weight }) => sum + weight, 0)
  if (!isAscending || totalWeight > WEIGHT_TOTAL_MAX) return undefined
  const [delta0Ms, deltaMaxMs, heartbeatMs, blockBytesMax, messageDelayMs, precisionMs] = parameters
  const electorate = createElectorate({
    epoch: epoch as Epoch,
    faultModel: model === 0 ? 'byzantine' : 'crash',
    parameters: { delta0Ms, deltaMaxMs, heartbeatMs, blockBytesMax, messageDelayMs, precisionMs },
    seats
  })
  return equalBytes(electorate.encoded, encoded) ? electorate : undefined
}

/** The parameters of consensus among those of the network. */
export function consensusParametersOf(parameters: ConsensusParameters): ConsensusParameters {
  const { delta0Ms, deltaMaxMs, heartbeatMs, blockBytesMax, messageDelayMs, precisionMs } =
    parameters
  return { delta0Ms, deltaMaxMs, heartbeatMs, blockBytesMax, messageDelayMs, precisionMs }
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
