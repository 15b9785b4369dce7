/**
 * `thingmoot id`: who this node is.
 *
 * @module
 */

import type { Command } from 'commander'
import { toHex } from '../../protocol/index.ts'
import { NodeError } from '../errors.ts'
import { fingerprintOf, readIdentity, readProtection } from '../node-keys.ts'
import { dataPaths } from '../storage/data-directory.ts'
import { readMarker } from '../storage/node-marker.ts'
import { addCommand, type CommandPorts, type CommonOptions } from './command.ts'
import { createOutput, table } from './output.ts'
import { addConfigOption, readSettings } from './settings.ts'

interface IdOptions extends CommonOptions {
  readonly config?: string
  readonly dataDirectory?: string
}

/** Adds `id`. */
export function addIdCommand(program: Command, ports: CommandPorts): void {
  addConfigOption(addCommand(program, 'id', 'who this node is: node id, peer id, fingerprint'))
    .option('--data-directory <dir>', 'folder of the ledger and the keys')
    .action((options: IdOptions) => showId(options, ports))
}

async function showId(options: IdOptions, ports: CommandPorts): Promise<void> {
  const { config } = await readSettings(options, ports)
  const paths = dataPaths(config.dataDirectory)
  const marker = await readMarker(paths.marker)
  if (marker === undefined)
    throw new NodeError(
      'DATA_DIRECTORY_MISSING',
      `${config.dataDirectory}: no data directory; make one with thingmoot init`
    )
  const protection = await readProtection(config.keys.passphraseFile)
  const { publicKey } = await readIdentity(paths.keys, protection)
  const nodeId = toHex(publicKey)
  // Loaded here alone: no other command needs libp2p, and it takes a tenth of a second.
  const { peerIdOf } = await import('../network/peer-key.ts')
  const id = {
    nodeId,
    peerId: peerIdOf(nodeId).toString(),
    fingerprint: fingerprintOf(publicKey),
    networkId: marker.networkId,
    genesisHash: marker.genesisHash
  }
  if (marker.keyFingerprint !== id.fingerprint)
    throw new NodeError(
      'KEY_FILE_WRONG',
      `${paths.keys}: the key is ${id.fingerprint}, the data belongs to ${marker.keyFingerprint}`
    )
  createOutput(options, ports).answer({
    json: id,
    lines: (paint) => [
      `A node of ${id.networkId}, fingerprint ${id.fingerprint}`,
      ...table(
        [
          ['node id', id.nodeId],
          ['peer id', id.peerId],
          ['genesis', id.genesisHash]
        ],
        paint
      )
    ]
  })
}
