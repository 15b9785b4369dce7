/**
 * C02: all nodes are killed at once under load, again and again.
 *
 * @module
 */

import { spanFigures } from '../figures.ts'
import type { Row } from '../row.ts'

const CYCLES = 5
const MORE_FINAL = 8

/** The row. */
export const killAll: Row = {
  id: 'C02',
  title: 'kill -9 of all nodes at once',
  needs: [],
  run: async ({ cycles = CYCLES, openNet, note }) => {
    const net = await openNet()
    const backMs: number[] = []
    for (let cycle = 1; cycle <= cycles; cycle++) {
      await Promise.all(net.nodes.map((node) => node.kill()))
      const startMs = performance.now()
      await Promise.all(net.nodes.map((node) => node.start()))
      await Promise.all(net.nodes.map((node) => node.awaitReady()))
      await net.moreFinal(MORE_FINAL)
      backMs.push(performance.now() - startMs)
      note(`${cycle}/${cycles}: final again after ${Math.round(backMs.at(-1) ?? 0)} ms`)
    }
    return { cycles: `${cycles}`, ...spanFigures('final again', backMs) }
  }
}
