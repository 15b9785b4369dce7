/**
 * What devices of the live tests say: true messages, and such as no device would send.
 *
 * @module
 */

import { senmlContent } from '../../client/index.ts'
import { openMaker } from '../../node/cli/maker.ts'
import {
  concatBytes,
  createPrivateKey,
  DEVICE_MESSAGE_KIND,
  type DeviceMessage,
  encodeDeviceMessage,
  encodeTransaction,
  invariant,
  keyHash,
  type PrivateKey,
  publicKeyOf,
  signBytes,
  toHex,
  transactionIdOf,
  transactionSigningBytes
} from '../../protocol/index.ts'
import { createFleet, dice, type FleetDevice } from '../benchmarks/fleet.ts'
import { makerFolder } from '../home.ts'
import type { LiveNet } from './live-net.ts'
import { submit } from './node-questions.ts'

/** A signed message. */
export interface Spoken {
  readonly wire: Uint8Array
  readonly id: Uint8Array
  /** The id in lower-case hex. */
  readonly name: string
  /** The key that it says signed it. */
  readonly signingKey: Uint8Array
  readonly nextKey: PrivateKey
}

/** What a message says instead of what an honest device would. */
export interface Lie extends Partial<Omit<DeviceMessage, 'kind'>> {
  readonly networkTag?: Uint8Array
  readonly key?: PrivateKey
  readonly nextKey?: PrivateKey
  readonly content?: Uint8Array
  /** Stands on the wire in the place of what was signed. */
  readonly attachment?: Uint8Array
}

/** A key that nobody has seen. */
export function freshKey(): PrivateKey {
  const key = createPrivateKey('Ed25519', dice(32))
  invariant(key !== undefined, 'every 32 bytes are an Ed25519 seed')
  return key
}

/** One temperature as a reading. */
export function temperature(celsius: number): Uint8Array {
  return senmlContent([{ n: 't', u: 'Cel', v: celsius }])
}

/** A device in memory that can also be made to lie. */
export class LiveDevice {
  readonly deviceId: Uint8Array
  /** The device's id in lower-case hex. */
  readonly name: string
  readonly #network: LiveNet['network']
  #head: Uint8Array
  #key: PrivateKey
  #sequence = 0

  constructor(network: LiveNet['network'], { deviceId, claimId, signingKey }: FleetDevice) {
    this.#network = network
    this.deviceId = deviceId
    this.name = toHex(deviceId)
    this.#head = claimId
    this.#key = signingKey
  }

  /** The sequence of the last message that was said. */
  get sequence(): number {
    return this.#sequence
  }

  /** The key that signs the next message. */
  get key(): PrivateKey {
    return this.#key
  }

  /** Signs what would be the next message, were it not for the lie; the device does not move on. */
  draft(lie: Lie = {}): Spoken {
    const { genesisId } = this.#network
    const networkTag = lie.networkTag ?? this.#network.networkTag
    const key = lie.key ?? this.#key
    const nextKey = lie.nextKey ?? freshKey()
    const content = lie.content ?? temperature(20 + (this.#sequence % 10))
    const signingKey = lie.signingKey ?? publicKeyOf(key)
    const honest = {
      deviceId: this.deviceId,
      incarnation: 0,
      sequence: this.#sequence + 1,
      previousMessageId: this.#head,
      signingKey,
      nextSigningKeyHash: keyHash(publicKeyOf(nextKey)),
      anchorHeight: 0,
      anchorId: genesisId.subarray(0, 16),
      contentKind: 0,
      dataKeyEpoch: 0
    }
    const signedBody = encodeDeviceMessage({ ...honest, ...fieldsOf(lie) }, content)
    const signer = { kind: DEVICE_MESSAGE_KIND, role: 'device' as const, key: signingKey }
    const signature = signBytes(key, transactionSigningBytes(networkTag, signedBody, signer))
    const wire = encodeTransaction(signedBody, [signature], lie.attachment ?? content)
    const id = transactionIdOf(this.#network.networkTag, signedBody)
    return { wire, id, name: toHex(id), signingKey, nextKey }
  }

  /** Says the next message and moves on. */
  say(lie: Lie = {}): Spoken {
    const spoken = this.draft(lie)
    this.#head = spoken.id
    this.#key = spoken.nextKey
    this.#sequence++
    return spoken
  }
}

/** Makes devices that can be made to lie, and brings them onto the ledger the real way. */
export async function claimDevices(net: LiveNet, count: number): Promise<readonly LiveDevice[]> {
  const fleet = await registerFleet(net, count)
  return fleet.map((device) => new LiveDevice(net.network, device))
}

/** Brings devices onto the ledger: vendor, class, births and claims. */
export async function registerFleet(net: LiveNet, count: number): Promise<readonly FleetDevice[]> {
  const { vendor } = await openMaker(makerFolder(net.home))
  const options = { makers: [vendor], devices: count, timeMs: Date.now(), vendorSequence: 1 }
  const fleet = createFleet(net.network, options)
  const [{ url } = { url: '' }] = net.nodes
  for (const step of fleet.steps) {
    const wires = concatBytes(...step)
    const { status, body } = await submit(url, wires, {
      query: '?wait=final&timeoutMs=30000',
      mediaType: 'application/cbor-seq'
    })
    const outcomes = body.results?.map(({ transaction }) => transaction?.outcome) ?? []
    invariant(
      status === 200 && outcomes.every((outcome) => outcome === 'applied'),
      `the fleet is registered: ${JSON.stringify(body)}`
    )
  }
  return fleet.devices
}

function fieldsOf(lie: Lie): Partial<DeviceMessage> {
  const { networkTag: _1, key: _2, nextKey: _3, content: _4, attachment: _5, ...fields } = lie
  return fields
}
