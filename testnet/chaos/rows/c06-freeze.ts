/**
 * C06: a node is frozen with its connections open, and let go on after a while.
 *
 * @module
 */

import { setTimeout as sleep } from 'node:timers/promises'
import type { ChaosNet } from '../chaos-net.ts'
import { seconds } from '../figures.ts'
import { expect, type Figures, type Row } from '../row.ts'

const SPANS_MS: readonly number[] = [2_000, 10_000, 60_000]
const LONG_SPAN_MS = 600_000
const CATCH_UP_MAX_MS = 60_000
/** So much less than without a fault is still going on: a view of the frozen leader has to time out. */
const FINAL_PER_SECOND = 0.5

/** The row. */
export const freeze: Row = {
  id: 'C06',
  title: 'SIGSTOP of one node',
  needs: [],
  run: async ({ isLong, openNet, note }) => {
    const net = await openNet()
    const figures: Record<string, string> = {}
    for (const [place, spanMs] of [...SPANS_MS, ...(isLong ? [LONG_SPAN_MS] : [])].entries()) {
      Object.assign(figures, await freezeOne(net, place % net.nodes.length, spanMs))
      note(`frozen for ${seconds(spanMs)} and back`)
    }
    return figures
  }
}

async function freezeOne(net: ChaosNet, index: number, spanMs: number): Promise<Figures> {
  const node = net.node(index)
  const finalBefore = net.load.finalCount
  node.pause()
  await sleep(spanMs)
  const finals = net.load.finalCount - finalBefore
  await node.resume()
  const heights = await Promise.all(net.others(index).map((other) => other.view()))
  const tip = Math.max(...heights.map((view) => view?.height ?? 0))
  const { tookMs } = await node.awaitView(
    `to be ready at height ${tip}`,
    CATCH_UP_MAX_MS,
    ({ state, height }) => state === 'ready' && height >= tip
  )
  const wanted = Math.floor((FINAL_PER_SECOND * spanMs) / 1000)
  expect(
    finals >= wanted,
    `only ${finals} messages were final in ${seconds(spanMs)} of a frozen node`
  )
  await net.moreFinal(net.nodes.length)
  return { [`${spanMs / 1000} s`]: `${finals} finals meanwhile, back in ${seconds(tookMs)}` }
}
