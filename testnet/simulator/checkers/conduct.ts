/**
 * Conduct: nobody honest is accused, stopped or blamed, everything stays within its bound, and in
 * fair weather nothing is amiss at all.
 *
 * I9 accusations, I11 bounds, L3 the fault-free run.
 *
 * @module
 */

import type { Replica } from '../../../node/replica.ts'
import { toHex } from '../../../protocol/index.ts'
import type { SimNode } from '../world/sim-node.ts'
import type { World } from '../world/world.ts'
import { type Checker, expectKept } from './checker.ts'
import type { SignatureChecker } from './signatures.ts'

/** Where evidence lies: epoch, view and member follow the prefix as eight bytes each. */
const EVIDENCE_PREFIX = 0x0a
const EPOCH_AT = 1
const MEMBER_AT = 17
/** Events between two looks at the bounds. */
const BOUNDS_EVERY = 64
/** Proposals are kept this far ahead of the present view; nothing else is as far. */
const VIEWS_AHEAD = 64

/** Bounds of what one node keeps in memory. */
const BOUNDS: readonly (readonly [
  name: string,
  max: number,
  size: (replica: Replica) => number
])[] = [
  ['blocks', 513, ({ driver }) => driver.core.blocks.size],
  ['views', 4_200, ({ driver }) => driver.core.views.size],
  ['views that nobody is near', 0, viewsFarAhead],
  ['certificates', 4_200, ({ driver }) => driver.core.certificates.size],
  ['pending batches', 8_192, ({ driver }) => driver.core.pendingBatches.size],
  ['certificates under verification', 256, ({ driver }) => driver.core.verifying.size],
  ['blocks asked for', 4_200, ({ driver }) => driver.core.fetchedAtMs.size],
  ['unrecorded certificates', 4_200, ({ driver }) => driver.core.unrecordedCertificates.length],
  ['events that wait', 4_096, ({ driver }) => driver.queueLength],
  ['open transactions', 65_536, ({ book }) => book.openCount]
]

/** Watches how nodes deal with each other, and with themselves. */
export class ConductChecker implements Checker {
  readonly #world: () => World
  readonly #signatures: SignatureChecker
  #events = 0

  constructor(world: () => World, signatures: SignatureChecker) {
    this.#world = world
    this.#signatures = signatures
  }

  onPenalty(node: number, peer: string, reason: string): void {
    const world = this.#world()
    const blamed = world.nodes.find(({ key }) => key === peer)
    if (!world.isHonest(node) || blamed?.isHonest !== true) return
    const message = `node ${node} blames node ${blamed.index}: ${reason}`
    // What a liar sent is passed on by nobody honest, so nobody honest is ever to blame.
    expectKept('I9', false, () => message)
  }

  onAlarm(node: number, code: string): void {
    const world = this.#world()
    if (!world.isHonest(node)) return
    expectKept('I3', code === 'VOTE_LOG_LOST', () => `node ${node} raised ${code}`)
  }

  afterEvent(world: World): void {
    if (this.#events++ % BOUNDS_EVERY !== 0) return
    for (const node of world.nodes)
      if (node.replica !== null)
        for (const [name, max, size] of BOUNDS) {
          const found = size(node.replica)
          expectKept(
            'I11',
            found <= max,
            () => `node ${node.index}: ${found} ${name}, at most ${max}`
          )
        }
  }

  atEnd(world: World): void {
    for (const node of world.honest) this.#expectNoFalseEvidence(world, node)
    const { faults, vices, churnMs } = world.plan
    // Who has just been seated listens for a twin before it leads: its first turns may pass.
    if (faults.length > 0 || vices.length > 0 || churnMs > 0) return
    const { nullified } = this.#signatures
    expectKept('L3', nullified === 0, () => `${nullified} NULLIFY although nothing failed`)
  }

  #expectNoFalseEvidence(world: World, node: SimNode): void {
    const folder = node.disk.database(node.path('ledger'))
    for (const key of folder?.entries.keys() ?? []) {
      if (key.charCodeAt(0) !== EVIDENCE_PREFIX) continue
      const bytes = Buffer.from(key, 'latin1')
      const member = Number(bytes.readBigUInt64BE(MEMBER_AT))
      const seat = world.electorateOf(Number(bytes.readBigUInt64BE(EPOCH_AT))).seats[member]
      const accused = world.nodes.find((one) => seat && one.key === toHex(seat.memberId))
      const isFalse = accused?.isHonest === true
      expectKept('I9', !isFalse, () => `node ${node.index} accuses honest ${accused?.index}`)
    }
  }
}

function viewsFarAhead({ driver: { core } }: Replica): number {
  let far = 0
  for (const view of core.views.keys()) if (view > core.view + VIEWS_AHEAD) far++
  return far
}
