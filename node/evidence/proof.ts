/**
 * Proofs: the transactions of evidence, made of two things that one key has signed.
 *
 * @see SPEC.md §5.10 Evidence about devices
 * @module
 */

import {
  compareBytes,
  type DeviceMessage,
  encodeDeviceFork,
  encodeKeyMisuse,
  encodeOwnerFork,
  encodeTransaction,
  equalBytes,
  type Inclusion,
  keyHash,
  type Transaction
} from '../../protocol/index.ts'
import { keyOf, type Stray, type StrayAct, type StrayMessage, sequenceOf } from './stray.ts'

/** What a piece of evidence proves. */
export type ProofKind = 'device-fork' | 'key-misuse' | 'owner-fork'

/** Evidence that is ready to be filed. */
export interface Proof {
  readonly kind: ProofKind
  readonly wire: Uint8Array
}

/** Two messages of one sequence under one key, the first of which counted. */
export function forkOf(
  counted: Transaction,
  stray: StrayMessage,
  inclusion: Inclusion | null
): Proof | undefined {
  const firstSignature = counted.signatures[0]?.signature
  if (firstSignature === undefined) return undefined
  const body = encodeDeviceFork({
    first: counted.signedBody,
    firstSignature,
    second: stray.signedBody,
    secondSignature: stray.signature,
    secondContent: stray.content,
    inclusion
  })
  return { kind: 'device-fork', wire: encodeTransaction(body, [], null) }
}

/** Two messages of one sequence under one key, neither of which has counted yet. */
export function forkOfPair(a: StrayMessage, b: StrayMessage): Proof {
  const [first, second] = compareBytes(a.id, b.id) < 0 ? [a, b] : [b, a]
  const body = encodeDeviceFork({
    first: first.signedBody,
    firstSignature: first.signature,
    second: second.signedBody,
    secondSignature: second.signature,
    secondContent: second.content,
    inclusion: null
  })
  return { kind: 'device-fork', wire: encodeTransaction(body, [], null) }
}

/** A message by a key whose last one counted; undefined while that key may still sign. */
export function misuseOf(
  counted: Transaction,
  stray: StrayMessage,
  inclusion: Inclusion | null
): Proof | undefined {
  const { signingKey, nextSigningKeyHash } = counted.body as DeviceMessage
  if (equalBytes(nextSigningKeyHash, keyHash(signingKey))) return undefined
  const { signedBody, signature } = stray
  const body = encodeKeyMisuse({
    last: counted.signedBody,
    inclusion,
    stray: signedBody,
    straySignature: signature
  })
  return { kind: 'key-misuse', wire: encodeTransaction(body, [], null) }
}

/** Two acts of an owner under one key; the one that the ledger has stands first, else that of the lesser id. */
export function ownerForkOf(
  a: Pick<StrayAct, 'signedBody' | 'signature'>,
  b: Pick<StrayAct, 'signedBody' | 'signature'>
): Proof {
  const body = encodeOwnerFork({
    first: a.signedBody,
    firstSignature: a.signature,
    second: b.signedBody,
    secondSignature: b.signature
  })
  return { kind: 'owner-fork', wire: encodeTransaction(body, [], null) }
}

/** Whether two strays are different words of one turn under one key. */
export function areRivals(a: Stray, b: Stray): boolean {
  const [x, y] = [a.body, b.body]
  const isOneTurn =
    x.kind === 'device-message' && y.kind === 'device-message'
      ? x.incarnation === y.incarnation
      : x.kind !== 'device-message' && y.kind !== 'device-message'
  return (
    isOneTurn &&
    equalBytes(x.deviceId, y.deviceId) &&
    sequenceOf(a) === sequenceOf(b) &&
    equalBytes(keyOf(a), keyOf(b)) &&
    !equalBytes(a.id, b.id)
  )
}
