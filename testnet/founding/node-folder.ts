/**
 * The data folder of a testnet's node, with keys that no passphrase protects.
 *
 * @module
 */

import { fingerprintOf, type NewNodeKeys, writeNodeKeys } from '../../node/node-keys.ts'
import { createDataDirectory } from '../../node/storage/data-directory.ts'

/** Whose folder it is, and of which network. */
export interface NodeFolderOptions {
  readonly keys: NewNodeKeys
  readonly networkId: string
  readonly genesisHash: string
}

/**
 * Makes the folder where nothing is yet.
 *
 * @throws NodeError DATA_DIRECTORY_EXISTS, DISK_FULL or DISK_WRITE_FAILED
 */
export async function createNodeFolder(
  path: string,
  { keys, networkId, genesisHash }: NodeFolderOptions
): Promise<void> {
  const keyFingerprint = fingerprintOf(keys.identity.publicKey)
  await createDataDirectory(
    { path, networkId, genesisHash, keyFingerprint },
    { writeKeys: (folder) => writeNodeKeys(folder, keys, { kind: 'plain' }) }
  )
}
