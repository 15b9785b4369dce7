/**
 * Agreement: one block at each height over all honest nodes and all time, proved and well timed.
 *
 * I1 agreement, I2 validity of certificates, I5 equal state, I12 header times.
 *
 * @module
 */

import type { StoredBlock } from '../../../node/ledger/stored-block.ts'
import { type Block, judgeBlock, judgeCertificate, toHex } from '../../../protocol/index.ts'
import type { SimNode } from '../world/sim-node.ts'
import type { World } from '../world/world.ts'
import { type Checker, expectKept } from './checker.ts'

/** What all nodes agree on at one height. */
interface Agreed {
  readonly block: Block
  readonly seenBy: number
}

/** Watches the chains of all honest nodes. */
export class AgreementChecker implements Checker {
  /** By height; who begins at a snapshot may be the first to know of a block, and leave a gap below. */
  readonly #chain = new Map<number, Agreed>()
  readonly #seen = new Map<number, { replica: object; height: number }>()
  #height = 0

  /** The highest final block of any honest node. */
  get height(): number {
    return this.#height
  }

  /** The id of the block that honest nodes have at a height; undefined where none has come to it. */
  blockIdAt(height: number): string | undefined {
    return this.#chain.get(height)?.block.id
  }

  afterEvent(world: World): void {
    for (const node of world.nodes) if (node.isHonest) this.#look(world, node)
  }

  /** The state that a node has come to is the one that the block names which all agree on. */
  #expectStateOf({ index, replica }: SimNode): void {
    if (replica === null) return
    const { height, tree } = replica.keeper.tip
    const agreed = this.#chain.get(height)
    expectKept(
      'I5',
      agreed === undefined || toHex(tree.root) === toHex(agreed.block.header.stateRoot),
      () => `node ${index}: its state is not that of block ${height}`
    )
  }

  #look(world: World, node: SimNode): void {
    const { replica } = node
    if (replica === null) return
    const before = this.#seen.get(node.index)
    const { height } = replica.keeper.tip
    // After a start the whole chain is looked at again: what was final must still be the same.
    // One that began at a snapshot has but seals below it.
    const from = before?.replica === replica ? before.height : 0
    if (height === from && before?.replica === replica) return
    this.#seen.set(node.index, { replica, height })
    for (let at = from + 1; at <= height; at++) {
      const stored = world.read(() => replica.archive.block(at))
      if (stored !== undefined) this.#compare(world, node, stored)
    }
    this.#expectStateOf(node)
  }

  #compare(world: World, node: SimNode, { block, finalisation }: StoredBlock): void {
    const { height } = block.header
    const agreed = this.#chain.get(height)
    if (agreed !== undefined) {
      expectKept(
        'I1',
        agreed.block.id === block.id,
        () =>
          `height ${height}: node ${node.index} has ${block.id.slice(0, 8)}, node ${agreed.seenBy} ${agreed.block.id.slice(0, 8)}`
      )
      return
    }
    this.#judgeNew(world, node, block)
    if (finalisation !== null) {
      const { networkTag } = world.founding
      const electorate = world.electorateOf(block.header.epoch)
      const isGood =
        finalisation.vote.subject?.blockId === block.id &&
        judgeCertificate(finalisation, networkTag, electorate).ok
      expectKept('I2', isGood, () => `height ${height}: the finalisation of node ${node.index}`)
    }
    this.#chain.set(height, { block, seenBy: node.index })
    this.#height = Math.max(this.#height, height)
  }

  #judgeNew(world: World, node: SimNode, block: Block): void {
    const { height, timeMs } = block.header
    const { networkTag, genesis } = world.founding
    const electorate = world.electorateOf(block.header.epoch)
    expectKept(
      'I2',
      judgeBlock(block, networkTag, electorate).ok,
      () => `height ${height}: node ${node.index} committed a malformed block`
    )
    const latest =
      world.latestClockMs() + genesis.parameters.messageDelayMs + genesis.parameters.precisionMs
    expectKept(
      'I12',
      timeMs > 0 && timeMs <= latest,
      () => `height ${height}: header time ${timeMs}, latest ${latest}`
    )
    const below = this.#chain.get(height - 1)?.block
    const above = this.#chain.get(height + 1)?.block
    if (below !== undefined) expectFollows(below, block)
    else expectKept('I8', height > 1 || block.header.epoch === 0, () => 'the first epoch is not 0')
    if (above !== undefined) expectFollows(block, above)
    expectSeal(world, block)
    world.fold(block.id)
  }
}

/** A block follows on the one below: in its epoch, or in the next one if that sealed it, and later. */
function expectFollows({ header: lower, id: lowerId }: Block, { header }: Block): void {
  const { height, epoch, parentId, timeMs } = header
  expectKept(
    'I1',
    toHex(parentId) === lowerId,
    () => `height ${height}: its parent is not the block below`
  )
  expectKept(
    'I12',
    timeMs > lower.timeMs,
    () => `height ${height}: header time ${timeMs}, that of the block below ${lower.timeMs}`
  )
  const expected = lower.seal === null ? lower.epoch : lower.epoch + 1
  expectKept(
    'I8',
    epoch === expected,
    () => `height ${height}: is of epoch ${epoch}, not of ${expected}`
  )
}

/** The epoch after a seal has the electorate that it names. */
function expectSeal(world: World, { header: { height, epoch, seal } }: Block): void {
  if (seal === null) return
  world.mark('epoch')
  expectKept(
    'I8',
    toHex(world.electorateOf(epoch + 1).hash) === toHex(seal),
    () => `height ${height}: seals another electorate than epoch ${epoch + 1} has`
  )
}
