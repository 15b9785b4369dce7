/**
 * The hands of a faulty member: its own keys, its own streams, and nothing of anybody else.
 *
 * @module
 */

import { createEd25519Signer } from '#crypto'
import type { Clock } from '../../../node/clock.ts'
import type { Replica } from '../../../node/replica.ts'
import {
  type Electorate,
  encodeVote,
  type MemberIndex,
  type Vote
} from '../../../protocol/index.ts'
import type { Dice } from '../virtual/dice.ts'
import type { NodeNetwork } from '../virtual/node-network.ts'
import type { Founding, MemberKeys } from '../world/founding.ts'
import type { SimVoteKeys } from '../world/sim-vote-keys.ts'
import type { Hands, VoteDomain } from './vice.ts'

/** What hands belong to. */
export interface HandsPorts {
  readonly index: number
  readonly founding: Founding
  readonly dice: Dice
  readonly clock: Pick<Clock, 'timeMs' | 'later'>
  /** The process that the hands belong to: of a dead one nothing leaves. */
  readonly life: {
    readonly isAlive: boolean
    readonly network: NodeNetwork
    readonly replica: Replica | null
  }
  readonly voteKeys: Pick<SimVoteKeys, 'signerIn'>
  readonly mark: (trick: string) => void
}

const NO_SEAT = 65_535 as MemberIndex

/** Makes the hands of one process. */
export function createHands(ports: HandsPorts): Hands {
  const { index, founding, dice, clock, life, mark, voteKeys } = ports
  const { key, identitySeed } = founding.members[index] as MemberKeys
  const identity = createEd25519Signer(identitySeed)
  const electorate = (): Electorate => life.replica?.driver.core.electorate ?? founding.electorate
  const seat = (): MemberIndex => electorate().indexOf.get(key) ?? NO_SEAT
  return {
    get index() {
      return seat()
    },
    get electorate() {
      return electorate()
    },
    founding,
    dice,
    mark,
    others: founding.members.map((member) => member.key).filter((other) => other !== key),
    replica: () => life.replica as Replica,
    signVote: (vote: Vote, domain: VoteDomain = {}) => {
      const named = { networkTag: founding.networkTag, electorate: electorate(), ...domain }
      // A vote of another epoch can only be signed by pretending that the electorate is of that epoch.
      const domainOf = { ...named.electorate, epoch: vote.epoch }
      const bytes = encodeVote(named.networkTag, domainOf, vote)
      const sign = voteKeys.signerIn(electorate())
      return { vote, signer: seat(), signature: sign(bytes) }
    },
    sign: (message) => identity.sign(message),
    push: (protocol, to, message) => {
      if (life.isAlive) life.network.push(protocol, to, message)
    },
    ask: (protocol, to, request) => {
      if (life.isAlive) life.network.request(protocol, to, request).catch(ignore)
    },
    publish: (topic, message) => {
      life.network.publish(topic, message).catch(ignore)
    },
    timeMs: clock.timeMs,
    every: (pauseMs, run) => repeat(clock, pauseMs, run)
  }
}

function repeat(clock: Pick<Clock, 'later'>, pauseMs: number, run: () => void): void {
  clock.later(pauseMs, () => {
    run()
    repeat(clock, pauseMs, run)
  })
}

function ignore(): void {
  // A vice does not care whether it is answered.
}
