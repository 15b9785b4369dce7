/**
 * N08: one member hangs on a link of 256 kbit/s, less than the traffic of the others.
 *
 * @module
 */

import { setTimeout as sleep } from 'node:timers/promises'
import { megabytes, seconds } from '../figures.ts'
import { growth, heldMemory } from '../memory-watch.ts'
import { expect, type Row } from '../row.ts'

const NODE = 2
const OTHERS: readonly number[] = [0, 1, 3]
const RATE_BYTES_PER_SECOND = 32_000
const WARM_UP_MS = 10_000
const SPAN_MS = 25_000
const AGAIN_MS = 15_000
const BACK_MAX_MS = 60_000
/** On a busy machine; the median is what the others' clients feel. */
const RATIO_MAX = 2
const GROWTH_MAX_BYTES = 32_000_000

/** The row. */
export const slowLink: Row = {
  id: 'N08',
  title: 'link of 256 kbit/s to one member',
  needs: [],
  run: async ({ openNet, note }) => {
    const net = await openNet({
      relayEveryLink: true,
      devices: 8,
      ballastBytes: 1_800,
      pauseMs: 60
    })
    const others = net.others(NODE)
    await sleep(WARM_UP_MS)
    const cleanFromMs = performance.now()
    const before = await heldMemory(others, SPAN_MS)
    const cleanMs = net.load.quantileMs(0.5, { fromMs: cleanFromMs, homes: OTHERS })
    net.setLinksBetween([NODE], OTHERS, { rateBytesPerSecond: RATE_BYTES_PER_SECOND })
    const slowFromMs = performance.now()
    const after = await heldMemory(others, SPAN_MS)
    const slowMs = net.load.quantileMs(0.5, { fromMs: slowFromMs, homes: OTHERS })
    const { residentBytes, externalBytes } = growth(before, after)
    const view = await net.node(NODE).view()
    note(`the slow one is ${view?.state ?? 'silent'} at height ${view?.height ?? '?'}`)
    net.setLinksBetween([NODE], OTHERS, { rateBytesPerSecond: Number.POSITIVE_INFINITY })
    const { tookMs } = await net.node(NODE).awaitReady(BACK_MAX_MS)
    // The machine may have become busier meanwhile, and that is not the link's doing.
    const againFromMs = performance.now()
    await sleep(AGAIN_MS)
    const againMs = net.load.quantileMs(0.5, { fromMs: againFromMs, homes: OTHERS })
    net.load.setPause(500)
    const ratio = slowMs / Math.max(cleanMs, againMs)
    const figures = `p50 ${cleanMs.toFixed(0)}, ${slowMs.toFixed(0)} and again ${againMs.toFixed(0)} ms, grown by ${megabytes(externalBytes)}`
    expect(
      ratio < RATIO_MAX,
      `finality of the others is ${ratio.toFixed(2)} times as long: ${figures}`
    )
    expect(externalBytes < GROWTH_MAX_BYTES, `the senders hold too much: ${figures}`)
    return {
      'p50 ratio': ratio.toFixed(2),
      'p50 without': `${cleanMs.toFixed(0)} and ${againMs.toFixed(0)} ms`,
      'p50 with': `${slowMs.toFixed(0)} ms`,
      'senders: buffers': `+${megabytes(externalBytes)}`,
      'senders: resident': `+${megabytes(residentBytes)}`,
      back: seconds(tookMs)
    }
  }
}
