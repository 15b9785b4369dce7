/**
 * The genesis of a refounded network: made of closings and a state, and judged by whoever is shown it.
 *
 * What is judged here is that survivors of the old network's electorate made it, and what they made it
 * of. Whether to follow them is for people to say: the judgement only tells who signed, with what
 * weight, and what may be wrong.
 *
 * @see SPEC.md §7.6 Refounding
 * @module
 */

import { type BlockHeader, blockIdOf, decodeBlockHeader } from '../blocks/block.ts'
import { networkTagOf } from '../crypto/hash.ts'
import { equalBytes } from '../foundation/bytes.ts'
import { invariant } from '../foundation/invariant.ts'
import { acceptAs, reject, type Verdict } from '../foundation/verdict.ts'
import { type Genesis, type GenesisMember, genesisElectorate } from '../ledger/genesis.ts'
import type { LedgerReader } from '../ledger/ledger-view.ts'
import { NETWORK_KEY, networkTable } from '../ledger/records/chain-record.ts'
import { tombstones, voteKeys } from '../ledger/records/governance-record.ts'
import { members } from '../ledger/records/member-record.ts'
import { decodeElectorate } from '../membership/electorate.ts'
import { type Closing, decodeClosing, encodeClosing } from './closing.ts'
import type { RefoundedFrom } from './refounded.ts'
import {
  type ClosedNetwork,
  planRefounding,
  type RefoundingFault,
  type RefoundingPlan,
  sortClosings
} from './refounding.ts'

/** Why a genesis is not that of a refounded network. */
export type RefoundedGenesisFault =
  | RefoundingFault
  | 'REFOUNDING_MALFORMED'
  /** Its header is not of the block that the closings show. */
  | 'REFOUNDING_BASE_WRONG'
  /** Its name, members, time or parameters are not those that the closings lead to. */
  | 'REFOUNDING_GENESIS_WRONG'

/** A refounded network with what it came from. */
export interface JudgedRefounding {
  readonly plan: RefoundingPlan
  readonly base: BlockHeader
  readonly closed: ClosedNetwork
}

/** Why a state cannot be gone on from. */
export type RefoundingStateFault =
  /** A fresh vote key was used before. */
  | 'CLOSING_KEY_USED'
  /** A survivor was proved to lie. */
  | 'CLOSING_MEMBER_TOMBSTONED'

/**
 * Makes the genesis that closings lead to; all but the root of its state, which is zeros.
 *
 * @param state - of the block that the plan stands on
 */
export function createRefoundedGenesis(
  { closed, plan, base }: JudgedRefounding,
  made: {
    readonly genesisHash: Uint8Array
    readonly closings: readonly Closing[]
    readonly headerBytes: Uint8Array
    readonly state: LedgerReader
  }
): Verdict<RefoundingStateFault, Genesis> {
  const { state } = made
  const network = state.read(networkTable, NETWORK_KEY)
  invariant(network !== undefined, 'genesis wrote the record of the network')
  for (const { voteKey, memberId } of plan.electorate.seats) {
    if (state.read(voteKeys, voteKey) !== undefined) return reject('CLOSING_KEY_USED')
    if (state.read(tombstones, memberId) !== undefined) return reject('CLOSING_MEMBER_TOMBSTONED')
  }
  return acceptAs({
    networkId: plan.networkId,
    timeMs: refoundedAtMs(plan, base),
    faultModel: plan.electorate.faultModel,
    trust: network.trust,
    vendorTrust: network.vendorTrust,
    parameters: { ...network.parameters, ...plan.electorate.parameters },
    members: membersOf(plan, made.closings, state),
    // What makers were granted is in the state that is gone on from.
    vendorGrants: [],
    regions: network.regions,
    refounded: {
      networkId: closed.networkId,
      genesisHash: made.genesisHash,
      electorateBytes: closed.electorate.encoded,
      baseHeaderBytes: made.headerBytes,
      closings: sortClosings(made.closings).map(encodeClosing),
      stateRoot: new Uint8Array(32)
    }
  })
}

/** Judges a genesis that says it goes on from another network. */
export function judgeRefoundedGenesis(
  genesis: Genesis
): Verdict<RefoundedGenesisFault, JudgedRefounding> {
  const { refounded } = genesis
  if (refounded === undefined) return reject('REFOUNDING_MALFORMED')
  const closings = refounded.closings.map(decodeClosing)
  const closed = closedNetworkOf(refounded)
  const base = decodeBlockHeader(refounded.baseHeaderBytes)
  if (closed === undefined || base === undefined || !areWhole(closings))
    return reject('REFOUNDING_MALFORMED')
  const planned = planRefounding(closed, closings)
  if (!planned.ok) return planned
  const plan = planned.value
  const isBase =
    equalBytes(blockIdOf(refounded.baseHeaderBytes), plan.baseId) &&
    equalBytes(base.networkTag, closed.networkTag)
  if (!isBase) return reject('REFOUNDING_BASE_WRONG')
  const isAsPlanned =
    genesis.networkId === plan.networkId &&
    genesis.timeMs === refoundedAtMs(plan, base) &&
    genesis.vendorGrants.length === 0 &&
    equalBytes(genesisElectorate(genesis).hash, plan.electorate.hash) &&
    areKeysCommitted(genesis.members, closings)
  return isAsPlanned ? acceptAs({ plan, base, closed }) : reject('REFOUNDING_GENESIS_WRONG')
}

/** The network that ended; undefined when its electorate is malformed. */
function closedNetworkOf(refounded: RefoundedFrom): ClosedNetwork | undefined {
  const { networkId, genesisHash, electorateBytes } = refounded
  const electorate = decodeElectorate(electorateBytes)
  return electorate && { networkId, networkTag: networkTagOf(networkId, genesisHash), electorate }
}

/** Time goes on, and everybody comes to the same moment. */
function refoundedAtMs({ closedAtMs }: RefoundingPlan, { timeMs }: BlockHeader): number {
  return Math.max(closedAtMs, timeMs + 1)
}

function membersOf(
  plan: RefoundingPlan,
  closings: readonly Closing[],
  state: LedgerReader
): readonly GenesisMember[] {
  const sorted = sortClosings(closings)
  return plan.electorate.seats.map((seat, index) => {
    const member = state.read(members, seat.memberId)
    invariant(member !== undefined, 'whoever is seated has a record')
    const { nextVoteKeyHash } = (sorted[index] as Closing).statement
    return { ...seat, nextVoteKeyHash, recoveryKeyHash: member.recoveryKeyHash }
  })
}

function areKeysCommitted(
  founders: readonly GenesisMember[],
  closings: readonly Closing[]
): boolean {
  return closings.every(({ statement }) =>
    founders.some(
      ({ memberId, nextVoteKeyHash }) =>
        equalBytes(memberId, statement.memberId) &&
        equalBytes(nextVoteKeyHash, statement.nextVoteKeyHash)
    )
  )
}

function areWhole(closings: readonly (Closing | undefined)[]): closings is readonly Closing[] {
  return closings.every((closing) => closing !== undefined)
}
