/**
 * Wiping a testnet's home, and nobody else's folder.
 *
 * @module
 */

import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { NodeError } from '../../node/errors.ts'
import { foundingMarkPath, registryPath } from '../home.ts'

/** Everything that a testnet writes right below its home. */
const OWN_NAMES: ReadonlySet<string> = new Set([
  'devices',
  'founding',
  'genesis.json',
  'maker',
  'nodes',
  'testnet.json',
  'testnet.json.draft'
])
/** Held by the very process that wipes. */
const SOCKET_NAME = 'control.sock'

/** Whether a founding was interrupted here. */
export function isHalfFounded(home: string): boolean {
  return existsSync(foundingMarkPath(home))
}

/**
 * Removes everything about a testnet but its control socket, which the caller holds.
 *
 * @throws {@link NodeError} USAGE_WRONG when the folder holds anything that no testnet wrote
 */
export function wipeTestnet(home: string): void {
  const names = readdirSync(home).filter((name) => name !== SOCKET_NAME)
  const stranger = names.find((name) => !OWN_NAMES.has(name))
  const isTestnet = existsSync(registryPath(home)) || isHalfFounded(home)
  if (names.length > 0 && (!isTestnet || stranger !== undefined))
    throw new NodeError(
      'USAGE_WRONG',
      `${home}: nothing is removed, for it holds ${stranger ?? names[0]}, which is not a testnet's: choose another --home`
    )
  for (const name of names) rmSync(join(home, name), { recursive: true, force: true })
}
