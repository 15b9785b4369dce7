/**
 * Asks the nodes, when a row has run, what the checker judges: heights, roots, finals and logs.
 *
 * @module
 */

import { readBlock } from '../cluster/node-api.ts'
import type { ChaosNet } from './chaos-net.ts'
import type { ChaosNode } from './chaos-node.ts'
import type { FinalPlace } from './checker.ts'
import { askTransaction } from './questions.ts'
import { waitUntil } from './waiting.ts'

const AGREE_MAX_MS = 60_000
const HOLD_MAX_MS = 20_000
const ASKED_AT_ONCE = 8

/** Asks all nodes that run. */
export async function inspectNet(net: ChaosNet): Promise<void> {
  const live = net.nodes.filter(({ isUp }) => isUp)
  const height = await commonHeight(net, live)
  const blocks = await Promise.all(
    live.map(async ({ index, url }) => {
      const { blockId, stateRoot } = await readBlock(url, height)
      return { node: index, blockId, stateRoot }
    })
  )
  net.checker.judgeRoots(height, blocks)
  await Promise.all(live.map((node) => inspectFinals(net, node)))
  for (const node of net.nodes) net.checker.noteErrors(node.index, node.unexpectedErrors())
}

/** The height of the highest, once all others are there too. */
async function commonHeight(net: ChaosNet, live: readonly ChaosNode[]): Promise<number> {
  const { answer } = await waitUntil({
    what: `${live.map(({ slug }) => slug).join(', ')} to be equally high`,
    withinMs: AGREE_MAX_MS,
    ask: async () => {
      const views = await Promise.all(live.map((node) => node.view()))
      const heights = views.map((view) => view?.height)
      const [first] = heights
      return first !== undefined && heights.every((height) => height === first) ? first : undefined
    }
  })
  for (const { index } of live) net.checker.noteHeight(index, answer)
  return answer
}

async function inspectFinals({ checker }: ChaosNet, { index, url }: ChaosNode): Promise<void> {
  const ids = [...checker.finalIds]
  const lanes = Array.from({ length: ASKED_AT_ONCE }, async () => {
    for (let id = ids.pop(); id !== undefined; id = ids.pop())
      checker.judgeFinal(index, id, await heldFinal(url, id))
  })
  await Promise.all(lanes)
}

/** Where a transaction is final at a node; one that only does not answer is asked again. */
async function heldFinal(url: string, id: string): Promise<FinalPlace | undefined> {
  const { answer } = await waitUntil({
    what: `an answer of ${url}`,
    withinMs: HOLD_MAX_MS,
    ask: async () => {
      const said = await askTransaction(url, id)
      return said.kind === 'silent' ? undefined : said
    }
  })
  if (answer.kind !== 'stands' || answer.transaction.stage !== 'final') return undefined
  const { height, outcome } = answer.transaction
  return { height, outcome }
}
