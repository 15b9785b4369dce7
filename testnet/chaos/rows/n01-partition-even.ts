/**
 * N01: the network falls into two halves, neither of which has a quorum.
 *
 * @module
 */

import { setTimeout as sleep } from 'node:timers/promises'
import type { ChaosNet } from '../chaos-net.ts'
import { seconds } from '../figures.ts'
import { expect, type Row } from '../row.ts'

const SPAN_MS = 20_000
const LONG_SPAN_MS = 60_000
const RESUME_MAX_MS = 60_000
/** What was under way when the links fell silent may still become final. */
const SETTLE_MS = 3_000

/** The row. */
export const partitionEven: Row = {
  id: 'N01',
  title: 'partition 2/2',
  needs: [],
  run: async ({ isLong, openNet }) => {
    const net = await openNet({ relayEveryLink: true })
    net.setLinksBetween([0, 1], [2, 3], { stalled: true })
    await sleep(SETTLE_MS)
    const before = await heights(net)
    await sleep(isLong ? LONG_SPAN_MS : SPAN_MS)
    const after = await heights(net)
    expect(
      after.every((height, index) => height === before[index]),
      `heights went from ${before} to ${after} without a quorum`
    )
    net.setLinksBetween([0, 1], [2, 3], { stalled: false })
    const startMs = performance.now()
    const finalMs = await net.moreFinal(net.nodes.length, RESUME_MAX_MS)
    await Promise.all(net.nodes.map((node) => node.awaitReady(RESUME_MAX_MS)))
    return {
      'final again': seconds(finalMs),
      'all ready again': seconds(performance.now() - startMs)
    }
  }
}

async function heights(net: ChaosNet): Promise<readonly number[]> {
  const views = await Promise.all(net.nodes.map((node) => node.view()))
  return views.map((view) => view?.height ?? Number.NaN)
}
