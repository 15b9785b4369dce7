/**
 * Identity: this node's keys, and whether they have a seat.
 *
 * @module
 */

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  createEd25519Signer,
  type Electorate,
  equalBytes,
  type MemberIndex,
  toHex
} from '../protocol/index.ts'
import { NodeError } from './errors.ts'
import { dataPaths } from './storage/data-directory.ts'
import {
  IDENTITY_KEY_FILE,
  type KeyProtection,
  readKeyFile,
  voteKeyFile
} from './storage/key-file.ts'

/** A key that signs. */
export interface Signer {
  readonly publicKey: Uint8Array
  readonly sign: (message: Uint8Array) => Uint8Array
}

/** Who this node is. */
export interface Identity {
  readonly seed: Uint8Array
  readonly signer: Signer
  /** Public key in lower-case hex. */
  readonly nodeId: string
}

/** A seat of this node, with the key that signs its votes. */
export interface OwnSeat {
  readonly index: MemberIndex
  readonly voteSigner: Signer
}

/** How the key files are protected, by the settings. */
export async function keyProtection(passphraseFile: string | null): Promise<KeyProtection> {
  if (passphraseFile === null) return { kind: 'plain' }
  const text = await readFile(passphraseFile, 'utf8').catch((error: unknown) => {
    throw keyError(`${passphraseFile}: the passphrase file cannot be read`, error)
  })
  return { kind: 'passphrase', passphrase: text.replace(/\r?\n$/, '') }
}

/** Reads the identity key of a data directory. */
export async function readIdentity(
  dataDirectory: string,
  protection: KeyProtection
): Promise<Identity> {
  const path = join(dataPaths(dataDirectory).keys, IDENTITY_KEY_FILE)
  const seed = await readKeyFile({ path, protection })
  const signer = createEd25519Signer(seed)
  return { seed, signer, nodeId: toHex(signer.publicKey) }
}

/** The node's seat in an electorate, with its vote key; null when it has none. */
export async function readOwnSeat(
  dataDirectory: string,
  protection: KeyProtection,
  { identity, electorate }: { readonly identity: Identity; readonly electorate: Electorate }
): Promise<OwnSeat | null> {
  const index = electorate.indexOf.get(identity.nodeId)
  if (index === undefined) return null
  const path = join(dataPaths(dataDirectory).keys, voteKeyFile(electorate.epoch))
  const voteSigner = createEd25519Signer(await readKeyFile({ path, protection }))
  const expected = electorate.seats[index]?.voteKey
  if (expected === undefined || !equalBytes(expected, voteSigner.publicKey))
    throw keyError(`${path}: is not the vote key of this node's seat in epoch ${electorate.epoch}`)
  return { index, voteSigner }
}

function keyError(message: string, cause?: unknown): NodeError {
  return new NodeError('KEY_FILE_WRONG', message, { cause })
}
