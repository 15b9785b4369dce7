/**
 * C01: a random node is killed under load, again and again.
 *
 * @module
 */

import { randomInt } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { spanFigures } from '../figures.ts'
import type { Row } from '../row.ts'

const CYCLES = 20
const DOWN_MAX_MS = 1_500
const MORE_FINAL = 4

/** The row. */
export const killRandom: Row = {
  id: 'C01',
  title: 'kill -9 of a random node under load',
  needs: [],
  run: async ({ cycles = CYCLES, openNet, note }) => {
    const net = await openNet()
    const backMs: number[] = []
    const wholeMs: number[] = []
    for (let cycle = 1; cycle <= cycles; cycle++) {
      const node = net.node(randomInt(net.nodes.length))
      await node.kill()
      await sleep(randomInt(DOWN_MAX_MS))
      const startMs = performance.now()
      await node.start()
      await node.awaitReady()
      backMs.push(performance.now() - startMs)
      await net.awaitWhole()
      wholeMs.push(performance.now() - startMs)
      await net.moreFinal(MORE_FINAL)
      note(`${cycle}/${cycles}: ${node.slug} back after ${Math.round(backMs.at(-1) ?? 0)} ms`)
    }
    return {
      cycles: `${cycles}`,
      ...spanFigures('back', backMs),
      ...spanFigures('all linked', wholeMs)
    }
  }
}
