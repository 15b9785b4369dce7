/**
 * N03: one node hears the others and cannot speak.
 *
 * @module
 */

import { seconds } from '../figures.ts'
import { catchUp } from '../repairing.ts'
import type { Row } from '../row.ts'
import { waitUntil } from '../waiting.ts'

const NODE = 0
const NOTICE_MAX_MS = 60_000
const MORE_FINAL = 40

/** The row. */
export const oneWay: Row = {
  id: 'N03',
  title: 'one-way stall: a node hears and cannot speak',
  needs: [],
  run: async ({ openNet }) => {
    const net = await openNet({ relayEveryLink: true })
    const node = net.node(NODE)
    const others = net.others(NODE)
    for (const { index } of others) net.setLink(NODE, index, { stalled: true })
    const goesOnMs = await net.moreFinal(MORE_FINAL)
    const { tookMs } = await waitUntil({
      what: `the others to miss ${node.slug}`,
      withinMs: NOTICE_MAX_MS,
      ask: async () => {
        const views = await Promise.all(others.map((other) => other.view()))
        const isMissed = views.every((view) => view?.missingMembers.includes(node.memberId))
        return isMissed ? true : undefined
      }
    })
    await net.moreFinal(MORE_FINAL)
    for (const { index } of others) net.setLink(NODE, index, { stalled: false })
    const startMs = performance.now()
    await catchUp(net, node)
    return {
      [`${MORE_FINAL} finals of the three`]: seconds(goesOnMs),
      'missed after': seconds(goesOnMs + tookMs),
      'back after': seconds(performance.now() - startMs)
    }
  }
}
