/**
 * Replies of a device on the ledger: found by the node's word, believed by signature and receipt.
 *
 * @module
 */

import * as z from 'zod'
import { openReply, type Reply } from '../../client/index.ts'
import { equalBytes, fromHex, judgeTransaction } from '../../protocol/index.ts'
import type { StoredCommand } from './controller-folder.ts'
import { bytesOf } from './device-folder.ts'
import { checkMessage } from './device-sealing.ts'
import { trouble } from './files.ts'
import { requestNode } from './node-request.ts'
import type { LookDesk } from './wallet-desk.ts'

const DEADLINE_MS = 10_000
const PAGE = 200
/** Pages that are looked through: a device says few messages between a command and its reply. */
const PAGES_MAX = 20
const REPLY_KIND = 2

const pageShape = z.looseObject({
  readings: z.array(
    z.looseObject({
      height: z.int(),
      contentKind: z.int(),
      message: z.string().optional()
    })
  ),
  nextBefore: z.int().nullable(),
  nextIncarnation: z.int().nullable()
})
type Page = z.infer<typeof pageShape>

/**
 * Looks for the reply to a command, in the messages since its block.
 *
 * @throws NodeError NODE_NOT_REACHED, REQUEST_FAILED, VERIFICATION_FAILED; ClientError
 */
export async function findReply(
  desk: Pick<LookDesk, 'url' | 'network' | 'transport'>,
  sent: StoredCommand,
  fromHeight: number
): Promise<Reply | undefined> {
  let query = ''
  for (let pages = 0; pages < PAGES_MAX; pages++) {
    const page = await readPage(desk.url, sent.deviceId, query)
    for (const { contentKind, message } of page.readings) {
      if (contentKind !== REPLY_KIND || message === undefined) continue
      const reply = await openMessage(desk, sent, message)
      if (reply !== undefined) return reply
    }
    const last = page.readings.at(-1)
    const isThrough = last === undefined || last.height < fromHeight
    if (isThrough || page.nextBefore === null || page.nextIncarnation === null) return undefined
    query = `&before=${page.nextBefore}&incarnation=${page.nextIncarnation}`
  }
  return undefined
}

async function openMessage(
  { network, transport }: Pick<LookDesk, 'network' | 'transport'>,
  sent: StoredCommand,
  message: string
): Promise<Reply | undefined> {
  const wire = fromHex(message)
  const judged = wire === undefined ? undefined : judgeTransaction(wire, network.networkTag)
  if (judged?.ok !== true) return undefined
  const { id, body, attachment } = judged.value
  if (body.kind !== 'device-message' || attachment === null) return undefined
  if (!equalBytes(body.deviceId, bytesOf(sent.deviceId))) return undefined
  const commandId = bytesOf(sent.commandId)
  const reply = openReply(attachment, { commandId, replySecret: bytesOf(sent.replySecret) })
  if (!reply.ok) return undefined
  return (await checkMessage(id, { network, transport })) ? reply.value : undefined
}

async function readPage(node: string, deviceId: string, query: string): Promise<Page> {
  const path = `/v1/devices/${deviceId}/readings?limit=${PAGE}${query}`
  const answer = await requestNode(node, path, { deadlineMs: DEADLINE_MS })
  const parsed = pageShape.safeParse(answer.json())
  if (parsed.success) return parsed.data
  throw trouble('REQUEST_FAILED', `${node}${path}: the answer is no readings`, parsed.error)
}
