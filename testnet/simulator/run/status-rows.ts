/**
 * How each node of a world stands: one row a node.
 *
 * @module
 */

import type { Replica } from '../../../node/replica.ts'
import type { SimNode } from '../world/sim-node.ts'
import type { World } from '../world/world.ts'

const HEAD: readonly string[] = ['NODE', 'IS', 'HEIGHT', 'VIEW', 'FINAL', 'QUEUES', 'WAITS FOR']

/** The lines of the table, its head first. */
export function statusRows(world: World): string[] {
  const rows = [HEAD, ...world.nodes.map((node) => cellsOf(world, node))]
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd()
  )
}

function cellsOf(world: World, node: SimNode): string[] {
  const vice = node.vice === null ? '' : ` (${node.vice.name})`
  const name = `n${node.index}${vice}`
  const { replica } = node
  if (replica === null) return [name, stateOf(world, node), '-', '-', '-', '-', '']
  const { core } = replica.driver
  return [
    name,
    stateOf(world, node),
    String(replica.keeper.tip.height),
    String(core.view),
    String(core.finalView),
    queuesOf(replica),
    expectationOf(replica)
  ]
}

function stateOf(world: World, node: SimNode): string {
  if (node.replica !== null) return 'up'
  if (node.isUp) return 'opening'
  const lost = world.isBeyondRepair(node) ? ', beyond repair' : ''
  return node.refusal === null ? `down${lost}` : `down: ${node.refusal}${lost}`
}

/** Events that wait, batches that no final block holds, transactions that nobody has an answer to. */
function queuesOf({ driver, book }: Replica): string {
  const { pendingBatches, verifying, fetchedAtMs } = driver.core
  return `events ${driver.queueLength}, batches ${pendingBatches.size}, open ${book.openCount}, checks ${verifying.size}, asked ${fetchedAtMs.size}`
}

/** What would let it go on. */
function expectationOf({ driver }: Replica): string {
  const { core } = driver
  if (core.isStopped) return 'nothing: it never votes again'
  if (core.isCommitting) return 'its disk, to commit'
  if (core.pendingFinalisation !== null)
    return `blocks up to v${core.pendingFinalisation.vote.view}`
  if (!core.mayVote) return `a quorum's word on its log, ${core.statusAnswers.size} answered`
  const leader = core.leaders[(core.view - 1) % core.leaders.length]
  const record = core.views.get(core.view)
  if (record?.armedAtMs == null) return `work, n${leader} would lead`
  const votes = [...record.firstVotes.keys()].map((slot) => slot.split('/')[0] as string)
  const counted = ['notarise', 'nullify', 'finalise']
    .map((kind) => ({ kind, count: votes.filter((vote) => vote === kind).length }))
    .filter(({ count }) => count > 0)
    .map(({ kind, count }) => `${count} ${kind.toUpperCase()}`)
  const proposal = record.proposed === null ? 'the proposal' : 'votes on the proposal'
  return [`${proposal} of n${leader}`, ...counted].join(', ')
}
