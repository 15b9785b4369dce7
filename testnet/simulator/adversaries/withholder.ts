/**
 * The withholder: its batches stand in blocks, but their bodies are kept back.
 *
 * Nobody gets them, or only so few that one honest member can be made to vote for
 * what the others cannot have from their author.
 *
 * @module
 */

import {
  decodeFetchRequest,
  decodeParcels,
  encodeBatchesAnswer,
  encodeParcels
} from '../../../node/sync/sync-message.ts'
import {
  type BatchId,
  decodeBatch,
  encodeProposalMessage,
  peekBatchHeader,
  toHex
} from '../../../protocol/index.ts'
import type { Outgoing } from '../virtual/node-network.ts'
import { readOwn, someOthers } from './own-view.ts'
import type { AskedQuestion, Hands, SentMessage, Vice } from './vice.ts'

/** How it keeps back. */
interface Manner {
  /** Those who get everything all the same. */
  readonly favoured: ReadonlySet<string>
  /** Whether it says that it does not have what it is asked for, instead of saying nothing. */
  readonly isDenying: boolean
}

/** A fresh one. */
export function createWithholder(): Vice {
  let manner: Manner | undefined
  const mannerOf = (hands: Hands): Manner => {
    manner ??= {
      favoured: hands.dice.happens(500) ? new Set() : someOthers(hands),
      isDenying: hands.dice.happens(500)
    }
    return manner
  }
  return {
    name: 'withholder',
    send: (hands, sent) => keepBack(hands, sent, mannerOf(hands)),
    answer: (hands, asked) => deny(hands, asked, mannerOf(hands))
  }
}

function keepBack(
  hands: Hands,
  { protocol, to, message }: SentMessage,
  { favoured }: Manner
): Outgoing {
  if (favoured.has(to)) return [message]
  if (protocol === 'batches') {
    if (!isOwn(hands, message)) return [message]
    hands.mark('batch')
    return []
  }
  const read = readOwn(hands, message)
  if (read?.kind !== 'proposal' || !read.batches.some((bytes) => isOwn(hands, bytes)))
    return [message]
  hands.mark('proposal')
  return [encodeProposalMessage(read.proposal, [])]
}

function deny(
  hands: Hands,
  { protocol, request, answer }: AskedQuestion,
  { isDenying }: Manner
): Uint8Array | undefined {
  const asked = protocol === 'fetch' ? decodeFetchRequest(request) : undefined
  if (asked?.kind === 'batches' && asked.ids.some((id) => isOwnBatch(hands, id))) {
    hands.mark('fetch')
    return isDenying ? encodeBatchesAnswer(asked.ids.map(() => null)) : undefined
  }
  if (asked?.kind !== 'final-blocks') return answer
  const parcels = decodeParcels(answer) ?? []
  if (parcels.every(({ batches }) => batches.length === 0)) return answer
  hands.mark('final-blocks')
  return encodeParcels(parcels.map((parcel) => ({ ...parcel, batches: [] })))
}

function isOwn({ founding, index }: Hands, encoded: Uint8Array): boolean {
  const author = peekBatchHeader(encoded)?.header.author
  return author !== undefined && toHex(author) === founding.members[index]?.key
}

function isOwnBatch(hands: Hands, id: BatchId): boolean {
  const bytes = hands.replica().store.bytesOf(id)
  return bytes !== undefined && decodeBatch(bytes) !== undefined && isOwn(hands, bytes)
}
