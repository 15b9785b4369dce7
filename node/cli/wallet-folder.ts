/**
 * Wallet folders: an owner's wallet in files that only its owner can read.
 *
 * `wallet` is the record, rewritten before each act leaves, in hexadecimal or as an age file; `lock`
 * keeps a second process away, for two signers of one record would sign one sequence twice, which
 * the ledger takes for a fork.
 *
 * @module
 */

import { existsSync } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  openUnderPassphrase,
  openWallet,
  type RecordStorage,
  sealUnderPassphrase,
  type Wallet,
  type WalletPorts
} from '../../client/index.ts'
import { fromHex, toHex } from '../../protocol/index.ts'
import { NodeError } from '../errors.ts'
import { readProtection } from '../node-keys.ts'
import { hasErrno, writeFailure } from '../storage/disk-errors.ts'
import { writeFileDurably } from '../storage/durable-file.ts'
import type { KeyProtection } from '../storage/key-file.ts'
import { takeLock } from '../storage/lock-file.ts'
import { usage } from './command.ts'
import { trouble } from './files.ts'
import { absolute } from './settings.ts'

/** Which wallet, and what opens it. */
export interface WalletPlace {
  readonly wallet: string
  readonly passphraseFile?: string
}

const WALLET_FILE = 'wallet'
const LOCK_FILE = 'lock'
const SECRET_MODE = 0o600
const FOLDER_MODE = 0o700
const ARMOR_BEGIN = '-----BEGIN AGE ENCRYPTED FILE-----'

/**
 * Uses the folder of a wallet, alone, whether there is a wallet in it or not.
 *
 * @throws NodeError DATA_DIRECTORY_LOCKED while another process uses it, KEY_FILE_WRONG
 */
export async function withWalletFolder<Result>(
  place: WalletPlace,
  use: (ports: WalletPorts, path: string) => Promise<Result>
): Promise<Result> {
  const path = absolute(place.wallet)
  const protection = await readProtection(place.passphraseFile ?? null)
  await mkdir(path, { recursive: true, mode: FOLDER_MODE }).catch((error) => {
    throw writeFailure(path, error)
  })
  const lock = await takeLock(join(path, LOCK_FILE))
  try {
    return await use(
      { storage: storageOf(join(path, WALLET_FILE), protection), now: Date.now },
      path
    )
  } finally {
    await lock.release()
  }
}

/**
 * Uses a wallet, alone.
 *
 * @throws NodeError USAGE_WRONG where there is none, or as {@link withWalletFolder}; ClientError
 */
export function withWallet<Result>(
  place: WalletPlace,
  use: (wallet: Wallet, path: string) => Promise<Result>
): Promise<Result> {
  const folder = absolute(place.wallet)
  if (!existsSync(join(folder, WALLET_FILE)))
    throw usage(`${folder}: there is no wallet; make one with thingmoot wallet new`)
  return withWalletFolder(place, async (ports, path) => use(await openWallet(ports), path))
}

function storageOf(path: string, protection: KeyProtection): RecordStorage {
  return {
    read: async () => {
      const text = await readText(path)
      return text === undefined ? undefined : readRecord(path, text, protection)
    },
    write: async (record) => {
      const content =
        protection.kind === 'plain'
          ? `${toHex(record)}\n`
          : await sealUnderPassphrase(record, protection.passphrase, protection.workFactor)
      await writeFileDurably({ path, content, mode: SECRET_MODE })
    }
  }
}

async function readRecord(
  path: string,
  text: string,
  protection: KeyProtection
): Promise<Uint8Array> {
  const isEncrypted = text.startsWith(ARMOR_BEGIN)
  if (protection.kind === 'plain') {
    if (isEncrypted) throw wrong(path, 'is encrypted: name its passphrase with --passphrase-file')
    const record = fromHex(text.trim())
    if (record === undefined)
      throw trouble('STORAGE_DAMAGED', `${path}: holds no wallet`, undefined)
    return record
  }
  if (!isEncrypted) throw wrong(path, 'is not encrypted, though a passphrase is given')
  const record = await openUnderPassphrase(text, protection.passphrase)
  if (record === undefined) throw wrong(path, 'the passphrase is wrong, or the file is damaged')
  return record
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return undefined
    throw trouble('STORAGE_DAMAGED', `${path}: cannot be read`, error)
  }
}

function wrong(path: string, what: string): NodeError {
  return new NodeError('KEY_FILE_WRONG', `${path}: ${what}`)
}
