/**
 * Messages that a node must not take: each with the code and the status that the law gives it.
 *
 * @module
 */

import { concatBytes, encodeCbor, encodeTransaction, networkTagOf } from '../../protocol/index.ts'
import { freshKey, type LiveDevice } from './spoken.ts'

/** One message that is refused. */
export interface BadMessage {
  readonly name: string
  readonly code: string
  readonly status: number
  /** Whether the bytes alone are at fault, whatever the ledger holds. */
  readonly isStateless: boolean
  readonly make: (device: LiveDevice) => Uint8Array
}

/** A point of order one: everybody could sign for it. */
const WEAK_KEY: Uint8Array = Uint8Array.of(1, ...new Uint8Array(31))
const TOO_LONG_BYTES = 16_384
const SIGNATURE_TAIL_BYTES = 40

/** Everything that is refused at once and leaves no trace. */
export const BAD_MESSAGES: readonly BadMessage[] = [
  stateless('a wrong signature', 'SIGNATURE_INVALID', 422, (device) => {
    const { wire } = device.draft({ content: new Uint8Array(0), contentKind: 3 })
    return spoilt(wire, wire.length - SIGNATURE_TAIL_BYTES)
  }),
  // The tag is signed but not sent, so a message of another network is one with a wrong signature.
  stateless('signed for a foreign network', 'SIGNATURE_INVALID', 422, (device) => {
    return device.draft({ networkTag: networkTagOf('testnet', new Uint8Array(32)) }).wire
  }),
  stateless('spoilt content', 'CONTENT_MISMATCH', 422, (device) => {
    const { wire } = device.draft()
    return spoilt(wire, wire.length - 1)
  }),
  stateless('content that was cut off', 'CONTENT_MISMATCH', 422, (device) => {
    return device.draft({ attachment: new Uint8Array(0) }).wire
  }),
  stateless('oversize', 'TRANSACTION_TOO_LARGE', 413, (device) => {
    return device.draft({ content: new Uint8Array(TOO_LONG_BYTES) }).wire
  }),
  stateless('truncated', 'ENCODING_NOT_CANONICAL', 400, (device) => {
    return device.draft().wire.slice(0, -1)
  }),
  stateless('with trailing bytes', 'ENCODING_NOT_CANONICAL', 400, (device) => {
    return concatBytes(device.draft().wire, Uint8Array.of(0))
  }),
  stateless('not canonical', 'ENCODING_NOT_CANONICAL', 400, (device) => {
    // An array of three with its length in a byte of its own.
    return concatBytes(Uint8Array.of(0x98, 3), device.draft().wire.subarray(1))
  }),
  stateless('no CBOR at all', 'ENCODING_NOT_CANONICAL', 400, () => {
    return new Uint8Array(300).fill(0xff)
  }),
  stateless('of an unknown kind', 'KIND_UNKNOWN', 422, ({ deviceId }) => {
    return encodeTransaction(encodeCbor([60_000, deviceId]), [], null)
  }),
  stateless('with a position too few', 'SHAPE_WRONG', 400, ({ deviceId }) => {
    return encodeTransaction(encodeCbor([1, deviceId]), [], new Uint8Array(0))
  }),
  stateless('under a weak key', 'KEY_WEAK', 422, (device) => {
    // Ahead of its turn, or it would be refused for not being the key that was committed to.
    return device.draft({ signingKey: WEAK_KEY, sequence: device.sequence + 2 }).wire
  }),
  stateful('of an unknown device', 'DEVICE_UNKNOWN', 422, (device) => {
    return device.draft({ deviceId: new Uint8Array(32).fill(9) }).wire
  }),
  stateful('with an old sequence', 'SEQUENCE_USED', 409, (device) => {
    return device.draft({ sequence: device.sequence }).wire
  }),
  stateful('with a broken chain', 'CHAIN_BROKEN', 409, (device) => {
    // Under its own key it would be a second message of one turn, and convict the device.
    return device.draft({ previousMessageId: new Uint8Array(32).fill(7), key: freshKey() }).wire
  }),
  stateful('under a wrong key', 'SIGNING_KEY_WRONG', 422, (device) => {
    return device.draft({ key: freshKey() }).wire
  })
]

/** Messages of which the header counts and the content has no effect. */
export const VOID_MESSAGES: readonly {
  readonly name: string
  readonly code: string
  readonly say: (device: LiveDevice) => Uint8Array
}[] = [
  {
    name: 'a false anchor',
    code: 'ANCHOR_FALSE',
    say: (device) => device.say({ anchorId: new Uint8Array(16).fill(5) }).wire
  },
  {
    name: 'an anchor in the future',
    code: 'ANCHOR_FALSE',
    say: (device) => device.say({ anchorHeight: 1_000_000_000 }).wire
  },
  {
    name: 'a key that should have changed',
    code: 'RATCHET_OVERDUE',
    say: (device) => device.say({ nextKey: device.key }).wire
  },
  {
    name: 'a content kind that nobody knows',
    code: 'KIND_NOT_ALLOWED',
    say: (device) => device.say({ contentKind: 77 }).wire
  },
  {
    name: 'a data key that was never set',
    code: 'DATA_KEY_UNSET',
    say: (device) => device.say({ dataKeyEpoch: 1 }).wire
  },
  {
    name: 'malformed SenML',
    code: 'CONTENT_MALFORMED',
    say: (device) => device.say({ content: Uint8Array.of(0, 0x81, 0xa1, 0x02) }).wire
  }
]

function stateless(
  name: string,
  code: string,
  status: number,
  make: BadMessage['make']
): BadMessage {
  return { name, code, status, isStateless: true, make }
}

function stateful(
  name: string,
  code: string,
  status: number,
  make: BadMessage['make']
): BadMessage {
  return { name, code, status, isStateless: false, make }
}

function spoilt(wire: Uint8Array, at: number): Uint8Array {
  const other = wire.slice()
  other[at] = (other[at] as number) ^ 1
  return other
}
