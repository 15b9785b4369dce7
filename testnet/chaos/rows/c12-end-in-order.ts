/**
 * C12: nodes are asked by SIGTERM to end while they are under load.
 *
 * What a node has accepted is not sent again by its client here, so only the node can keep it.
 *
 * @module
 */

import type { ChaosNet } from '../chaos-net.ts'
import type { ChaosNode } from '../chaos-node.ts'
import { spanFigures } from '../figures.ts'
import { askTransaction, submitTo } from '../questions.ts'
import { expect, type Row } from '../row.ts'
import { waitUntil } from '../waiting.ts'

const END_MAX_MS = 5_000
const END_WAIT_MS = 35_000
const ACCEPTED_EACH = 8
const KEPT_MAX_MS = 60_000

/** The row. */
export const endInOrder: Row = {
  id: 'C12',
  title: 'SIGTERM under load',
  needs: [],
  run: async ({ cycles = 1, openNet }) => {
    const net = await openNet({ spareDevices: 4 * cycles })
    const tookMs: number[] = []
    const accepted: string[] = []
    for (let cycle = 0; cycle < cycles; cycle++)
      for (const node of net.nodes) {
        accepted.push(...(await acceptSome(net, node, cycle)))
        tookMs.push(await endOne(node))
        await node.start()
        await node.awaitReady()
      }
    await allEnd(net, tookMs)
    await net.moreFinal(net.nodes.length)
    for (const id of accepted) await keptFinal(net, id)
    const late = tookMs.filter((spanMs) => spanMs > END_MAX_MS)
    expect(late.length === 0, `${late.length} of ${tookMs.length} ends took over 5 s`)
    return { accepted: `${accepted.length}`, ...spanFigures('end', tookMs) }
  }
}

/** Messages of a device of its own that the node accepts, and of which nobody reminds it. */
async function acceptSome(
  net: ChaosNet,
  node: ChaosNode,
  cycle: number
): Promise<readonly string[]> {
  const device = net.spares[cycle * net.nodes.length + node.index]
  expect(device !== undefined, 'there is a device for each end')
  const accepted: string[] = []
  for (let count = 0; count < ACCEPTED_EACH; count++) {
    const { wire, name } = device.say()
    const said = await submitTo(node.url, wire)
    expect(said.kind === 'stands', `${node.slug} takes in what is said to it`)
    if (said.transaction.stage !== 'pooled') accepted.push(name)
  }
  expect(accepted.length > 0, `${node.slug} accepts something`)
  return accepted
}

async function endOne(node: ChaosNode): Promise<number> {
  const { answer, tookMs } = await node.terminate(END_WAIT_MS)
  expect(answer.code === 0, `${node.slug} ended with ${answer.signal ?? answer.code}, not with 0`)
  return tookMs
}

async function allEnd(net: ChaosNet, tookMs: number[]): Promise<void> {
  tookMs.push(...(await Promise.all(net.nodes.map(endOne))))
  await Promise.all(net.nodes.map((node) => node.start()))
  await Promise.all(net.nodes.map((node) => node.awaitReady()))
}

async function keptFinal(net: ChaosNet, id: string): Promise<void> {
  await waitUntil({
    what: `${id.slice(0, 8)}, which was accepted, to be final everywhere`,
    withinMs: KEPT_MAX_MS,
    ask: async () => {
      for (const { url } of net.nodes) {
        const said = await askTransaction(url, id)
        if (said.kind !== 'stands' || said.transaction.stage !== 'final') return undefined
        const { height, outcome } = said.transaction
        net.checker.noteFinal(id, { height, outcome })
      }
      return true
    }
  })
}
