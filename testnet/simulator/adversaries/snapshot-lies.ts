/**
 * Lies about snapshots: offers of what is not, manifests that name other values, parts that are others.
 *
 * The worst of them is prepared: a manifest of a genuine final block with genuine leaves, whose values
 * are not the state. It has an id of its own, and every part of it fits.
 *
 * @module
 */

import { sha256 } from '#crypto'
import type { Replica } from '../../../node/replica.ts'
import { type PartName, partsOf } from '../../../node/snapshot/snapshot-folder.ts'
import type { Snapshots } from '../../../node/snapshot/snapshots.ts'
import {
  decodeBytesAnswer,
  decodeOffers,
  encodeBytesAnswer,
  encodeOffers,
  type SnapshotOffer,
  type SnapshotRequest
} from '../../../node/sync/sync-message.ts'
import {
  decodeManifest,
  decodeValueChunk,
  encodeManifest,
  encodeValueChunk,
  equalBytes,
  type SnapshotManifest,
  snapshotIdOf
} from '../../../protocol/index.ts'
import { flipped, junk } from './own-view.ts'
import type { Hands } from './vice.ts'

/** A snapshot that was spoilt with care. */
interface Lie {
  readonly offer: SnapshotOffer
  readonly manifest: Uint8Array
  readonly parts: ReadonlyMap<string, Uint8Array>
}

/** One way to answer; undefined is silence. */
type Trick = (hands: Hands, answer: Uint8Array, lie: Lie | undefined) => Uint8Array | undefined

const PREPARE_MS = 1_000
const TALL_HEIGHT = 2_000
const JUNK_BYTES = 400

const TRICKS: Readonly<Record<SnapshotRequest['kind'], Readonly<Record<string, Trick>>>> = {
  snapshots: {
    boast: ({ dice }) =>
      encodeOffers([
        { height: TALL_HEIGHT + dice.below(100), id: junk(dice, 32), bytes: JUNK_BYTES }
      ]),
    lie: (_, answer, lie) =>
      lie === undefined ? answer : encodeOffers([lie.offer, ...(decodeOffers(answer) ?? [])]),
    higher: ({ dice }, answer) =>
      encodeOffers(
        (decodeOffers(answer) ?? []).map((one) => ({ ...one, height: one.height + dice.below(99) }))
      ),
    nothing: () => encodeOffers([]),
    garbage: ({ dice }) => junk(dice, JUNK_BYTES)
  },
  'snapshot-manifest': {
    other: (_, answer, lie) => (lie === undefined ? answer : encodeBytesAnswer(lie.manifest)),
    flipped: ({ dice }, answer) => spoilt(answer, (bytes) => flipped(dice, bytes)),
    garbage: ({ dice }) => encodeBytesAnswer(junk(dice, JUNK_BYTES)),
    silence: () => undefined
  },
  'snapshot-part': {
    flipped: ({ dice }, answer) => spoilt(answer, (bytes) => flipped(dice, bytes)),
    truncated: ({ dice }, answer) =>
      spoilt(answer, (bytes) => bytes.slice(0, dice.below(bytes.length))),
    forgotten: () => encodeBytesAnswer(null),
    garbage: ({ dice }) => junk(dice, JUNK_BYTES),
    silence: () => undefined
  }
}

/** The lies of one member. */
export class SnapshotLies {
  #lie: Lie | undefined

  /** A process has come up: from now on its newest snapshot is spoilt, each time there is one. */
  start(hands: Hands): void {
    if (hands.replica().snapshots === null) return
    hands.every(PREPARE_MS, () => {
      // A process that ends meanwhile has not prepared it.
      this.#prepare(hands).catch(() => undefined)
    })
  }

  /** Answers a question about snapshots. */
  answer(hands: Hands, asked: SnapshotRequest, answer: Uint8Array): Uint8Array | undefined {
    const lie = this.#lie
    if (asked.kind !== 'snapshots' && lie !== undefined && equalBytes(asked.id, lie.offer.id)) {
      hands.mark(`prepared-${asked.kind}`)
      const part = asked.kind === 'snapshot-part' ? lie.parts.get(nameOf(asked.part)) : undefined
      return encodeBytesAnswer(asked.kind === 'snapshot-part' ? (part ?? null) : lie.manifest)
    }
    const tricks = TRICKS[asked.kind]
    // What was prepared with care is told more often than all else together.
    const isPrepared = asked.kind === 'snapshots' && lie !== undefined && hands.dice.happens(800)
    const name = isPrepared ? 'lie' : hands.dice.pick(Object.keys(tricks))
    hands.mark(`${asked.kind}-${name}`)
    return (tricks[name] as Trick)(hands, answer, lie)
  }

  async #prepare(hands: Hands): Promise<void> {
    const { snapshots }: Replica = hands.replica()
    if (snapshots === null) return
    const [newest] = decodeOffers(await snapshots.answer({ kind: 'snapshots' })) ?? []
    if (newest === undefined || newest.height === this.#lie?.offer.height) return
    const { id } = newest
    const encoded = decodeBytesAnswer(await snapshots.answer({ kind: 'snapshot-manifest', id }))
    const manifest = encoded ? decodeManifest(encoded) : undefined
    const parts = manifest && (await readParts(snapshots, id, manifest))
    if (manifest === undefined || parts === undefined) return
    const other = hands.dice.happens(500) ? withoutValues(manifest) : withOther(manifest, parts)
    const offer = { height: newest.height, id: snapshotIdOf(other), bytes: newest.bytes }
    this.#lie = { offer, manifest: encodeManifest(other), parts }
  }
}

async function readParts(
  snapshots: Snapshots,
  id: Uint8Array,
  manifest: SnapshotManifest
): Promise<Map<string, Uint8Array> | undefined> {
  const parts = new Map<string, Uint8Array>()
  for (const part of partsOf(manifest)) {
    const bytes = decodeBytesAnswer(await snapshots.answer({ kind: 'snapshot-part', id, part }))
    if (!bytes) return undefined
    parts.set(nameOf(part), bytes)
  }
  return parts
}

/** The values of the last chunk are left out. */
function withoutValues(manifest: SnapshotManifest): SnapshotManifest {
  return { ...manifest, valueChunks: manifest.valueChunks.slice(0, -1) }
}

/** One value of the last chunk is another one, and the chunk is named as it is now. */
function withOther(manifest: SnapshotManifest, parts: Map<string, Uint8Array>): SnapshotManifest {
  const index = manifest.valueChunks.length - 1
  const name = nameOf({ kind: 'values', index })
  const records = decodeValueChunk(parts.get(name) ?? new Uint8Array(0))
  if (records === undefined) return withoutValues(manifest)
  const changed = records.map((record, place) =>
    place === 0 ? { ...record, value: record.value.map((byte) => byte ^ 1) } : record
  )
  const bytes = encodeValueChunk(changed)
  parts.set(name, bytes)
  const valueChunks = manifest.valueChunks.with(index, {
    hash: sha256(bytes),
    count: records.length
  })
  return { ...manifest, valueChunks }
}

function spoilt(answer: Uint8Array, spoil: (bytes: Uint8Array) => Uint8Array): Uint8Array {
  const bytes = decodeBytesAnswer(answer)
  return bytes && bytes.length > 0 ? encodeBytesAnswer(spoil(bytes)) : answer
}

function nameOf({ kind, index }: PartName): string {
  return `${kind}-${index}`
}
