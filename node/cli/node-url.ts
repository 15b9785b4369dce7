/**
 * Where a node answers: as it was said, or as its settings say.
 *
 * @module
 */

import type { Config } from '../../config/index.ts'
import { usage } from './command.ts'

/**
 * The base address of the node's HTTP.
 *
 * @throws NodeError USAGE_WRONG when the settings leave the port open
 */
export function ownUrl({ http }: Pick<Config, 'http'>, optionName: string): string {
  if (http.port === 0) throw usage(`the settings leave the port open: name it with ${optionName}`)
  const host = http.host === '0.0.0.0' || http.host === '::' ? '127.0.0.1' : http.host
  return `http://${host.includes(':') ? `[${host}]` : host}:${http.port}`
}
