/**
 * N02: one node is parted from the other three.
 *
 * @module
 */

import { seconds } from '../figures.ts'
import { catchUp } from '../repairing.ts'
import { expect, type Row } from '../row.ts'

const NODE = 3
const OTHERS: readonly number[] = [0, 1, 2]
/** Pings have to go unanswered first. */
const NOTICE_MAX_MS = 60_000
const MORE_FINAL = 40
const ASK_MAX_MS = 5_000

/** The row. */
export const partitionOne: Row = {
  id: 'N02',
  title: 'partition 3/1',
  needs: [],
  run: async ({ openNet }) => {
    const net = await openNet({ relayEveryLink: true })
    const node = net.node(NODE)
    net.setLinksBetween([NODE], OTHERS, { stalled: true })
    const goesOnMs = await net.moreFinal(MORE_FINAL)
    const { answer, tookMs } = await node.awaitView(
      'to say that it is alone',
      NOTICE_MAX_MS,
      ({ state }) => state === 'paused' || state === 'catching-up'
    )
    const ready = await fetch(`${node.url}/readyz`, { signal: AbortSignal.timeout(ASK_MAX_MS) })
    expect(ready.status === 503, `alone it answers ${ready.status} to whether it is ready`)
    net.setLinksBetween([NODE], OTHERS, { stalled: false })
    const startMs = performance.now()
    await catchUp(net, node)
    return {
      [`${MORE_FINAL} finals of the three`]: seconds(goesOnMs),
      [`alone it is ${answer.state} after`]: seconds(goesOnMs + tookMs),
      'back after': seconds(performance.now() - startMs)
    }
  }
}
