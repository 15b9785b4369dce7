/**
 * What the world tells of each node: everything a checker may want to know, as it happens.
 *
 * @module
 */

import type { MemberProtocol, RequestProtocol } from '../../../node/network/protocol-names.ts'
import type { Change } from '../virtual/folder.ts'

/** Who is told. Every method is called with the index of the node. */
export interface Observer {
  /** A vote key signed these bytes. */
  readonly onSigned?: (node: number, message: Uint8Array, signature: Uint8Array) => void
  /** A message is about to leave for another member. */
  readonly onSend?: (node: number, protocol: MemberProtocol, message: Uint8Array) => void
  /** A message or a question has left for the node of a key, as it travels: a vice has had its way. */
  readonly onLeave?: (
    node: number,
    protocol: MemberProtocol | RequestProtocol,
    to: string,
    message: Uint8Array
  ) => void
  /** Changes have become durable. */
  readonly onSynced?: (node: number, path: string, changes: readonly Change[]) => void
  /** A node holds something against a peer. */
  readonly onPenalty?: (node: number, peer: string, reason: string) => void
  /** The core of a node raised an alarm. */
  readonly onAlarm?: (node: number, code: string) => void
  /** A process has come up, or ended; the code says why it ended or did not come up. */
  readonly onUp?: (node: number) => void
  readonly onDown?: (node: number, code: string) => void
}

/**
 * Tells all of several observers.
 *
 * @param guard - stands around each of them
 */
export function tellAll(
  observers: readonly Observer[],
  guard: (look: () => void) => void
): Required<Observer> {
  const each = (tell: (one: Observer) => void): void => {
    for (const one of observers) guard(() => tell(one))
  }
  return {
    onSigned: (...facts) => each((one) => one.onSigned?.(...facts)),
    onSend: (...facts) => each((one) => one.onSend?.(...facts)),
    onLeave: (...facts) => each((one) => one.onLeave?.(...facts)),
    onSynced: (...facts) => each((one) => one.onSynced?.(...facts)),
    onPenalty: (...facts) => each((one) => one.onPenalty?.(...facts)),
    onAlarm: (...facts) => each((one) => one.onAlarm?.(...facts)),
    onUp: (...facts) => each((one) => one.onUp?.(...facts)),
    onDown: (...facts) => each((one) => one.onDown?.(...facts))
  }
}
