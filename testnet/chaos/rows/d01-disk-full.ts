/**
 * D01: the disk of one node fills up under load.
 *
 * @module
 */

import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ChaosNet } from '../chaos-net.ts'
import type { ChaosNode } from '../chaos-node.ts'
import { seconds } from '../figures.ts'
import { placeInMemory, resizeMemory } from '../node-disk.ts'
import { submitTo } from '../questions.ts'
import { catchUp } from '../repairing.ts'
import { expect, type Row } from '../row.ts'

const NODE = 1
const MIB = 1024 * 1024
/** LevelDB merges its first four tables of 4 MiB in one go, beside which they lie until it is done. */
const WARN_BYTES = 40 * MIB
const STOP_BYTES = 28 * MIB
const ROOM_BYTES = 48 * MIB
const MORE_ROOM_BYTES = 200 * MIB
const END_MAX_MS = 40_000
const FILL_MAX_MS = 240_000
const EXIT_DISK = 74

/** The row. */
export const diskFull: Row = {
  id: 'D01',
  title: 'disk of one node fills up',
  needs: ['root', 'mount'],
  run: async ({ openNet, undo, note }) => {
    const net = await openNet({
      devices: 12,
      spareDevices: 1,
      pauseMs: 20,
      ballastBytes: 2_700,
      settingsOf: (index) =>
        index === NODE ? { 'disk.warnBytes': WARN_BYTES, 'disk.stopBytes': STOP_BYTES } : {}
    })
    const node = net.node(NODE)
    await node.terminate(END_MAX_MS)
    const options = { node, folder: join(net.home, 'images'), undo }
    await placeInMemory(options, sizeOf(node.dataFolder) + ROOM_BYTES)
    await node.start()
    const lowMs = await untilNothingIsTaken(net, node)
    note(`takes nothing more in after ${seconds(lowMs)}`)
    node.expectError(/below the .* of disk\.stopBytes/)
    const { answer, tookMs } = await node.awaitEnd(FILL_MAX_MS)
    expect(answer.code === EXIT_DISK, `ended with ${answer.signal ?? answer.code}, not with 74`)
    note(`stopped after ${seconds(tookMs)} more`)
    await resizeMemory(node, sizeOf(node.dataFolder) + MORE_ROOM_BYTES)
    net.load.setPause(150)
    const startMs = performance.now()
    await node.start()
    await catchUp(net, node)
    await net.moreFinal(net.nodes.length)
    return {
      'takes nothing after': seconds(lowMs),
      'stops after': seconds(lowMs + tookMs),
      back: seconds(performance.now() - startMs)
    }
  }
}

/** Speaks to the node itself until it says that its disk is low. */
async function untilNothingIsTaken(net: ChaosNet, node: ChaosNode): Promise<number> {
  const [device] = net.spares
  expect(device !== undefined, 'there is a device of the row’s own')
  const startMs = performance.now()
  let spoken = device.say()
  for (;;) {
    const said = await submitTo(node.url, spoken.wire)
    const spanMs = performance.now() - startMs
    if (said.kind === 'problem' && said.code === 'DISK_LOW') return spanMs
    if (said.kind === 'stands') spoken = device.say()
    expect(spanMs < FILL_MAX_MS, 'the disk filled, yet the node took everything in')
    expect(node.isUp, 'the node stopped before it had said that its disk was low')
    await sleep(500)
  }
}

function sizeOf(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0)
}
