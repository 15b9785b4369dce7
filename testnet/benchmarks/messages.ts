/**
 * Pre-signed messages: chains of ratcheted readings of about 300 bytes, one chain for each device.
 *
 * @module
 */

import {
  createPrivateKey,
  DEVICE_MESSAGE_KIND,
  encodeDeviceMessage,
  encodeTransaction,
  invariant,
  keyHash,
  publicKeyOf,
  signBytes,
  transactionIdOf,
  transactionSigningBytes
} from '../../protocol/index.ts'
import { senmlContent } from '../../client/index.ts'
import { dice, type FleetDevice } from './fleet.ts'

/** One signed message. */
export interface SignedMessage {
  readonly wire: Uint8Array
  readonly id: Uint8Array
}

/** Signs a chain of readings that starts at the device's claim. */
export function signChain(
  network: { readonly networkTag: Uint8Array; readonly genesisId: Uint8Array },
  device: FleetDevice,
  count: number
): SignedMessage[] {
  const { networkTag, genesisId } = network
  const chain: SignedMessage[] = []
  let { signingKey } = device
  let previousMessageId = device.claimId
  for (let sequence = 1; sequence <= count; sequence++) {
    const nextKey = createPrivateKey('Ed25519', dice(32))
    invariant(nextKey !== undefined, 'every 32 bytes are an Ed25519 seed')
    const content = senmlContent([{ n: 't', u: 'Cel', v: 20 + (sequence % 100) / 10 }])
    const key = publicKeyOf(signingKey)
    const signedBody = encodeDeviceMessage(
      {
        deviceId: device.deviceId,
        incarnation: 0,
        sequence,
        previousMessageId,
        signingKey: key,
        nextSigningKeyHash: keyHash(publicKeyOf(nextKey)),
        anchorHeight: 0,
        anchorId: genesisId.subarray(0, 16),
        contentKind: 0,
        dataKeyEpoch: 0
      },
      content
    )
    const signer = { kind: DEVICE_MESSAGE_KIND, role: 'device' as const, key }
    const signature = signBytes(signingKey, transactionSigningBytes(networkTag, signedBody, signer))
    const id = transactionIdOf(networkTag, signedBody)
    chain.push({ wire: encodeTransaction(signedBody, [signature], content), id })
    previousMessageId = id
    signingKey = nextKey
  }
  return chain
}
