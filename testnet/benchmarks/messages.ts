/**
 * Pre-signed messages: chains of ratcheted readings of about 300 bytes, one chain for each device.
 *
 * @module
 */

import { createEd25519Signer } from '#crypto'
import { type RandomBytes, senmlContent } from '../../client/index.ts'
import {
  DEVICE_MESSAGE_KIND,
  encodeDeviceMessage,
  encodeTransaction,
  keyHash,
  transactionIdOf,
  transactionSigningBytes
} from '../../protocol/index.ts'
import { dice, type FleetDevice } from './fleet.ts'

/** One signed message. */
export interface SignedMessage {
  readonly wire: Uint8Array
  readonly id: Uint8Array
}

/** A signature with everything that its check takes. */
export interface SignedBytes {
  readonly publicKey: Uint8Array
  readonly signingBytes: Uint8Array
  readonly signature: Uint8Array
}

/** What messages are signed for. */
export interface MessageNetwork {
  readonly networkTag: Uint8Array
  readonly genesisId: Uint8Array
  /** Of its first block; 0 unless said. */
  readonly genesisHeight?: number
}

/** How messages are signed. */
export interface SigningOptions {
  /** Where keys come from: the system's dice unless said. */
  readonly random?: RandomBytes
  /** What they are: readings unless said. */
  readonly contentKind?: number
}

const READING_KIND = 0
const SEED_BYTES = 32
const ANCHOR_ID_BYTES = 16

/** Signs a chain of readings that starts at the device's claim. */
export function signChain(
  network: MessageNetwork,
  device: FleetDevice,
  count: number,
  { random = dice, contentKind = READING_KIND }: SigningOptions = {}
): SignedMessage[] {
  return signReadings(network, device, { count, random, contentKind }).map(({ wire, id }) => ({
    wire,
    id
  }))
}

/** Signs a chain like {@link signChain}, and keeps apart what a check of each signature takes. */
export function signReadings(
  network: MessageNetwork,
  device: FleetDevice,
  { count, random = dice, contentKind = READING_KIND }: SigningOptions & { readonly count: number }
): (SignedMessage & SignedBytes)[] {
  const { networkTag, genesisId, genesisHeight = 0 } = network
  const readings: (SignedMessage & SignedBytes)[] = []
  let signer = createEd25519Signer(device.signingKey.bytes)
  let previousMessageId = device.claimId
  for (let sequence = 1; sequence <= count; sequence++) {
    const nextSigner = createEd25519Signer(random(SEED_BYTES))
    const content = senmlContent([{ n: 't', u: 'Cel', v: 20 + (sequence % 100) / 10 }])
    const { publicKey } = signer
    const signedBody = encodeDeviceMessage(
      {
        deviceId: device.deviceId,
        incarnation: 0,
        sequence,
        previousMessageId,
        signingKey: publicKey,
        nextSigningKeyHash: keyHash(nextSigner.publicKey),
        anchorHeight: genesisHeight,
        anchorId: genesisId.subarray(0, ANCHOR_ID_BYTES),
        contentKind,
        dataKeyEpoch: 0
      },
      content
    )
    const signingBytes = transactionSigningBytes(networkTag, signedBody, {
      kind: DEVICE_MESSAGE_KIND,
      role: 'device',
      key: publicKey
    })
    const signature = signer.sign(signingBytes)
    const wire = encodeTransaction(signedBody, [{ algorithm: 'Ed25519', signature }], content)
    const id = transactionIdOf(networkTag, signedBody)
    readings.push({ wire, id, publicKey, signingBytes, signature })
    previousMessageId = id
    signer = nextSigner
  }
  return readings
}
