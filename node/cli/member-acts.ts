/**
 * Acts as commands hand them in: signed, and named by their ids.
 *
 * @module
 */

import { createEd25519Signer } from '#crypto'
import type { SignedTransaction } from '../../client/index.ts'
import { decodeTransaction, invariant } from '../../protocol/index.ts'
import { type ActSigner, type ActSigners, type MemberAct, signAct } from '../membership/own-acts.ts'
import type { KeyPair } from '../node-keys.ts'

/** How a key of this machine signs. */
export function signerOf({ seed, publicKey }: KeyPair): ActSigner {
  const signer = createEd25519Signer(seed)
  return { publicKey, sign: (message) => signer.sign(message) }
}

/** Signs an act, and gives it the name by which it is found again. */
export function signNamed(
  networkTag: Uint8Array,
  act: MemberAct,
  signers: ActSigners
): SignedTransaction {
  const wire = signAct(networkTag, act, signers)
  const decoded = decodeTransaction(wire, networkTag)
  invariant(decoded.ok, 'an act of our own is well formed')
  return { wire, transactionId: decoded.value.id }
}
