/**
 * The hands of a faulty member: its own keys, its own streams, and nothing of anybody else.
 *
 * @module
 */

import { createEd25519Signer } from '#crypto'
import type { Clock } from '../../../node/clock.ts'
import type { Replica } from '../../../node/replica.ts'
import { encodeVote, type MemberIndex, type Vote } from '../../../protocol/index.ts'
import type { Dice } from '../virtual/dice.ts'
import type { NodeNetwork } from '../virtual/node-network.ts'
import type { Founding, MemberKeys } from '../world/founding.ts'
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
  readonly mark: (trick: string) => void
}

/** Makes the hands of one process. */
export function createHands(ports: HandsPorts): Hands {
  const { index, founding, dice, clock, life, mark } = ports
  const { key, identitySeed, voteSeed } = founding.members[index] as MemberKeys
  const voteSigner = createEd25519Signer(voteSeed)
  const identity = createEd25519Signer(identitySeed)
  return {
    index,
    founding,
    dice,
    mark,
    others: founding.members.map((member) => member.key).filter((other) => other !== key),
    replica: () => life.replica as Replica,
    signVote: (vote: Vote, domain: VoteDomain = {}) => {
      const { networkTag, electorate } = { ...founding, ...domain }
      const signature = voteSigner.sign(encodeVote(networkTag, electorate, vote))
      return { vote, signer: index as MemberIndex, signature }
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
