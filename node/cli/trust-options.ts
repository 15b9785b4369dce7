/**
 * Trust policies on the command line.
 *
 * @module
 */

import {
  fromHex,
  type PlainTrustModel,
  plainTrustPolicy,
  TRUST_MODELS,
  type TrustPolicy,
  type TrustRoot
} from '../../protocol/index.ts'
import { parseCount, usage } from './command.ts'

const PLAIN_MODELS: readonly string[] = TRUST_MODELS.filter((model) => model !== 'hybrid')
const KEY_BYTES: readonly number[] = [32, 33]

/**
 * Reads a root such as `<key in hexadecimal>:<quota>`.
 *
 * @throws NodeError USAGE_WRONG
 */
export function parseRoot(text: string): TrustRoot {
  const [hex = '', quota = ''] = text.split(':')
  const key = fromHex(hex.toLowerCase())
  if (key === undefined || !KEY_BYTES.includes(key.length))
    throw usage(`--root: "${text}" is no key of 32 or 33 bytes in hexadecimal with its quota`)
  return { key, quota: parseCount(quota, '--root') }
}

/**
 * Reads a policy by its model, and a hybrid by its ways such as `vouch+anchored`.
 *
 * @throws NodeError USAGE_WRONG
 */
export function parsePolicy(
  model: string,
  ways: readonly string[],
  roots: readonly TrustRoot[]
): TrustPolicy {
  if (model === 'hybrid') {
    if (ways.length === 0) throw usage('a hybrid needs its ways: --way vouch+anchored')
    return { model, ways: ways.map((way) => way.split('+').map(parsePlain)), roots }
  }
  if (ways.length > 0) throw usage('--way belongs to a hybrid alone')
  return plainTrustPolicy(parsePlain(model), roots)
}

function parsePlain(text: string): PlainTrustModel {
  if (!PLAIN_MODELS.includes(text))
    throw usage(`"${text}" is no model of trust: there are ${PLAIN_MODELS.join(', ')} and hybrid`)
  return text as PlainTrustModel
}
