/**
 * The scrub of the state: values against leaves, leaves against the tree in memory.
 *
 * @module
 */

import { equalBytes, stateKey, stateValueHash } from '../../protocol/index.ts'
import { readLedgerKey, STATE_VALUES, TREE_LEAVES, treeLeafKey } from '../ledger/keyspace.ts'
import type { StatePlace } from '../sync/sync-message.ts'
import { isValueWhole, likelyPlaces } from './cure-state.ts'
import { readIfWhole } from './read-if-whole.ts'
import { type ScrubWalk, walkRange } from './scrub-walk.ts'

const HASH_BYTES = 32
/** Leaves looked at before other work gets its turn. */
const LEAVES_AT_ONCE = 1_024

/**
 * Holds every stored value against the leaf that commits to it.
 *
 * @returns how many leaves commit to a value that is not there; the hash in a leaf does not name it
 */
export async function scrubValues(walk: ScrubWalk): Promise<number> {
  const count = walk.tip().tree.count
  const seen = new Uint8Array(count)
  const note = (place: StatePlace): void => {
    const index = walk.tip().tree.leafIndex(stateKey(place.table, place.key))
    if (index !== undefined) seen[index] = 1
  }
  // what is damaged has a name, its own or, where its key is spoilt, one close to it
  const noteDamaged = (key: Uint8Array): void => {
    const place = placeOf(key)
    if (place === undefined) return
    for (const one of [place, ...likelyPlaces(place, walk)]) note(one)
  }
  for await (const page of walkRange(walk, STATE_VALUES, noteDamaged)) {
    const doubtful: Uint8Array[] = []
    const { tree } = walk.tip()
    for (const [key, value] of page) {
      const place = placeOf(key)
      if (place === undefined) continue
      const hashed = stateKey(place.table, place.key)
      note(place)
      const expected = tree.valueHash(hashed)
      if (expected === undefined || !equalBytes(expected, stateValueHash(value))) doubtful.push(key)
    }
    // a commit may have come in between: what is still wrong while there is none is damaged
    await walk.betweenCommits(async () => {
      for (const key of doubtful) {
        const place = placeOf(key)
        if (place !== undefined && !isValueWhole(place, walk)) walk.report(key)
      }
    })
  }
  return await countMissing(seen, walk)
}

/** Holds every stored leaf against the tree in memory. */
export async function scrubLeaves(walk: ScrubWalk): Promise<void> {
  const right = new Uint8Array(walk.tip().tree.count)
  for await (const page of walkRange(walk, TREE_LEAVES)) {
    const strange: number[] = []
    for (const [key, leaf] of page) {
      const record = readLedgerKey(key)
      if (record.kind !== 'tree-leaf') continue
      const { index } = record
      const expected = walk.packedLeaf(index)
      if (expected === undefined) strange.push(index)
      else if (equalBytes(expected, leaf)) right[index] = 1
    }
    await reportWrongLeaves(strange, walk)
  }
  for (let first = 0; first < right.length; first += LEAVES_AT_ONCE) {
    const chunk = right.subarray(first, first + LEAVES_AT_ONCE)
    const doubtful = [...chunk.entries()].flatMap(([at, isRight]) => (isRight ? [] : [first + at]))
    await reportWrongLeaves(doubtful, walk)
  }
}

/** Reports those that are wrong also while no commit is under way. */
function reportWrongLeaves(indices: readonly number[], walk: ScrubWalk): Promise<void> {
  return walk.betweenCommits(async () => {
    for (const index of indices) {
      const key = treeLeafKey(index)
      const expected = walk.packedLeaf(index)
      const stored = readIfWhole(() => walk.database.getSync(key))
      const isRight =
        expected === undefined || stored === undefined
          ? expected === stored
          : equalBytes(expected, stored)
      if (!isRight) walk.report(key)
    }
  })
}

async function countMissing(seen: Uint8Array, walk: ScrubWalk): Promise<number> {
  let missing = 0
  for (const [index, isSeen] of seen.entries()) {
    if (index % LEAVES_AT_ONCE === LEAVES_AT_ONCE - 1) await walk.clock.pause()
    const valueHash = isSeen === 0 ? walk.packedLeaf(index)?.subarray(2 * HASH_BYTES) : undefined
    if (valueHash?.some((byte) => byte !== 0)) missing++
  }
  return missing
}

function placeOf(key: Uint8Array): StatePlace | undefined {
  const record = readLedgerKey(key)
  return record.kind === 'state-value' ? record : undefined
}
