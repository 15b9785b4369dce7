/**
 * Where a node answers: as it was said, or as its settings say.
 *
 * @module
 */

import type { Command } from 'commander'
import type { Config } from '../../config/index.ts'
import { isTokenText } from '../api/access/token.ts'
import { usage } from './command.ts'
import { readNamedFile } from './files.ts'
import { readSettings, type SettingsPorts } from './settings.ts'

/** The way to a node that is asked. */
export interface NodeAccess {
  readonly url: string
  /** Opens a node whose reads need one. */
  readonly token?: string | undefined
  /** Ends what is asked before its time. */
  readonly signal?: AbortSignal | undefined
}

/** How a person names that way. */
export interface AccessOptions {
  readonly config?: string
  readonly url?: string
  readonly tokenFile?: string
}

/** Adds `--url` and `--token-file`. */
export function addAccessOptions(command: Command, urlMeaning: string): Command {
  return command
    .option('--url <url>', urlMeaning)
    .option(
      '--token-file <file>',
      'file with a token, where the node asks for one (http.tokenNeeded)'
    )
}

/**
 * The way to a node, as it was said or as the settings say.
 *
 * @throws NodeError USAGE_WRONG, ConfigError
 */
export async function readAccess(
  options: AccessOptions,
  ports: SettingsPorts
): Promise<NodeAccess> {
  const url = options.url ?? ownUrl((await readSettings(options, ports)).config, '--url')
  return { url, token: await readToken(options) }
}

/**
 * The token of the file that was named; undefined where none was.
 *
 * @throws NodeError USAGE_WRONG
 */
export async function readToken({ tokenFile }: AccessOptions): Promise<string | undefined> {
  if (tokenFile === undefined) return undefined
  const token = new TextDecoder().decode(await readNamedFile(tokenFile)).trim()
  // The text itself is a secret, and stays out of the complaint.
  if (!isTokenText(token))
    throw usage(`${tokenFile}: holds no token; thingmoot token new makes one`)
  return token
}

/**
 * The base address of the node's HTTP.
 *
 * @throws NodeError USAGE_WRONG when the settings leave the port open
 */
export function ownUrl({ http }: Pick<Config, 'http'>, optionName: string): string {
  if (http.port === 0) throw usage(`the settings leave the port open: name it with ${optionName}`)
  const host = http.host === '0.0.0.0' || http.host === '::' ? '127.0.0.1' : http.host
  const scheme = http.tls.certificateFile === null ? 'http' : 'https'
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${http.port}`
}
