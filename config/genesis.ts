/**
 * The genesis of a network as a file: who sits at the first table, and by which parameters.
 *
 * The file is JSON for people to read. What identifies the network is a hash over another
 * encoding of the same contents, and making that is a rule of the ledger, not of this room.
 *
 * @module
 */

import {
  judgeRefoundedGenesis,
  PARAMETER_ORDERINGS,
  type RefoundedFrom,
  type TrustPolicy,
  toHex
} from '../protocol/index.ts'
import { type GenesisDocument, genesisSchema } from './genesis-schema.ts'
import type { Fault } from './judge.ts'
import { readJudged } from './judged-document.ts'
import { type Path, showPath, showValue } from './show-value.ts'

const FILE_MAX_CHARACTERS = 1_048_576
const WEIGHT_SUM_MAX = 10_000

/** Entries of a list that repeat what an earlier one has in the same field. */
function* findRepeats<Item>(
  items: readonly Item[],
  keyOf: (item: Item) => string,
  pathOf: (index: number) => Path
): Generator<Fault> {
  const firstByKey = new Map<string, number>()
  for (const [index, item] of items.entries()) {
    const key = keyOf(item)
    const first = firstByKey.get(key)
    if (first === undefined) firstByKey.set(key, index)
    else
      yield {
        path: pathOf(index),
        part: 'value',
        what: `is the same as ${showPath(pathOf(first))}`
      }
  }
}

function* findMemberMismatches({ members, regions }: GenesisDocument): Generator<Fault> {
  // One key in two roles or two seats would let one signature stand for two.
  yield* findRepeats(
    members.flatMap(({ memberId, voteKey }) => [memberId, voteKey]),
    toHex,
    (index) => ['members', Math.floor(index / 2), index % 2 === 0 ? 'memberId' : 'voteKey']
  )
  const known = new Set(regions)
  for (const [index, { region }] of members.entries())
    if (!known.has(region))
      yield {
        path: ['members', index, 'region'],
        part: 'value',
        what: `${showValue(region)} is not among the regions of the network`
      }
  const weight = members.reduce((sum, member) => sum + member.weight, 0)
  if (weight > WEIGHT_SUM_MAX)
    yield {
      path: ['members'],
      part: 'value',
      what: `weights add up to ${weight}, at most ${WEIGHT_SUM_MAX} are allowed`
    }
}

function* findMismatches(document: GenesisDocument): Generator<Fault> {
  yield* findMemberMismatches(document)
  yield* findRepeats(
    document.vendorGrants,
    ({ vendorId }) => toHex(vendorId),
    (index) => ['vendorGrants', index, 'vendorId']
  )
  yield* findRepeats(
    document.regions,
    (region) => region,
    (index) => ['regions', index]
  )
  for (const [lower, upper] of PARAMETER_ORDERINGS) {
    const [low, high] = [document.parameters[lower], document.parameters[upper]]
    if (low > high)
      yield {
        path: ['parameters', lower],
        part: 'value',
        what: `${low} is above ${upper}, ${high}`
      }
  }
  if (document.refounded === undefined) return
  const judged = judgeRefoundedGenesis(document)
  if (!judged.ok)
    yield {
      path: ['refounded'],
      part: 'value',
      what: `does not lead to this genesis (${judged.fault})`
    }
}

/**
 * Reads a genesis file.
 *
 * @param text - JSON, from anybody
 * @param path - the name of the file in errors
 * @throws {@link ConfigError} `GENESIS_WRONG`, one line for each fault
 */
export function parseGenesis(text: string, path: string): GenesisDocument {
  const { value, refuse } = readJudged(text, genesisSchema, {
    source: path,
    syntax: 'json',
    sizeMaxCharacters: FILE_MAX_CHARACTERS,
    code: 'GENESIS_WRONG'
  })
  refuse([...findMismatches(value)])
  return value
}

/** The JSON text of a genesis; {@link parseGenesis} reads the same document back. */
export function formatGenesis(document: GenesisDocument): string {
  const { networkId, timeMs, faultModel, parameters, regions } = document
  // Fields are named one by one, so that nothing else a caller's objects hold gets into the file.
  const members = document.members.map((member) => ({
    memberId: toHex(member.memberId),
    voteKey: toHex(member.voteKey),
    nextVoteKeyHash: toHex(member.nextVoteKeyHash),
    recoveryKeyHash: toHex(member.recoveryKeyHash),
    operatorId: toHex(member.operatorId),
    region: member.region,
    weight: member.weight,
    endpoints: member.endpoints
  }))
  const vendorGrants = document.vendorGrants.map((grant) => ({
    vendorId: toHex(grant.vendorId),
    birthCap: grant.birthCap,
    claimsPerDay: grant.claimsPerDay,
    rateUnitsPerHour: grant.rateUnitsPerHour
  }))
  const time = new Date(timeMs).toISOString()
  const fields = {
    networkId,
    timeMs: time,
    faultModel,
    trust: formatTrust(document.trust),
    vendorTrust: formatTrust(document.vendorTrust),
    parameters,
    members,
    vendorGrants,
    regions,
    ...(document.refounded === undefined ? {} : { refounded: formatRefounded(document.refounded) })
  }
  return `${JSON.stringify(fields, undefined, 2)}\n`
}

function formatRefounded(refounded: RefoundedFrom): object {
  return {
    networkId: refounded.networkId,
    genesisHash: toHex(refounded.genesisHash),
    electorateBytes: toHex(refounded.electorateBytes),
    baseHeaderBytes: toHex(refounded.baseHeaderBytes),
    closings: refounded.closings.map(toHex),
    stateRoot: toHex(refounded.stateRoot)
  }
}

function formatTrust({ model, ways, roots }: TrustPolicy): object {
  const shownRoots = roots.map(({ key, quota }) => ({ key: toHex(key), quota }))
  return model === 'hybrid' ? { model, ways, roots: shownRoots } : { model, roots: shownRoots }
}
