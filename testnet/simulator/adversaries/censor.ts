/**
 * The censor: what one author brings, or one device says, never comes into a block of its making.
 *
 * @module
 */

import { decodeBatch, decodeTransaction, peekBatchHeader, toHex } from '../../../protocol/index.ts'
import type { Hands, HeardMessage, Vice } from './vice.ts'

/** Whom it silences. */
type Victim =
  | { readonly kind: 'author'; readonly key: string }
  /** Named by the first device that it hears of. */
  | { readonly kind: 'device'; id: string | undefined }

/** A fresh one. */
export function createCensor(): Vice {
  let victim: Victim | undefined
  return {
    name: 'censor',
    hear: (hands, heard) => {
      victim ??= hands.dice.happens(500)
        ? { kind: 'author', key: hands.dice.pick(hands.others) }
        : { kind: 'device', id: undefined }
      if (!isCensored(hands, heard, victim)) return true
      hands.mark(victim.kind)
      return false
    }
  }
}

function isCensored(hands: Hands, { protocol, message }: HeardMessage, victim: Victim): boolean {
  if (protocol !== 'batches') return false
  if (victim.kind === 'author') {
    const author = peekBatchHeader(message)?.header.author
    return author !== undefined && toHex(author) === victim.key
  }
  const devices = devicesIn(hands, message)
  victim.id ??= devices[0]
  return victim.id !== undefined && devices.includes(victim.id)
}

function devicesIn({ founding }: Hands, message: Uint8Array): readonly string[] {
  const transactions = decodeBatch(message)?.transactions ?? []
  return transactions.flatMap((wire) => {
    const read = decodeTransaction(wire, founding.networkTag)
    return read.ok && read.value.body.kind === 'device-message'
      ? [toHex(read.value.body.deviceId)]
      : []
  })
}
