/**
 * Agreement: one block at each height over all honest nodes and all time, proved and well timed.
 *
 * I1 agreement, I2 validity of certificates, I5 equal state, I12 header times.
 *
 * @module
 */

import type { StoredBlock } from '../../../node/ledger/stored-block.ts'
import { judgeBlock, judgeCertificate, toHex } from '../../../protocol/index.ts'
import type { SimNode } from '../world/sim-node.ts'
import type { World } from '../world/world.ts'
import { type Checker, expectKept } from './checker.ts'

/** What all nodes agree on at one height. */
interface Agreed {
  readonly blockId: string
  readonly timeMs: number
  readonly seenBy: number
}

/** Watches the chains of all honest nodes. */
export class AgreementChecker implements Checker {
  /** By height. */
  readonly chain: Map<number, Agreed> = new Map()
  /** The epoch of the next block; undefined before the first. */
  #nextEpoch: number | undefined
  readonly #seen = new Map<number, { replica: object; height: number }>()

  /** The highest final block of any honest node. */
  get height(): number {
    return this.chain.size
  }

  afterEvent(world: World): void {
    for (const node of world.nodes) if (node.isHonest) this.#look(world, node)
  }

  /** The state that a node has come to is the one that its last block names. */
  #expectStateOf(world: World, { index, replica }: SimNode): void {
    if (replica === null) return
    const { tip } = replica.keeper
    const stored = world.read(() => replica.archive.block(tip.height))
    expectKept(
      'I5',
      stored === undefined || toHex(tip.tree.root) === toHex(stored.block.header.stateRoot),
      () => `node ${index}: its state is not that of its block ${tip.height}`
    )
  }

  #look(world: World, node: SimNode): void {
    const { replica } = node
    if (replica === null) return
    const before = this.#seen.get(node.index)
    const { height } = replica.keeper.tip
    // After a start the whole chain is looked at again: what was final must still be the same.
    const from = before?.replica === replica ? before.height : 0
    if (height === from && before?.replica === replica) return
    this.#seen.set(node.index, { replica, height })
    for (let at = from + 1; at <= height; at++) {
      const stored = world.read(() => replica.archive.block(at))
      if (stored !== undefined) this.#compare(world, node, stored)
    }
    this.#expectStateOf(world, node)
  }

  #compare(world: World, node: SimNode, stored: StoredBlock): void {
    const { block, finalisation } = stored
    const { height, timeMs } = block.header
    const agreed = this.chain.get(height)
    if (agreed === undefined) this.#judgeNew(world, node, stored)
    else
      expectKept(
        'I1',
        agreed.blockId === block.id,
        () =>
          `height ${height}: node ${node.index} has ${block.id.slice(0, 8)}, node ${agreed.seenBy} ${agreed.blockId.slice(0, 8)}`
      )
    if (finalisation !== null && agreed === undefined) {
      const { networkTag } = world.founding
      const electorate = world.electorateOf(block.header.epoch)
      const isGood =
        finalisation.vote.subject?.blockId === block.id &&
        judgeCertificate(finalisation, networkTag, electorate).ok
      expectKept('I2', isGood, () => `height ${height}: the finalisation of node ${node.index}`)
    }
    if (agreed === undefined)
      this.chain.set(height, { blockId: block.id, timeMs, seenBy: node.index })
  }

  /** An epoch ends with its seal and nowhere else, and the next one has the electorate that it names. */
  #expectBoundary(world: World, { header }: StoredBlock['block']): void {
    const { height, epoch, seal } = header
    const expected = this.#nextEpoch ?? 0
    expectKept(
      'I8',
      height === 1 || epoch === expected,
      () => `height ${height}: is of epoch ${epoch}, not of ${expected}`
    )
    this.#nextEpoch = seal === null ? epoch : epoch + 1
    if (seal === null) return
    world.mark('epoch')
    expectKept(
      'I8',
      toHex(world.electorateOf(epoch + 1).hash) === toHex(seal),
      () => `height ${height}: seals another electorate than epoch ${epoch + 1} has`
    )
  }

  #judgeNew(world: World, node: SimNode, { block }: StoredBlock): void {
    const { height, timeMs, parentId } = block.header
    const { networkTag, genesis } = world.founding
    const electorate = world.electorateOf(block.header.epoch)
    expectKept(
      'I2',
      judgeBlock(block, networkTag, electorate).ok,
      () => `height ${height}: node ${node.index} committed a malformed block`
    )
    const parent = this.chain.get(height - 1)
    expectKept(
      'I1',
      height === 1 || parent === undefined || parent.blockId === toHex(parentId),
      () => `height ${height}: its parent is not the block below`
    )
    const latest =
      world.latestClockMs() + genesis.parameters.messageDelayMs + genesis.parameters.precisionMs
    const isTimely = timeMs > (parent?.timeMs ?? 0) && timeMs <= latest
    expectKept('I12', isTimely, () => `height ${height}: header time ${timeMs}, latest ${latest}`)
    this.#expectBoundary(world, block)
    world.fold(block.id)
  }
}
