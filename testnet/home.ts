/**
 * A testnet's home: one folder that holds everything about it, so that deleting it is forgetting.
 *
 * @module
 */

import { join, resolve } from 'node:path'

/** Where a testnet lives when nobody says otherwise, below the current directory. */
export const DEFAULT_HOME = '.testnet'

/** The absolute path of a testnet's home. */
export function testnetHome(chosen: string | undefined, currentDirectory: string): string {
  return resolve(currentDirectory, chosen ?? DEFAULT_HOME)
}

/** The state file. */
export function registryPath(home: string): string {
  return join(home, 'testnet.json')
}

/** The socket by which the running testnet takes commands. */
export function controlSocketPath(home: string): string {
  return join(home, 'control.sock')
}

/** The folder of one node: its data, its log and its process id. */
export function nodeFolder(home: string, slug: string): string {
  return join(home, 'nodes', slug)
}

/** The genesis of its network. */
export function genesisPath(home: string): string {
  return join(home, 'genesis.json')
}

/** The keys of the maker of its devices. */
export function makerFolder(home: string): string {
  return join(home, 'maker')
}

/** The folder of one device: its keys and its outbox. */
export function deviceFolder(home: string, name: string): string {
  return join(home, 'devices', name)
}

/** The settings file of one node. */
export function settingsPath(home: string, slug: string): string {
  return join(nodeFolder(home, slug), 'node.yaml')
}

/** Stands in the home while a testnet is founded there. */
export function foundingMarkPath(home: string): string {
  return join(home, 'founding')
}
