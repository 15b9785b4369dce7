/**
 * The governor: the honest members' operators, who put questions to the vote and answer them.
 *
 * Whatever they decide, they never leave the liars and those with broken disks
 * more weight than the fault model bears: beyond that nothing is promised.
 *
 * @module
 */

import { createEd25519Signer, sha256 } from '#crypto'
import { type ActSigner, signAct } from '../../../node/membership/own-acts.ts'
import type { Replica } from '../../../node/replica.ts'
import { DamagedRecord } from '../../../node/storage/damaged-record.ts'
import {
  applications,
  ascii,
  equalBytes,
  forecastMotion,
  fromHex,
  MEMBER_STATUS,
  type Motion,
  members,
  motions,
  PARAMETERS,
  type Roster,
  readGovernance,
  type Seat,
  toHex,
  tombstones
} from '../../../protocol/index.ts'
import type { Agenda } from '../virtual/agenda.ts'
import type { Dice } from '../virtual/dice.ts'
import { START_TIME_MS } from '../virtual/virtual-clock.ts'
import type { Founding } from './founding.ts'
import type { Plan } from './plan.ts'
import type { SimNode } from './sim-node.ts'

/** What the governor works on. */
export interface GovernorPorts {
  readonly founding: Founding
  readonly nodes: readonly SimNode[]
  readonly agenda: Agenda
  readonly nowMs: () => number
  readonly dice: Dice
  readonly mark: (name: string) => void
}

const FIRST_MS = 4_000
const LAPSE_MS = 60_000
const WEIGHT_MAX = 3
const REASON = sha256(ascii('simulated reason'))
const NO_RECOVERY = new Uint8Array(32)
const HEARTBEATS_MS = [30_000, 45_000, 60_000] as const
const HEARTBEAT = PARAMETERS.findIndex(({ name }) => name === 'heartbeatMs')

/** Puts questions, and has them answered. */
export class Governor {
  readonly #plan: Plan
  readonly #ports: GovernorPorts
  /** Places of those who may lie or lose their disks. */
  readonly #sinners: ReadonlySet<string>

  constructor(plan: Plan, ports: GovernorPorts) {
    this.#plan = plan
    this.#ports = ports
    const places = [
      ...plan.vices.map(({ node }) => node),
      ...plan.faults.flatMap((fault) =>
        fault.kind === 'log-hole' || fault.kind === 'marker-lost' || fault.kind === 'bit-flip'
          ? [fault.node]
          : []
      )
    ]
    this.#sinners = new Set(places.map((place) => (ports.nodes[place] as SimNode).key))
  }

  /** Begins. */
  start(): void {
    this.#later(FIRST_MS)
  }

  #later(delayMs: number): void {
    const { agenda, nowMs } = this.#ports
    agenda.enter(nowMs() + delayMs, () => {
      if (nowMs() > this.#plan.endMs) return
      this.#governUnlessDamaged()
      this.#later(this.#plan.churnMs)
    })
  }

  /** Who looks at a ledger of which a record is being mended looks again later. */
  #governUnlessDamaged(): void {
    try {
      this.#govern()
    } catch (error) {
      if (!(error instanceof DamagedRecord)) throw error
    }
  }

  #govern(): void {
    const replica = this.#newest()
    if (replica === null) return
    const { openMotions, carried } = readGovernance(replica.keeper.tip.view)
    // What two decisions do together is not looked at: where somebody may fail, one comes after the other.
    const atOnce = this.#sinners.size > 0 ? 1 : 2
    this.#answer(replica, openMotions.slice(0, Math.max(0, atOnce - carried.length)))
    if (openMotions.length + carried.length < atOnce) this.#ask(replica)
  }

  /** Whoever decides looks at the newest state that there is: by an old one harm looks harmless. */
  #newest(): Replica | null {
    let newest: Replica | null = null
    for (const { isHonest, replica } of this.#ports.nodes)
      if (isHonest && replica !== null)
        if (newest === null || replica.keeper.tip.height > newest.keeper.tip.height)
          newest = replica
    return newest
  }

  /** Every honest member says yes to what does no harm, and no to the rest. */
  #answer(replica: Replica, open: readonly Uint8Array[]): void {
    for (const motionId of open) {
      const record = replica.keeper.tip.view.read(motions, motionId)
      if (record === undefined) continue
      const choice = this.#isHarmless(replica, record.motion) ? 1 : 0
      for (const node of this.#honestSeated(replica)) {
        const memberId = fromHex(node.key) as Uint8Array
        if (record.ballots.some((ballot) => equalBytes(ballot.memberId, memberId))) continue
        this.#act(replica, node, { kind: 'ballot', motionId, choice })
      }
    }
  }

  #ask(replica: Replica): void {
    const { dice, mark } = this.#ports
    const asking = this.#honestSeated(replica)
    if (asking.length === 0) return
    if (dice.happens(300) && this.#apply(replica)) return
    const motion = this.#draw(replica)
    if (!this.#isHarmless(replica, motion)) return
    mark(`motion:${motion.type}`)
    const notAfterMs = replica.keeper.tip.timeMs + LAPSE_MS
    this.#act(replica, dice.pick(asking), { kind: 'motion-open', motion, notAfterMs })
  }

  #draw(replica: Replica): Motion {
    const { dice } = this.#ports
    const { seats } = readGovernance(replica.keeper.tip.view)
    const memberId = dice.pick(seats)
    const sort = dice.below(10)
    if (sort < 4)
      return {
        type: 'reweigh',
        weights: [{ memberId, weight: dice.between(1, WEIGHT_MAX) }],
        isLargeMeant: false
      }
    if (sort < 8) return { type: 'remove', memberId, reasonHash: REASON }
    return { type: 'change-parameter', number: HEARTBEAT, value: dice.pick(HEARTBEATS_MS) }
  }

  /** One that has lost its seat asks for it again; false when there is none. */
  #apply(replica: Replica): boolean {
    const { nodes, dice, mark } = this.#ports
    const { view } = replica.keeper.tip
    const former = nodes.filter(({ key, isHonest }) => {
      const memberId = fromHex(key) as Uint8Array
      const isFormer = view.read(members, memberId)?.status === MEMBER_STATUS.former
      return isHonest && isFormer && view.read(tombstones, memberId) === undefined
    })
    if (former.length === 0) return false
    const node = dice.pick(former)
    const memberId = fromHex(node.key) as Uint8Array
    mark('application')
    void node.voteKeys.fresh().then(({ voteKey, nextVoteKeyHash, sign }) => {
      const wire = signAct(
        this.#ports.founding.networkTag,
        {
          kind: 'member-apply',
          memberId,
          voteKey,
          nextVoteKeyHash,
          recoveryKeyHash: NO_RECOVERY,
          operatorId: new Uint8Array(16),
          region: 'eu',
          endpoints: [],
          softwareHash: NO_RECOVERY,
          proofs: []
        },
        { identity: this.#identityOf(node), voteKey: { publicKey: voteKey, sign } }
      )
      this.#submit(replica, wire)
    })
    return true
  }

  #act(
    replica: Replica,
    node: SimNode,
    act:
      | { readonly kind: 'ballot'; readonly motionId: Uint8Array; readonly choice: number }
      | { readonly kind: 'motion-open'; readonly motion: Motion; readonly notAfterMs: number }
  ): void {
    const memberId = fromHex(node.key) as Uint8Array
    const member = replica.keeper.tip.view.read(members, memberId)
    if (member === undefined) return
    const clockMs = START_TIME_MS + this.#ports.nowMs()
    const memberSequence = Math.max(member.memberSequence + 1, clockMs)
    const { networkTag } = this.#ports.founding
    const identity = this.#identityOf(node)
    this.#submit(replica, signAct(networkTag, { ...act, memberId, memberSequence }, { identity }))
  }

  #submit(replica: Replica, wire: Uint8Array): void {
    // A node that refuses or goes down has simply not taken it: it is said again.
    replica.service.submit(wire, 'governor').catch(() => undefined)
  }

  #honestSeated({ keeper }: Replica): SimNode[] {
    const { seats } = readGovernance(keeper.tip.view)
    const keys = new Set(seats.map(toHex))
    return this.#ports.nodes.filter(({ key, isHonest }) => isHonest && keys.has(key))
  }

  #identityOf({ index }: SimNode): ActSigner {
    const { identitySeed } = this.#ports.founding.members[index] as Founding['members'][number]
    return createEd25519Signer(identitySeed)
  }

  /** Whether a motion can be carried out as things stand, and leaves the faulty no more than is borne. */
  #isHarmless({ keeper: { tip } }: Replica, motion: Motion): boolean {
    const { view, height, timeMs } = tip
    const { after, fault } = forecastMotion(view, motion, { timeMs, height })
    if (fault !== null) return false
    if (motion.type !== 'admit') return this.#isBearable(after)
    // Who has applied shows its key later, and is no part of the forecast before.
    const memberId = view.read(applications, motion.applicationId)?.apply.memberId
    if (memberId === undefined) return false
    const seat = { ...([...after.seats.values()][0] as Seat), memberId, weight: 1 }
    return this.#isBearable({ ...after, seats: new Map([...after.seats, [toHex(memberId), seat]]) })
  }

  /** Whether those who may be faulty stay within what the fault model bears. */
  #isBearable({ seats, faultModel }: Roster): boolean {
    let total = 0
    let faulty = 0
    for (const [key, { weight }] of seats) {
      total += weight
      if (this.#sinners.has(key)) faulty += weight
    }
    const bearable = Math.floor((total - 1) / (faultModel === 'byzantine' ? 3 : 2))
    return seats.size > 0 && faulty <= bearable
  }
}
