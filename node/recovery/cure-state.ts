/**
 * Cures of the state's records: what memory commits to decides, whoever brings it.
 *
 * @module
 */

import {
  concatBytes,
  equalBytes,
  faultWeightOf,
  stateKey,
  stateValueHash
} from '../../protocol/index.ts'
import { FLOOR_KEY, stateValueKey, treeLeafKey } from '../ledger/keyspace.ts'
import { encodeFloor, putFloor } from '../ledger/open-ledger.ts'
import { readIfWhole } from '../storage/damaged-record.ts'
import {
  decodeStateValuesAnswer,
  encodeFetchRequest,
  type StatePlace
} from '../sync/sync-message.ts'
import type { CureOutcome } from './cure-desk.ts'
import { type CurePorts, writeCure } from './cure-ports.ts'

/**
 * A value of the state: asked of peers until one sends what the tree in memory commits to.
 *
 * When more members than may be faulty have another value there, the state has gone on without this
 * node, and what it lacks is nowhere any more but with those who are as far behind.
 *
 * @param place - read off a key that may be spoilt: then no leaf knows it, and it is taken away
 */
export async function cureStateValue(place: StatePlace, ports: CurePorts): Promise<CureOutcome> {
  const settled = await ports.betweenCommits(() => settleWithoutPeers(place, ports))
  if (settled !== undefined) return settled
  const request = encodeFetchRequest({ kind: 'state-values', places: [place] })
  let movedWeight = 0
  for (const peer of ports.peers()) {
    const answer = await ports.ask(peer, request)
    const value = answer === undefined ? undefined : decodeStateValuesAnswer(answer)?.[0]
    // a peer may be at another height: what it sends is no lie, only of no use now
    if (value === undefined || value === null) continue
    const isWritten = await ports.betweenCommits(() => writeIfCommitted(place, value, ports))
    if (isWritten) return 'cured'
    movedWeight += weightOf(peer, ports)
  }
  return movedWeight > faultWeightOf(ports.electorate()) ? 'outdated' : 'unobtainable'
}

/** A leaf of the tree, written anew from the tree in memory. */
export function cureTreeLeaf(index: number, ports: CurePorts): Promise<CureOutcome> {
  return ports.betweenCommits(async (): Promise<CureOutcome> => {
    const leaf = ports.packedLeaf(index)
    const key = treeLeafKey(index)
    await writeCure(ports, (batch) =>
      leaf === undefined ? batch.delete(key) : batch.put(key, leaf)
    )
    return leaf === undefined ? 'dropped' : 'cured'
  })
}

/** The floor, written anew from memory. */
export function cureFloor(ports: CurePorts): Promise<CureOutcome> {
  return ports.betweenCommits(async (): Promise<CureOutcome> => {
    await writeCure(ports, (batch) => putFloor(batch, ports.floor()))
    return 'cured'
  })
}

/** Whether the stored floor is the one in memory; to be asked between commits. */
export function isFloorWhole({ database, floor }: Pick<CurePorts, 'database' | 'floor'>): boolean {
  const stored = readIfWhole(() => database.getSync(FLOOR_KEY))
  return stored !== undefined && equalBytes(stored, encodeFloor(floor()))
}

async function settleWithoutPeers(
  place: StatePlace,
  ports: CurePorts
): Promise<CureOutcome | undefined> {
  const { database } = ports
  const key = stateValueKey(place.table, place.key)
  const expected = committedHash(place, ports)
  if (expected === undefined) {
    for (const likely of likelyPlaces(place, ports))
      database.reportDamage(stateValueKey(likely.table, likely.key), 'the key is spoilt')
    await writeCure(ports, (batch) => batch.delete(key))
    return 'dropped'
  }
  return isValueWhole(place, ports) ? 'whole' : undefined
}

/** Places that differ in one bit from one that is nowhere in the state: one of them it once was. */
export function likelyPlaces(
  { table, key }: StatePlace,
  ports: Pick<CurePorts, 'database' | 'tip'>
): readonly StatePlace[] {
  const spoilt = concatBytes(Uint8Array.of(table), key)
  const likely: StatePlace[] = []
  for (let bit = 0; bit < 8 * spoilt.length; bit++) {
    const turned = spoilt.slice()
    turned[bit >> 3] = (turned[bit >> 3] as number) ^ (1 << (bit & 7))
    const place = { table: turned[0] as number, key: turned.subarray(1) }
    if (committedHash(place, ports) !== undefined && !isValueWhole(place, ports)) likely.push(place)
  }
  return likely
}

/** Whether the stored value is the one that the tree commits to; to be asked between commits. */
export function isValueWhole(
  place: StatePlace,
  ports: Pick<CurePorts, 'database' | 'tip'>
): boolean {
  const expected = committedHash(place, ports)
  const found = readIfWhole(() => ports.database.getSync(stateValueKey(place.table, place.key)))
  if (expected === undefined || found === undefined) return false
  return equalBytes(stateValueHash(found), expected)
}

async function writeIfCommitted(
  place: StatePlace,
  value: Uint8Array,
  ports: CurePorts
): Promise<boolean> {
  const expected = committedHash(place, ports)
  if (expected === undefined || !equalBytes(stateValueHash(value), expected)) return false
  await writeCure(ports, (batch) => batch.put(stateValueKey(place.table, place.key), value))
  return true
}

/** What a peer's word weighs: nothing where it is no member. */
function weightOf(peer: string, ports: Pick<CurePorts, 'electorate'>): number {
  const { indexOf, seats } = ports.electorate()
  const index = indexOf.get(peer)
  return index === undefined ? 0 : (seats[index]?.weight ?? 0)
}

function committedHash(
  { table, key }: StatePlace,
  { tip }: Pick<CurePorts, 'tip'>
): Uint8Array | undefined {
  return tip().tree.valueHash(stateKey(table, key))
}
