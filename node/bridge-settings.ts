/**
 * The bridge as the settings describe it, with the secrets from its files.
 *
 * @module
 */

import { readFileSync } from 'node:fs'
import type { Config } from '../config/index.ts'
import { toHex } from '../protocol/index.ts'
import { NodeError } from './errors.ts'
import type { BridgeLinkOptions } from './gateways/bridge-link.ts'

const NAME_LETTERS = 16

/**
 * How the other broker is reached; null where none is named.
 *
 * @throws NodeError CONFIGURATION_WRONG for a file that cannot be read
 */
export function bridgeLinkOf(
  { mqtt }: Config,
  nodeId: Uint8Array
): Omit<BridgeLinkOptions, 'filters'> | null {
  const { url, user, passwordFile, authorityFile } = mqtt.bridge
  if (url === null) return null
  const password = passwordFile && readText(passwordFile, 'mqtt.bridge.passwordFile')
  return {
    url,
    // The same after every start: the other broker keeps what comes meanwhile under this name.
    clientId: `thingmoot-${toHex(nodeId).slice(0, NAME_LETTERS)}`,
    username: user,
    password: password?.replace(/\r?\n$/, '') ?? null,
    authorities: authorityFile && readText(authorityFile, 'mqtt.bridge.authorityFile')
  }
}

function readText(path: string, setting: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw unreadable(`${setting}: ${path} cannot be read`, error)
  }
}

function unreadable(message: string, cause: unknown): NodeError {
  return new NodeError('CONFIGURATION_WRONG', message, { cause })
}
