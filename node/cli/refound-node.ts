/**
 * The stopped node of a network that is to be refounded: its data directory, opened and read.
 *
 * @module
 */

import type { Config } from '../../config/index.ts'
import {
  type Block,
  type ClosedNetwork,
  type CommittedLedger,
  networkTagOfGenesis
} from '../../protocol/index.ts'
import { NodeError } from '../errors.ts'
import { openLedger, readStoredBlock } from '../ledger/open-ledger.ts'
import { fingerprintOf, type NodeKeys, readNodeKeys, readProtection } from '../node-keys.ts'
import type { StoppedNode } from '../refounding/close-epoch.ts'
import { dataPaths, openDataDirectory } from '../storage/data-directory.ts'
import type { KeyProtection } from '../storage/key-file.ts'
import type { CommandPorts, CommonOptions } from './command.ts'
import { readGenesis, readSettings } from './settings.ts'

/** A stopped node with everything that is read of it. */
export interface OldNode extends StoppedNode {
  readonly config: Config
  /** The settings that its file or the command line names. */
  readonly chosen: ReadonlySet<string>
  readonly keys: NodeKeys
  /** How its keys are kept; those of the new network are kept alike. */
  readonly protection: KeyProtection
  readonly fingerprint: string
  readonly genesisHash: string
  readonly closed: ClosedNetwork
  readonly committed: CommittedLedger
  /** Its last final block. */
  readonly block: Block
  readonly close: () => Promise<void>
}

/**
 * Opens the data directory that the settings name.
 *
 * @throws NodeError DATA_DIRECTORY_LOCKED while the node runs, or what opening throws
 */
export async function openOldNode(options: CommonOptions, ports: CommandPorts): Promise<OldNode> {
  const { config, origins } = await readSettings(options, ports)
  const { genesis, genesisHash } = await readGenesis(config.genesis, config.networkId)
  const protection = await readProtection(config.keys.passphraseFile)
  const keys = await readNodeKeys(dataPaths(config.dataDirectory).keys, protection)
  const fingerprint = fingerprintOf(keys.identity.publicKey)
  const { networkId } = genesis
  const directory = await openDataDirectory(
    { path: config.dataDirectory, networkId, genesisHash, keyFingerprint: fingerprint },
    { onWriteFailure: () => undefined }
  )
  const { ledger, voteLog } = directory
  try {
    const { committed, floor } = await openLedger(ledger, genesis)
    const stored = readStoredBlock(ledger, floor.height)
    if (stored === undefined)
      throw new NodeError('STORAGE_DAMAGED', `${config.dataDirectory}: its last block is missing`)
    const networkTag = networkTagOfGenesis(genesis)
    const { electorate } = floor
    return {
      config,
      chosen: new Set(
        [...origins].flatMap(([path, origin]) => (origin === 'default' ? [] : [path]))
      ),
      keys,
      protection,
      fingerprint,
      genesisHash,
      networkTag,
      electorate,
      ledger,
      voteLog,
      floor,
      floorId: stored.block.idBytes,
      closed: { networkId, networkTag, electorate },
      committed,
      block: stored.block,
      close: () => directory.close()
    }
  } catch (error) {
    await directory.close()
    throw error
  }
}
