/**
 * The network of a reference device: the genesis that is named, or that of the settings, if it is its own.
 *
 * @module
 */

import { equalBytes } from '../../protocol/index.ts'
import { NodeError } from '../errors.ts'
import type { CommandPorts } from './command.ts'
import { type BornDevice, bytesOf } from './device-folder.ts'
import { type NetworkTrust, trustNetwork } from './network-trust.ts'
import { readGenesis, readSettings } from './settings.ts'

/**
 * Trusts the network of a device.
 *
 * @throws NodeError GENESIS_WRONG for the genesis of another network; ConfigError
 */
export async function networkOfDevice(
  born: BornDevice,
  options: { readonly genesis?: string },
  ports: CommandPorts
): Promise<NetworkTrust> {
  const path = options.genesis ?? (await readSettings(options, ports)).config.genesis
  const network = trustNetwork((await readGenesis(path)).genesis)
  if (!equalBytes(network.networkTag, bytesOf(born.networkTag)))
    throw new NodeError(
      'GENESIS_WRONG',
      `${path}: the device is of another network, ${born.networkId}`
    )
  return network
}
