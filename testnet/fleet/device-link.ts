/**
 * Device links: how a simulated device reaches a node, and another one when that is silent.
 *
 * @module
 */

import type { OutcomeName } from '../../protocol/index.ts'

/** A node as devices see it. */
export interface FleetNode {
  readonly httpUrl: string
  readonly mqttUrl: string
}

/** A final outcome that a node told. */
export interface FinalNews {
  readonly messageId: Uint8Array
  readonly outcome: OutcomeName
  readonly code: string | null
  readonly height: number | null
}

/** What a link tells its device. */
export interface DeviceLinkPorts {
  readonly onFinal: (news: FinalNews) => void
  /** A node does not take the message as it stands; it may do so later. */
  readonly onRefused: (messageId: Uint8Array, code: string) => void
  /** A connection was made: everything that is not settled may be sent again. */
  readonly onConnected: () => void
}

/** The way of one device to the ledger. */
export interface DeviceLink {
  /** How many messages may be under way at once; always the oldest, or those would be starved. */
  readonly windowMax: number
  /** Hands a message in, if there is a way now; nothing is promised. */
  readonly send: (messageId: Uint8Array, wire: Uint8Array) => void
  /** The node is silent: goes to the next nearest. */
  readonly moveOn: () => void
  readonly close: () => Promise<void>
}
