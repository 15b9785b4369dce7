/**
 * A speaker: the claimed device, or whoever has its keys, for tests.
 *
 * @module
 */

import { encode } from 'cborg'
import {
  concatBytes,
  DEVICE_MESSAGE_KIND,
  type DeviceMessage,
  encodeDeviceMessage,
  keyHash,
  type PrivateKey,
  publicKeyOf,
  type Transaction
} from '../../../protocol/index.ts'
import { DEVICE_ID, FIRST_KEY, signBody, testKey } from './claimed-device.ts'
import type { ClaimedLedger } from './claimed-ledger.ts'

const HEARTBEAT = 3
/** Keys of this byte and those after it are drawn one by one. */
const FIRST_DRAWN = 100

/** What a message says otherwise. */
export interface Saying extends Partial<Omit<DeviceMessage, 'kind'>> {
  readonly key?: PrivateKey
  readonly content?: Uint8Array
}

/** Speaks in a device's name. */
export class Speaker {
  readonly #ledger: Pick<ClaimedLedger, 'claimId' | 'genesisId'>
  #head: Uint8Array
  #key: PrivateKey = FIRST_KEY
  #sequence = 0
  #drawn: number

  /** @param drawn - the first key that it draws: two speakers draw different ones */
  constructor(ledger: Pick<ClaimedLedger, 'claimId' | 'genesisId'>, drawn: number = FIRST_DRAWN) {
    this.#ledger = ledger
    this.#head = ledger.claimId
    this.#drawn = drawn
  }

  /** The key that signs the next message. */
  get key(): PrivateKey {
    return this.#key
  }

  /** Someone with the same keys, who goes on by dice of its own. */
  copy(drawn: number): Speaker {
    const other = new Speaker(this.#ledger, drawn)
    other.#head = this.#head
    other.#key = this.#key
    other.#sequence = this.#sequence
    return other
  }

  /** Signs what would be the next message and does not move on. */
  draft(saying: Saying = {}): Transaction {
    return this.#sign(saying, testKey(this.#drawn))
  }

  /** Says the next message and moves on. */
  say(saying: Saying = {}): Transaction {
    const next = testKey(this.#drawn++)
    const said = this.#sign(saying, next)
    this.#head = said.id
    this.#key = next
    this.#sequence++
    return said
  }

  #sign({ key = this.#key, content, ...fields }: Saying, next: PrivateKey): Transaction {
    const said = content ?? new Uint8Array(0)
    const body = encodeDeviceMessage(
      {
        deviceId: DEVICE_ID,
        incarnation: 0,
        sequence: this.#sequence + 1,
        previousMessageId: this.#head,
        signingKey: publicKeyOf(key),
        nextSigningKeyHash: keyHash(publicKeyOf(next)),
        anchorHeight: 0,
        anchorId: this.#ledger.genesisId.subarray(0, 16),
        contentKind: content === undefined ? HEARTBEAT : 0,
        dataKeyEpoch: 0,
        ...fields
      },
      said
    )
    return signBody(DEVICE_MESSAGE_KIND, body, [['device', key]], said)
  }
}

/** A reading that is well formed. */
export function reading(value: number): Uint8Array {
  return concatBytes(
    Uint8Array.of(0),
    encode([
      new Map<number, number | string>([
        [0, 't'],
        [2, value]
      ])
    ])
  )
}
