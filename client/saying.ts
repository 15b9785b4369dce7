/**
 * What a device may say: judged before anything is signed.
 *
 * @module
 */

import { CONTENT_KINDS, CONTENT_SIZE_MAX_BYTES, contentPriority } from '../protocol/index.ts'
import type { DeviceContent, OutboxState } from './outbox.ts'
import { isSayable, sealingBytesOf } from './sealed-outbox.ts'

/** How much an outbox takes. */
export interface OutboxLimits {
  readonly messagesMax: number
  /** Of signed messages and held content together. */
  readonly bytesMax: number
}

/** Why something is not said. Nothing was signed. */
export type SayFault =
  | 'OUTBOX_FULL'
  | 'INCARNATION_NOT_BEGUN'
  | 'KIND_NOT_ALLOWED'
  | 'CONTENT_TOO_LARGE'
  | 'CONTENT_MALFORMED'
  /** It seals, and its owner has granted no key that is in force: nothing is said in clear. */
  | 'DATA_KEY_MISSING'

/** What an outbox takes unless said otherwise. */
export const OUTBOX_LIMITS: OutboxLimits = { messagesMax: 256, bytesMax: 262_144 }

/**
 * Room for what is urgent beside a full outbox: alarms, replies, and the report by which a device that is
 * held back shows that it is clean. Readings that wait must never keep it from being heard again.
 */
const URGENT_ROOM = { messages: 32, bytes: 65_536 }

/** Judges what shall be said against the state of the outbox. */
export function judgeSaid(
  state: OutboxState,
  said: DeviceContent,
  { messagesMax, bytesMax }: OutboxLimits
): SayFault | undefined {
  const { headMessageId, unconfirmed, held } = state
  if (headMessageId === null) return 'INCARNATION_NOT_BEGUN'
  const fault = judgeContent(said)
  if (fault !== undefined) return fault
  if (!isSayable(state, said)) return 'DATA_KEY_MISSING'
  const length = said.content.length + sealingBytesOf(state, said.contentKind)
  if (length > CONTENT_SIZE_MAX_BYTES) return 'CONTENT_TOO_LARGE'
  const bytes =
    unconfirmed.reduce((sum, { wire }) => sum + wire.length, length) +
    held.reduce((sum, other) => sum + other.content.length, 0)
  const room = contentPriority(said.contentKind) === 1 ? URGENT_ROOM : { messages: 0, bytes: 0 }
  const isFull =
    unconfirmed.length + held.length >= messagesMax + room.messages || bytes > bytesMax + room.bytes
  return isFull ? 'OUTBOX_FULL' : undefined
}

/** What the ledger would not take from any device. */
export function judgeContent({ contentKind, content }: DeviceContent): SayFault | undefined {
  const kind = CONTENT_KINDS.get(contentKind)
  if (kind === undefined) return 'KIND_NOT_ALLOWED'
  if (content.length > CONTENT_SIZE_MAX_BYTES) return 'CONTENT_TOO_LARGE'
  return kind.isWellFormed(content) ? undefined : 'CONTENT_MALFORMED'
}
