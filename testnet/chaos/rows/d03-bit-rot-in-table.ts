/**
 * D03: a bit of a final transaction rots in a table of LevelDB.
 *
 * @module
 */

import { dataPaths } from '../../../node/storage/data-directory.ts'
import type { ChaosNet } from '../chaos-net.ts'
import type { ChaosNode } from '../chaos-node.ts'
import { flipBitOf } from '../damage.ts'
import { seconds } from '../figures.ts'
import { catchUp, expectRefusal, readStatus, repairAndCatchUp } from '../repairing.ts'
import { expect, type Row } from '../row.ts'
import { waitUntil } from '../waiting.ts'

const NODE = 1
const END_MAX_MS = 40_000
const FOUND_MAX_MS = 90_000
const ASK_MAX_MS = 5_000
const SAID_BEFORE = 12

/** The row. */
export const bitRotInTable: Row = {
  id: 'D03',
  title: 'bit flip in a table',
  needs: [],
  run: async ({ openNet }) => {
    const net = await openNet()
    const node = net.node(NODE)
    await net.moreFinal(SAID_BEFORE)
    const [victim] = net.load.recent
    expect(victim !== undefined, 'something was said')
    // At its next start LevelDB makes a table of what is in its log.
    await node.terminate(END_MAX_MS)
    await node.start()
    await node.awaitReady()
    await node.terminate(END_MAX_MS)
    const [id, wire] = victim
    const bit = flipBitOf(dataPaths(node.dataFolder).ledger, wire.subarray(-80, -16))
    expect(bit !== undefined, 'no table holds the transaction that was to rot')
    return await cured(net, node, id)
  }
}

async function cured(
  net: ChaosNet,
  node: ChaosNode,
  id: string
): Promise<Readonly<Record<string, string>>> {
  const startMs = performance.now()
  node.expectError(/damage|STORAGE_DAMAGED/i)
  const refusal = await node.startRefused()
  if (refusal !== undefined) {
    await expectRefusal(node, [/\.ldb|checksum/, 'thingmoot repair'])
    await repairAndCatchUp(net, node)
    return { 'refused, repaired': seconds(performance.now() - startMs) }
  }
  await catchUp(net, node)
  const right = await receiptOf(net.node(0), id)
  expect(right !== undefined, 'another node proves the transaction')
  const { tookMs } = await waitUntil({
    what: `${node.slug} to find and repair the record`,
    withinMs: FOUND_MAX_MS,
    ask: async () => {
      const receipt = await receiptOf(node, id)
      expect(receipt === undefined || receipt === right, `${node.slug} serves what has rotted`)
      const { storage } = await readStatus(node)
      // What is mended counts no longer as damaged.
      const isMended = storage !== undefined && storage.repairedRecords > 0
      return isMended && receipt === right ? true : undefined
    }
  })
  return { 'found and repaired': seconds(tookMs) }
}

/** The proof that a node gives for a transaction; undefined when it gives none. */
async function receiptOf({ url, slug }: ChaosNode, id: string): Promise<string | undefined> {
  const response = await fetch(`${url}/v1/receipts/${id}`, {
    signal: AbortSignal.timeout(ASK_MAX_MS)
  })
  const body = (await response.json()) as {
    readonly receipt?: { readonly transactionId: string; readonly outcome: string }
    readonly code?: string
  }
  if (body.receipt !== undefined) return `${body.receipt.transactionId} ${body.receipt.outcome}`
  expect(
    response.status < 500 || (response.status === 503 && body.code !== undefined),
    `${slug} answers ${response.status} ${body.code ?? ''} about what has rotted`
  )
  return undefined
}
