/**
 * Catching up in the simulated world: blocks from the member that has most of them.
 *
 * @module
 */

import type { Block } from '../blocks/block.ts'
import type { WorldNode, WorldPorts } from './world-node.ts'

type ChainEntry = WorldNode['chain'][number]

/** Asks the member that is furthest for the next blocks, again until the chain is as long. */
export function catchUp(world: WorldPorts, node: WorldNode): void {
  const best = furthest(world, node)
  const { incarnation } = node
  world.later(80, () => {
    if (node.incarnation !== incarnation || !node.isUp) return
    const behind = best === undefined ? [] : nextBlocks(best.chain, node.chain.length)
    for (const { id } of behind)
      world.post(node, { kind: 'block-received', block: best?.bodies.get(id) as Block })
    const last = behind[behind.length - 1]
    if (last !== undefined && isDirectlyFinal(last)) {
      const { certificate } = last
      world.post(node, { kind: 'certificate-received', from: null, certificate })
    }
    if (node.core.pendingFinalisation !== null) catchUp(world, node)
  })
}

function furthest(world: WorldPorts, node: WorldNode): WorldNode | undefined {
  let best: WorldNode | undefined
  for (const other of world.nodes) {
    if (other === node || !other.isUp || world.isCut(other, node)) continue
    if (other.chain.length > (best?.chain.length ?? 0)) best = other
  }
  return best
}

/** A few blocks, and then as many as it takes to end with one that has its own finalisation. */
function nextBlocks(chain: readonly ChainEntry[], held: number): ChainEntry[] {
  const next = chain.slice(held, held + 8)
  for (const entry of chain.slice(held + 8)) {
    const last = next[next.length - 1]
    if (last === undefined || isDirectlyFinal(last)) break
    next.push(entry)
  }
  return next
}

function isDirectlyFinal({ id, certificate }: ChainEntry): boolean {
  return certificate.vote.subject?.blockId === id
}
