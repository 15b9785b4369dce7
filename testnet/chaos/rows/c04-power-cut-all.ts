/**
 * C04: the power of all nodes is cut at once under load.
 *
 * @module
 */

import { join } from 'node:path'
import { spanFigures } from '../figures.ts'
import { ImageDisk } from '../node-disk.ts'
import { expect, type Row } from '../row.ts'

const CYCLES = 5
const MORE_FINAL = 12
const END_MAX_MS = 40_000

/** The row. */
export const powerCutAll: Row = {
  id: 'C04',
  title: 'power cut of all nodes at once',
  needs: ['root', 'mkfs.ext4', 'mount'],
  run: async ({ cycles = CYCLES, openNet, undo, note }) => {
    const net = await openNet()
    const folder = join(net.home, 'images')
    await Promise.all(net.nodes.map((node) => node.terminate(END_MAX_MS)))
    const disks: ImageDisk[] = []
    for (const node of net.nodes) disks.push(await ImageDisk.place({ node, folder, undo }))
    await Promise.all(net.nodes.map((node) => node.start()))
    const backMs: number[] = []
    let written = 0
    let lost = 0
    for (let cycle = 1; cycle <= cycles; cycle++) {
      for (const disk of disks) disk.startControl()
      await net.moreFinal(MORE_FINAL)
      await Promise.all(net.nodes.map((node) => node.kill()))
      for (const { index } of net.nodes) await net.copyVotes(index)
      const cuts = await Promise.all(disks.map((disk) => disk.cut()))
      for (const { writtenCount, keptCount } of cuts) {
        written += writtenCount
        lost += writtenCount - keptCount
      }
      const startMs = performance.now()
      await Promise.all(net.nodes.map((node) => node.start()))
      await Promise.all(net.nodes.map((node) => node.awaitReady()))
      await net.moreFinal(net.nodes.length)
      backMs.push(performance.now() - startMs)
      note(`${cycle}/${cycles}: final again after ${Math.round(backMs.at(-1) ?? 0)} ms`)
    }
    expect(lost > 0, 'a power cut that takes nothing is none')
    return {
      cycles: `${cycles}`,
      'unsynced writes lost': `${lost} of ${written}`,
      ...spanFigures('final again', backMs)
    }
  }
}
