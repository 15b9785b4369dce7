/**
 * The sync liar: tells those who are behind of heights that are not, and gives them
 * blocks and snapshots that lead nowhere.
 *
 * @module
 */

import {
  decodeFetchRequest,
  decodeNodeStatus,
  decodeParcels,
  encodeBlockAnswer,
  encodeNodeStatus,
  type FinalBlockParcel
} from '../../../node/sync/sync-message.ts'
import {
  createBlock,
  encodeStatusMessage,
  type MemberMessage,
  type View
} from '../../../protocol/index.ts'
import type { Outgoing } from '../virtual/node-network.ts'
import { forgeCertificate } from './forged-certificate.ts'
import { flipped, junk, readOwn } from './own-view.ts'
import { type RawCertificate, type RawParcel, rawOf, rawParcels } from './raw-message.ts'
import { SnapshotLies } from './snapshot-lies.ts'
import type { AskedQuestion, Hands, SentMessage, Vice } from './vice.ts'

/** Gives something else for a run of final blocks; undefined is silence. */
type Run = (hands: Hands, parcels: readonly FinalBlockParcel[]) => Uint8Array | undefined

/** How one liar goes about it, once and for all. */
interface Manner {
  /** The one lie that it sticks to; undefined for another one each time. */
  readonly run: string | undefined
  readonly liePermille: number
}

const TALL_HEIGHT = 2_000
const TALL_VIEWS = 1_000
const ENDLESS_PARCELS = 200
const LIE_PERMILLE = 600
const ALWAYS_PERMILLE = 1_000
const JUNK_BYTES = 400

const RUNS: Readonly<Record<string, Run>> = {
  silence: () => undefined,
  empty: () => rawParcels([]),
  garbage: ({ dice }) => junk(dice, JUNK_BYTES),
  truncated: (hands, parcels) =>
    rawParcels(parcels.slice(0, hands.dice.below(parcels.length)).map(genuine)),
  headless: (_, parcels) => rawParcels(parcels.slice(1).map(genuine)),
  backwards: (_, parcels) => rawParcels(parcels.toReversed().map(genuine)),
  endless: (_, parcels) => {
    const [first] = parcels
    return first && rawParcels(Array.from({ length: ENDLESS_PARCELS }, () => genuine(first)))
  },
  old: (hands) => {
    const stored = hands.replica().archive.block(1)
    return stored && rawParcels([genuine({ ...stored, batches: [] })])
  },
  fork: (hands, parcels) => rawParcels(parcels.map((parcel) => onFork(hands, parcel))),
  'forged-finalisation': (hands, parcels) =>
    rawParcels(
      parcels.map((parcel) => ({ ...parcel, finalisation: forgedFor(hands, parcel.block.id) }))
    ),
  'spoilt-signature': ({ dice }, parcels) =>
    rawParcels(
      parcels.map((parcel) => {
        const { finalisation } = genuine(parcel)
        if (finalisation === null) return { ...parcel, finalisation }
        const signatures = finalisation.signatures.map((one) => flipped(dice, one))
        return { ...parcel, finalisation: { ...finalisation, signatures } }
      })
    )
}

const RUN_NAMES = Object.keys(RUNS)

/** A fresh one. */
export function createSyncLiar(): Vice {
  let manner: Manner | undefined
  const mannerOf = ({ dice }: Hands): Manner => {
    manner ??= dice.happens(500)
      ? { run: undefined, liePermille: LIE_PERMILLE }
      : { run: dice.pick(RUN_NAMES), liePermille: ALWAYS_PERMILLE }
    return manner
  }
  const lies = new SnapshotLies()
  return {
    name: 'sync-liar',
    send: boast,
    start: (hands) => lies.start(hands),
    answer: (hands, asked) => mislead(hands, asked, { ...mannerOf(hands), lies })
  }
}

/** Its status among members tells of views and heights that nobody has seen. */
function boast(hands: Hands, { message }: SentMessage): Outgoing {
  const read: MemberMessage | undefined = readOwn(hands, message)
  if (read?.kind !== 'status' || !hands.dice.happens(LIE_PERMILLE)) return [message]
  hands.mark('boast')
  const { view, finalView, height } = read.status
  return [
    encodeStatusMessage({
      ...read.status,
      view: (view + TALL_VIEWS) as View,
      finalView: (finalView + hands.dice.below(TALL_VIEWS)) as View,
      height: height + TALL_HEIGHT
    })
  ]
}

function mislead(
  hands: Hands,
  { protocol, request, answer }: AskedQuestion,
  { run, liePermille, lies }: Manner & { readonly lies: SnapshotLies }
): Uint8Array | undefined {
  const { dice } = hands
  if (protocol === 'status') return misstate(hands, answer)
  const asked = protocol === 'fetch' ? decodeFetchRequest(request) : undefined
  if (asked === undefined || !dice.happens(liePermille)) return answer
  if (
    asked.kind === 'snapshots' ||
    asked.kind === 'snapshot-manifest' ||
    asked.kind === 'snapshot-part'
  )
    return lies.answer(hands, asked, answer)
  if (asked.kind === 'final-blocks') {
    const name = run ?? dice.pick(RUN_NAMES)
    hands.mark(name)
    return (RUNS[name] as Run)(hands, decodeParcels(answer) ?? [])
  }
  hands.mark(asked.kind)
  if (asked.kind !== 'block' || dice.happens(500)) return junk(dice, JUNK_BYTES)
  const { archive, keeper } = hands.replica()
  return encodeBlockAnswer(archive.block(dice.between(1, Math.max(1, keeper.tip.height)))?.block)
}

/** Two thousand at one time, and little at another. */
function misstate(hands: Hands, answer: Uint8Array): Uint8Array {
  const status = decodeNodeStatus(answer)
  if (status === undefined) return answer
  const { dice } = hands
  hands.mark('height')
  const height = dice.happens(600) ? TALL_HEIGHT + dice.below(100) : dice.below(status.height + 1)
  return encodeNodeStatus({ ...status, height })
}

function genuine({ block, finalisation, batches }: FinalBlockParcel): RawParcel {
  return { block, batches, finalisation: finalisation === null ? null : rawOf(finalisation) }
}

/** The block as it never was. */
function onFork(hands: Hands, { block, batches }: FinalBlockParcel): RawParcel {
  const { header } = block
  const other = createBlock({ ...header, timeMs: header.timeMs + 1 }, block.batches)
  return { block: other, batches, finalisation: forgedFor(hands, other.id) }
}

function forgedFor(hands: Hands, blockId: RawParcel['block']['id']): RawCertificate | null {
  const forged = forgeCertificate(hands, 'duplicate-signers')
  if (forged === undefined) return null
  const { vote } = forged
  const subject = { parentView: vote.subject?.parentView ?? vote.view, blockId }
  return { ...forged, vote: { ...vote, kind: 'finalise', subject } }
}
