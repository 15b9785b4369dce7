/**
 * Messages read back: what a message of the outbox said, as it was said before it was sealed.
 *
 * @module
 */

import { invariant, readDeviceMessageEnvelope } from '../protocol/index.ts'
import type { Anchor, DeviceContent, UnconfirmedMessage } from './outbox.ts'
import { type SealingState, saidContent } from './sealed-outbox.ts'

/** What a message on the list said, and on what ground. */
export interface SpokenMessage {
  readonly anchor: Anchor
  readonly dataKeyEpoch: number
  readonly content: DeviceContent
}

/** Reads a message of the device's own. */
export function readMessage(state: SealingState, { wire }: UnconfirmedMessage): SpokenMessage {
  const envelope = readDeviceMessageEnvelope(wire)
  invariant(envelope !== undefined, 'the outbox holds messages that it encoded itself')
  const { anchorHeight, anchorId, contentKind, dataKeyEpoch } = envelope.message
  return {
    anchor: { height: anchorHeight, blockId: anchorId },
    dataKeyEpoch,
    content: { contentKind, content: saidContent(state, envelope) }
  }
}
