/**
 * C03: the power of one node is cut under load, again and again.
 *
 * @module
 */

import { randomInt } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { spanFigures } from '../figures.ts'
import { ImageDisk } from '../node-disk.ts'
import { expect, type Row } from '../row.ts'

const CYCLES = 20
const NODE = 1
const MORE_FINAL = 6
const UP_MAX_MS = 1_500

/** The row. */
export const powerCut: Row = {
  id: 'C03',
  title: 'power cut of one node under load',
  needs: ['root', 'mkfs.ext4', 'mount'],
  run: async ({ cycles = CYCLES, openNet, undo, note }) => {
    const net = await openNet()
    const node = net.node(NODE)
    await node.terminate(40_000)
    const disk = await ImageDisk.place({ node, folder: join(net.home, 'images'), undo })
    await node.start()
    await node.awaitReady()
    const backMs: number[] = []
    let written = 0
    let lost = 0
    for (let cycle = 1; cycle <= cycles; cycle++) {
      disk.startControl()
      await net.moreFinal(MORE_FINAL)
      await sleep(randomInt(UP_MAX_MS))
      await node.kill()
      await net.copyVotes(NODE)
      const cut = await disk.cut()
      written += cut.writtenCount
      lost += cut.writtenCount - cut.keptCount
      const startMs = performance.now()
      await node.start()
      await node.awaitReady()
      backMs.push(performance.now() - startMs)
      note(
        `${cycle}/${cycles}: ${cut.writtenCount - cut.keptCount} of ${cut.writtenCount} unsynced writes lost`
      )
    }
    expect(lost > 0, 'a power cut that takes nothing is none')
    return {
      cycles: `${cycles}`,
      'unsynced writes lost': `${lost} of ${written}`,
      ...spanFigures('back', backMs)
    }
  }
}
