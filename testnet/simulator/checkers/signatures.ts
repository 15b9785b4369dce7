/**
 * Signatures: no honest key ever signs a conflicting pair, and nothing leaves before it is durable.
 *
 * I3 over all crashes and starts, by every signature that was ever made; I4 by
 * what the disk would still hold after a power cut at the moment of sending.
 *
 * @module
 */

import { batchKey, bodyKey, heightOfBlockKey } from '../../../node/ledger/keyspace.ts'
import type { MemberProtocol } from '../../../node/network/protocol-names.ts'
import {
  type Block,
  type BlockId,
  decodeMemberMessage,
  encodeCertificate,
  type MemberIndex,
  type SignedVote,
  toHex,
  type View,
  type Vote
} from '../../../protocol/index.ts'
import type { Folder } from '../virtual/folder.ts'
import type { SimNode } from '../world/sim-node.ts'
import type { World } from '../world/world.ts'
import { type Checker, expectKept } from './checker.ts'

/** By then every node that came up at the start has been let vote. */
const ADMITTED_MS = 8_000

/** Watches every vote that leaves an honest node. */
export class SignatureChecker implements Checker {
  /** NULLIFY votes of honest members, once all of them have had the time to be let vote. */
  nullified = 0
  readonly #world: () => World
  /** What each vote slot said, over all starts of its member: `node/view/kind`. */
  readonly #said = new Map<string, string>()
  readonly #durable = new Set<string>()
  #last: Uint8Array | undefined

  constructor(world: () => World) {
    this.#world = world
  }

  onSend(node: number, protocol: MemberProtocol, message: Uint8Array): void {
    if (protocol !== 'votes' || message === this.#last || !this.#world().isHonest(node)) return
    this.#last = message
    const read = decodeMemberMessage(message, node as MemberIndex)
    const vote = read?.kind === 'vote' ? read.vote : undefined
    const own = read?.kind === 'proposal' ? read.proposal.vote : vote
    if (own === undefined) return
    this.#expectNoConflict(node, own.vote)
    this.#expectDurable(node, own)
  }

  #expectNoConflict(node: number, { epoch, view, kind, subject }: Vote): void {
    const name = `${node}/${epoch}/${view}/${kind}`
    const says = subject === null ? '' : `${subject.parentView}/${subject.blockId}`
    const before = this.#said.get(name)
    expectKept(
      'I3',
      before === undefined || before === says,
      () =>
        `node ${node} said ${kind} in epoch ${epoch}, view ${view} twice, of ${before} and of ${says}`
    )
    if (before !== undefined) return
    this.#said.set(name, says)
    // A leader may be let vote a moment later than those who wait for its first turn.
    if (kind === 'nullify' && this.#world().nowMs > ADMITTED_MS) this.nullified++
    if (kind === 'notarise') return
    const opposite = kind === 'nullify' ? 'finalise' : 'nullify'
    expectKept(
      'I3',
      !this.#said.has(`${node}/${epoch}/${view}/${opposite}`),
      () => `node ${node} said NULLIFY and FINALISE in view ${view}`
    )
  }

  #expectDurable(node: number, { vote, signature }: SignedVote): void {
    const name = toHex(signature)
    if (this.#durable.has(name)) return
    const sender = this.#world().nodes[node] as SimNode
    const log = sender.disk.database(sender.path('sign'))
    expectKept(
      'I4',
      log !== undefined && holdsDurably(log, Buffer.from(signature)),
      () => `node ${node} sent ${vote.kind} of view ${vote.view} before it was durable`
    )
    this.#durable.add(name)
    if (vote.kind === 'finalise') this.#expectGroundDurable(sender, { log, view: vote.view })
    if (vote.kind !== 'notarise' || vote.subject === null) return
    const { blockId } = vote.subject
    const block = sender.replica?.driver.core.blocks.get(blockId)?.block
    if (block !== undefined) this.#expectBlockDurable(sender, blockId, block)
  }

  /** A FINALISE rests on a notarisation, which must be there after a power cut. */
  #expectGroundDurable(
    node: SimNode,
    { log, view }: { readonly log: Folder | undefined; readonly view: View }
  ): void {
    const notarisation = node.replica?.driver.core.certificates.get(view)?.notarisation
    if (notarisation === undefined || notarisation === null) return
    expectKept(
      'I4',
      log !== undefined && holdsDurably(log, Buffer.from(encodeCertificate(notarisation))),
      () => `node ${node.index} finalises view ${view} before its notarisation was durable`
    )
  }

  #expectBlockDurable(node: SimNode, blockId: BlockId, block: Block): void {
    const folder = node.disk.database(node.path('ledger'))
    if (folder === undefined) return
    const isHeld = (key: Uint8Array): boolean => isDurable(folder, key)
    // A block that has become final meanwhile lies under its height.
    const hasBody = isHeld(bodyKey(blockId)) || isHeld(heightOfBlockKey(block.idBytes))
    const hasBatches = block.batches.every(({ id }) => isHeld(batchKey(id)))
    expectKept(
      'I4',
      hasBody && hasBatches,
      () =>
        `node ${node.index} voted for ${blockId.slice(0, 8)} before body and batches were durable`
    )
  }
}

/** Whether a key would still be there after a power cut. */
export function isDurable(folder: Folder, key: Uint8Array): boolean {
  const name = Buffer.from(key).toString('latin1')
  const before = folder.before.get(name)
  return before === undefined ? folder.entries.has(name) : before !== null
}

/** Whether some value that would survive a power cut holds these bytes; the newest are looked at first. */
function holdsDurably(folder: Folder, bytes: Buffer): boolean {
  const keys = [...folder.entries.keys()]
  for (let index = keys.length - 1; index >= 0; index--) {
    const key = keys[index] as string
    const value = folder.entries.get(key) as Uint8Array
    if (
      !folder.before.has(key) &&
      Buffer.from(value.buffer, value.byteOffset, value.length).includes(bytes)
    )
      return true
  }
  return false
}
