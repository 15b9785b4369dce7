/**
 * N12: a peer stops reading while traffic is high.
 *
 * @module
 */

import { setTimeout as sleep } from 'node:timers/promises'
import { megabytes, seconds } from '../figures.ts'
import { growth, heldMemory } from '../memory-watch.ts'
import { catchUp } from '../repairing.ts'
import { expect, type Row } from '../row.ts'
import { waitUntil } from '../waiting.ts'

const NODE = 3
const BALLAST_BYTES = 7_800
const WARM_UP_MS = 8_000
const SPAN_MS = 18_000
const GROWTH_MAX_BYTES = 16_000_000
const CUT_MAX_MS = 60_000

/** The row. */
export const stalledReader: Row = {
  id: 'N12',
  title: 'peer stops reading under high traffic',
  needs: [],
  run: async ({ openNet }) => {
    const net = await openNet({ devices: 24, ballastBytes: BALLAST_BYTES, pauseMs: 0 })
    const node = net.node(NODE)
    const others = net.others(NODE)
    await sleep(WARM_UP_MS)
    const first = await heldMemory(others, SPAN_MS)
    const before = await heldMemory(others, SPAN_MS)
    const usual = growth(first, before)
    const finalBefore = net.load.finalCount
    node.pause()
    const pausedMs = performance.now()
    const [after, cutMs] = await Promise.all([
      heldMemory(others, SPAN_MS),
      waitUntil({
        what: `${node.slug} to be cut`,
        withinMs: CUT_MAX_MS,
        ask: async () => {
          const views = await Promise.all(others.map((other) => other.view()))
          const isCut = views.every((view) => view?.missingMembers.includes(node.memberId))
          return isCut ? true : undefined
        }
      }).then(({ tookMs }) => tookMs)
    ])
    const perSecond = (net.load.finalCount - finalBefore) / ((performance.now() - pausedMs) / 1000)
    await node.resume()
    net.load.setPause(500)
    const { residentBytes, externalBytes } = growth(before, after)
    const without = `+${megabytes(usual.externalBytes)} and +${megabytes(usual.residentBytes)}`
    expect(
      externalBytes < GROWTH_MAX_BYTES,
      `a sender's buffers grew by ${megabytes(externalBytes)}, resident by ${megabytes(residentBytes)}, as long before without a stall by ${without}`
    )
    await catchUp(net, node)
    return {
      'senders: buffers': `+${megabytes(externalBytes)}`,
      'senders: resident': `+${megabytes(residentBytes)}`,
      'as long before, without a stall': without,
      'cut after': seconds(cutMs),
      'meanwhile final': `${((perSecond * BALLAST_BYTES) / 1_000_000).toFixed(2)} MB a second`
    }
  }
}
