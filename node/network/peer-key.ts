/**
 * PeerKey: who a peer is, as the ledger names it.
 *
 * The name is the Ed25519 public key itself; libp2p's peer id is the same key
 * in a wrapper. Peers with other kinds of keys have no name here.
 *
 * @module
 */

import { createPrivateKey, createPublicKey } from 'node:crypto'
import { privateKeyFromRaw, publicKeyFromRaw } from '@libp2p/crypto/keys'
import type { PeerId, PrivateKey } from '@libp2p/interface'
import { peerIdFromPublicKey, peerIdFromString } from '@libp2p/peer-id'
import { NodeError } from '../errors.ts'

/** Lower-case hex of a 32-byte Ed25519 public key. */
export type PeerKey = string

const PKCS8_ED25519_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex')
const SEED_BYTES = 32
const KEY_PATTERN = /^[0-9a-f]{64}$/

/** Whether a text has the form of a peer key. */
export function isPeerKey(text: string): boolean {
  return KEY_PATTERN.test(text)
}

/** The key of a peer, or `undefined` if it is not an Ed25519 one. */
export function peerKeyOf(peer: PeerId): PeerKey | undefined {
  if (peer.type !== 'Ed25519' || peer.publicKey === undefined) return undefined
  return Buffer.from(peer.publicKey.raw).toString('hex')
}

/**
 * The libp2p id of a key.
 *
 * @throws NodeError CONFIGURATION_WRONG if it is no key at all
 */
export function peerIdOf(key: PeerKey): PeerId {
  if (!isPeerKey(key)) {
    throw new NodeError('CONFIGURATION_WRONG', `not an Ed25519 public key in hex: ${key}`)
  }
  return peerIdFromPublicKey(publicKeyFromRaw(Buffer.from(key, 'hex')))
}

/** The key within a libp2p id in text, if it is one of ours. */
export function peerKeyOfText(text: string): PeerKey | undefined {
  try {
    return peerKeyOf(peerIdFromString(text))
  } catch {
    // Not a peer id at all; then it names nobody.
    return undefined
  }
}

/** A node's own key pair and its name. */
export interface Identity {
  readonly key: PeerKey
  readonly privateKey: PrivateKey
}

/**
 * The identity that grows from a seed.
 *
 * @throws NodeError KEY_FILE_WRONG if the seed is not 32 bytes
 */
export function identityOf(seed: Uint8Array): Identity {
  if (seed.length !== SEED_BYTES) {
    throw new NodeError('KEY_FILE_WRONG', `an identity seed has 32 bytes, this has ${seed.length}`)
  }
  const der = Buffer.concat([PKCS8_ED25519_PREFIX, seed])
  const secret = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  const spki = createPublicKey(secret).export({ format: 'der', type: 'spki' })
  const publicKey = spki.subarray(spki.length - 32)
  return {
    key: publicKey.toString('hex'),
    privateKey: privateKeyFromRaw(Buffer.concat([seed, publicKey]))
  }
}
