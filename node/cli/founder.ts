/**
 * Founders: the public part of a node's keys, as its operator hands it to whoever writes a genesis.
 *
 * @module
 */

import { ConfigError, parseGenesis } from '../../config/index.ts'
import { type GenesisMember, keyHash, toHex } from '../../protocol/index.ts'
import { NodeError } from '../errors.ts'
import type { NewNodeKeys } from '../node-keys.ts'
import { trouble } from './files.ts'

/** What an operator says about a node that its keys do not. */
export interface FounderPlace {
  readonly operatorId: Uint8Array
  readonly region: string
  readonly weight: number
  readonly endpoints: readonly string[]
}

/** The founding member with these keys. */
export function founderOf(keys: NewNodeKeys, place: FounderPlace): GenesisMember {
  const [present, next] = [keys.voteKeys.get(0), keys.voteKeys.get(1)]
  if (present === undefined || next === undefined)
    throw new NodeError('KEY_FILE_WRONG', 'a founder needs the vote keys of the epochs 0 and 1')
  return {
    memberId: keys.identity.publicKey,
    voteKey: present.publicKey,
    nextVoteKeyHash: keyHash(next.publicKey),
    recoveryKeyHash: keyHash(keys.recovery.publicKey),
    ...place
  }
}

/** A founder as JSON fields, bytes in hexadecimal. */
export function founderToFields(founder: GenesisMember): Readonly<Record<string, unknown>> {
  return {
    memberId: toHex(founder.memberId),
    voteKey: toHex(founder.voteKey),
    nextVoteKeyHash: toHex(founder.nextVoteKeyHash),
    recoveryKeyHash: toHex(founder.recoveryKeyHash),
    operatorId: toHex(founder.operatorId),
    region: founder.region,
    weight: founder.weight,
    endpoints: founder.endpoints
  }
}

/**
 * Reads a founder's file by the rules that a genesis has for its members.
 *
 * @param text - JSON, from anybody
 * @param path - the name of the file in errors
 * @throws NodeError or ConfigError, GENESIS_WRONG
 */
export function parseFounder(text: string, path: string): GenesisMember {
  const value = parseJson(text, path)
  const region = regionOf(value) ?? 'none'
  // A genesis around this one member: so the rules for members are written once.
  const around = {
    networkId: 'founder',
    timeMs: 0,
    faultModel: 'crash',
    members: [value],
    regions: [region]
  }
  try {
    const [founder] = parseGenesis(JSON.stringify(around), path).members
    if (founder !== undefined) return founder
  } catch (error) {
    if (error instanceof ConfigError) throw asOfFounder(error, path)
    throw error
  }
  throw new NodeError('GENESIS_WRONG', `${path}: holds no founder`)
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw trouble('GENESIS_WRONG', `${path}: is no JSON`, error)
  }
}

function regionOf(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || !('region' in value)) return undefined
  // One that is no region's name is named at its place among the members alone.
  return /^[a-z0-9-]{1,32}$/.test(String(value.region)) ? String(value.region) : undefined
}

/** The same problems, placed in the founder's file instead of the genesis around it. */
function asOfFounder(error: ConfigError, source: string): ConfigError {
  const problems = error.problems.map(({ path, what }) => ({
    source,
    path: path.replace(/^members\[0\]\.?/, ''),
    what
  }))
  return new ConfigError(error.code, problems, { cause: error })
}
