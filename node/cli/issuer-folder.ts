/**
 * The folder of an issuer: that of a maker, with a key for credentials and a list of those revoked.
 *
 * @module
 */

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { createStatusList, encodeIssuerSheet, systemRandomBytes } from '../../client/index.ts'
import { fromHex, type PrivateKey, publicKeyOf, toHex } from '../../protocol/index.ts'
import { NodeError } from '../errors.ts'
import { writeFileDurably } from '../storage/durable-file.ts'
import { readKeyFile, writeKeyFile } from '../storage/key-file.ts'
import { readNamedFile } from './files.ts'
import { openMaker } from './maker.ts'

/** An issuer of this machine. */
export interface Issuer {
  readonly vendorId: Uint8Array
  readonly key: PrivateKey
  /** The name of the key in the sheet. */
  readonly kid: string
  /** One bit for each credential. */
  readonly list: Uint8Array
}

const KEY_FILE = 'issuer.key'
const LIST_FILE = 'revoked'
const LIST_BYTES_MAX = 131_072
const FILE_MODE = 0o600
const KID_LENGTH = 16

/**
 * Opens the issuer in the folder of a maker; its key and list are made where there are none.
 *
 * @param count - credentials that a new list has room for
 * @throws NodeError KEY_FILE_WRONG, STORAGE_DAMAGED
 */
export async function openIssuer(folder: string, count: number): Promise<Issuer> {
  const { vendor } = await openMaker(folder)
  const path = join(folder, KEY_FILE)
  const place = { path, protection: { kind: 'plain' } } as const
  if (!existsSync(path)) await writeKeyFile(place, systemRandomBytes(32))
  const key: PrivateKey = { algorithm: 'Ed25519', bytes: await readKeyFile(place) }
  const kid = toHex(publicKeyOf(key)).slice(0, KID_LENGTH)
  return { vendorId: vendor.vendorId, key, kid, list: await readList(folder, count) }
}

/** Stores a list. */
export async function writeList(folder: string, list: Uint8Array): Promise<void> {
  await writeFileDurably({
    path: join(folder, LIST_FILE),
    content: `${toHex(list)}\n`,
    mode: FILE_MODE
  })
}

/** The sheet of an issuer as it stands. */
export function sheetOf({ vendorId, key, kid, list }: Issuer, networkId: string): Uint8Array {
  const keys = new Map([[kid, publicKeyOf(key)]])
  return encodeIssuerSheet({ networkId, vendorId, keys }, list)
}

async function readList(folder: string, count: number): Promise<Uint8Array> {
  const path = join(folder, LIST_FILE)
  if (!existsSync(path)) {
    const list = createStatusList(count)
    await writeList(folder, list)
    return list
  }
  const text = new TextDecoder().decode(await readNamedFile(path, 2 * LIST_BYTES_MAX + 1))
  const list = fromHex(text.trim())
  if (list === undefined || list.length === 0 || list.length % 32 !== 0)
    throw new NodeError('STORAGE_DAMAGED', `${path}: is no list of revocations`)
  return list
}
