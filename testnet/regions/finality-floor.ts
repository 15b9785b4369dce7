/**
 * The 3δ floor: how fast finality could be if nothing but distance cost time.
 *
 * A block is final after three message delays to a quorum: proposal out, NOTARISE all to all,
 * FINALISE all to all. Every measured latency is reported as a ratio to this floor, so it is
 * computed from the very table by which the links of the testnet are delayed.
 *
 * @module
 */

import { invariant } from '../../protocol/index.ts'

/** When a proposal becomes final, in milliseconds from its sending, if computing costs nothing. */
export interface FinalityTimes {
  /** At the leader that proposed it. */
  readonly leaderMs: number
  /** At the median member; of an even number, halfway between the middle two. */
  readonly medianMs: number
  /** At the last member. */
  readonly allMs: number
}

/** The floor of one electorate. */
export interface FinalityFloor {
  /** Mean over leaders of the median over members: what a latency's ratio is taken to. */
  readonly floorMs: number
  /** The mean over leaders of each of the three times. */
  readonly mean: FinalityTimes
  /** The times for each member as the leader, by member index. */
  readonly byLeader: readonly FinalityTimes[]
}

/** How long one message travels between two members, by index; a member reaches itself at once. */
export type Distance = (from: number, to: number) => number

/**
 * The floor of `memberCount` members of equal weight, each leading equally often.
 *
 * Certificates passed on are left out: where distances keep the triangle inequality they are
 * never earlier than the votes themselves.
 */
export function finalityFloor(memberCount: number, oneWayMs: Distance): FinalityFloor {
  invariant(memberCount > 0, 'an electorate has members')
  const byLeader = Array.from({ length: memberCount }, (_, leader) =>
    finalityTimes(leader, memberCount, oneWayMs)
  )
  const mean = {
    leaderMs: average(byLeader.map(({ leaderMs }) => leaderMs)),
    medianMs: average(byLeader.map(({ medianMs }) => medianMs)),
    allMs: average(byLeader.map(({ allMs }) => allMs))
  }
  return { floorMs: mean.medianMs, mean, byLeader }
}

/** How many of `memberCount` members of equal weight make a quorum: more than two thirds. */
export function equalWeightQuorum(memberCount: number): number {
  return Math.floor((2 * memberCount) / 3) + 1
}

function finalityTimes(leader: number, memberCount: number, oneWayMs: Distance): FinalityTimes {
  const members = Array.from({ length: memberCount }, (_, index) => index)
  const travelMs = (from: number, to: number): number => (from === to ? 0 : oneWayMs(from, to))
  const proposedMs = members.map((member) => travelMs(leader, member))
  // Votes count before the proposal is there, but a member can neither finalise nor call final
  // what it has not seen.
  const heardByQuorumMs = (sentMs: readonly number[]): number[] =>
    members.map((member) => {
      const arrivals = members.map((from) => (sentMs[from] as number) + travelMs(from, member))
      return Math.max(quorumth(arrivals), proposedMs[member] as number)
    })
  // The leader's NOTARISE rides on its proposal, so it leaves when the proposal does.
  const notarisedMs = heardByQuorumMs(proposedMs)
  const finalMs = heardByQuorumMs(notarisedMs)
  const ordered = ascending(finalMs)
  return {
    leaderMs: finalMs[leader] as number,
    medianMs: median(ordered),
    allMs: ordered[memberCount - 1] as number
  }
}

function quorumth(arrivalsMs: readonly number[]): number {
  return ascending(arrivalsMs)[equalWeightQuorum(arrivalsMs.length) - 1] as number
}

function median(ordered: readonly number[]): number {
  const upper = Math.floor(ordered.length / 2)
  const lower = Math.ceil(ordered.length / 2) - 1
  return ((ordered[lower] as number) + (ordered[upper] as number)) / 2
}

function ascending(values: readonly number[]): number[] {
  return [...values].sort((left, right) => left - right)
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
