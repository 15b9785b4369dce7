/**
 * Presence: the device's word that whoever claims it stands beside it.
 *
 * Given on a button press or an NFC tap only. It is no message and uses no
 * sequence, so a claim that failed may be signed again.
 *
 * @see ../protocol/SPEC.md §5.1 claim
 * @module
 */

import {
  acceptAs,
  type CborValue,
  CLAIM_KIND,
  type CoseSignature,
  decodeCbor,
  equalBytes,
  type PrivateKey,
  reject,
  type Verdict
} from '../protocol/index.ts'
import { signBody } from './signed-transaction.ts'

/** Why a device gives no presence signature. */
export type PresenceFault = 'PRESENCE_NOT_A_CLAIM' | 'PRESENCE_OF_OTHER_DEVICE'

/** The position of the inception in the body of a claim. */
const CLAIM_INCEPTION = 4

/**
 * Signs presence for a claim, if it is one of this very device.
 *
 * @param signedBody - untrusted: what a phone beside the device sent
 */
export function signPresence(
  signedBody: Uint8Array,
  device: {
    readonly networkTag: Uint8Array
    readonly inceptionBytes: Uint8Array
    readonly attestationKey: PrivateKey
  }
): Verdict<PresenceFault, CoseSignature> {
  const fields = decodeCbor(signedBody)
  if (!Array.isArray(fields)) return reject('PRESENCE_NOT_A_CLAIM')
  const [kind, inception] = [fields[0], fields[CLAIM_INCEPTION]] as readonly CborValue[]
  if (kind !== CLAIM_KIND || !(inception instanceof Uint8Array))
    return reject('PRESENCE_NOT_A_CLAIM')
  if (!equalBytes(inception, device.inceptionBytes)) return reject('PRESENCE_OF_OTHER_DEVICE')
  const place = { networkTag: device.networkTag, kind: CLAIM_KIND, role: 'presence' } as const
  return acceptAs(signBody(device.attestationKey, signedBody, place))
}
