/**
 * Reading and writing the one record of a wallet, and its portable form under a passphrase.
 *
 * @module
 */

import { openUnderPassphrase, sealUnderPassphrase } from './age-file.ts'
import { ClientError } from './errors.ts'
import { type RecordStorage, storeRecord } from './record-storage.ts'
import { decodeWalletRecord, encodeWalletRecord } from './wallet-record.ts'
import type { WalletState } from './wallet-state.ts'

/** Reads the stored state. */
export async function readWalletRecord(storage: RecordStorage): Promise<WalletState> {
  const record = await storage.read()
  if (record === undefined) throw new ClientError('no wallet is stored', { code: 'RECORD_MISSING' })
  const state = decodeWalletRecord(record)
  if (state === undefined)
    throw new ClientError('the record of the wallet cannot be read', { code: 'RECORD_DAMAGED' })
  return state
}

/** Writes a state; when this rejects, nobody knows whether it is stored. */
export function writeWalletRecord(storage: RecordStorage, state: WalletState): Promise<void> {
  return storeRecord(storage, encodeWalletRecord(state))
}

/** A wallet as one file that can be carried about. */
export async function exportWalletFile(
  state: WalletState,
  passphrase: string,
  workFactor?: number
): Promise<string> {
  const record = encodeWalletRecord(state)
  try {
    return await sealUnderPassphrase(record, passphrase, workFactor)
  } finally {
    record.fill(0)
  }
}

/**
 * Reads such a file.
 *
 * @param text - untrusted
 * @returns undefined when the passphrase is wrong, or the file is damaged or no wallet
 */
export async function readWalletFile(
  text: string,
  passphrase: string
): Promise<WalletState | undefined> {
  const record = await openUnderPassphrase(text, passphrase)
  return record === undefined ? undefined : decodeWalletRecord(record)
}
