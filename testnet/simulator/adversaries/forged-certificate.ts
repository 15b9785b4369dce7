/**
 * Forged certificates of seven kinds: made of what one member can have, and worth nothing.
 *
 * Each claims something that would do harm if it were believed: mostly a
 * certificate that the present view does not have yet.
 *
 * @module
 */

import {
  type Certificate,
  type Epoch,
  MEMBERS_MAX,
  type MemberIndex,
  type Vote,
  type VoteKind
} from '../../../protocol/index.ts'
import { coreOf, flipped, inventedBlockId, junk } from './own-view.ts'
import { bitmapOf, type RawCertificate, rawOf } from './raw-message.ts'
import type { Hands } from './vice.ts'

/** The kinds of forgeries. */
export const FORGERIES = [
  'duplicate-signers',
  'strangers',
  'wrong-epoch',
  'underweight',
  'flipped-bit',
  'other-vote',
  'miscounted'
] as const

/** One of them. */
export type Forgery = (typeof FORGERIES)[number]

const SIGNATURE_BYTES = 64
const KINDS: readonly VoteKind[] = ['notarise', 'nullify', 'finalise']

/** A forged certificate; of those that start from a genuine one there is none before there is one. */
export function forgeCertificate(hands: Hands, forgery: Forgery): RawCertificate | undefined {
  const genuine = newestGenuine(hands)
  switch (forgery) {
    case 'duplicate-signers':
      return duplicateSigners(hands)
    case 'strangers':
      return strangers(hands)
    case 'underweight':
      return underweight(hands, genuine)
    case 'miscounted':
      return miscounted(hands, genuine)
    case 'wrong-epoch':
      return genuine && wrongEpoch(genuine)
    case 'flipped-bit':
      return genuine && flippedBit(hands, genuine)
    case 'other-vote':
      return genuine && { ...rawOf(genuine), vote: changedVote(hands, genuine.vote) }
  }
}

/** A vote of the present view that no quorum gave. */
function wishedVote(hands: Hands): Vote {
  const { dice } = hands
  const { view, finalView, electorate, views } = coreOf(hands)
  const kind = dice.pick(KINDS)
  const proposed = views.get(view)?.proposed?.subject
  const invented = { parentView: finalView, blockId: inventedBlockId(dice) }
  const subject = dice.happens(500) ? (proposed ?? invented) : invented
  return { kind, epoch: electorate.epoch, view, subject: kind === 'nullify' ? null : subject }
}

/** The newest certificate that the member holds. */
function newestGenuine(hands: Hands): Certificate | undefined {
  const newestFirst = [...coreOf(hands).certificates.entries()].sort(([a], [b]) => b - a)
  for (const [, { finalisation, notarisation, nullification }] of newestFirst) {
    const held = [finalisation, notarisation, nullification].filter((one) => one !== null)
    if (held.length > 0) return hands.dice.pick(held)
  }
  return undefined
}

/** The own signature in the places of a quorum, or once too often for the bits. */
function duplicateSigners(hands: Hands): RawCertificate {
  const { dice, electorate, index } = hands
  const vote = wishedVote(hands)
  const { signature } = hands.signVote(vote)
  const members = electorate.seats.map((_, member) => member)
  const bitmap = bitmapOf(dice.happens(700) ? members : [index])
  return { vote, bitmap, signatures: members.map(() => signature) }
}

/** Members that there are not. */
function strangers(hands: Hands): RawCertificate {
  const vote = wishedVote(hands)
  const { seats } = hands.electorate
  const { signature } = hands.signVote(vote)
  const members = seats.map((_, member) => seats.length + member)
  return { vote, bitmap: bitmapOf(members), signatures: members.map(() => signature) }
}

function wrongEpoch(genuine: Certificate): RawCertificate {
  const raw = rawOf(genuine)
  return { ...raw, vote: { ...raw.vote, epoch: (raw.vote.epoch + 1) as Epoch } }
}

/** The last signer less than a quorum; or the own vote alone. */
function underweight(hands: Hands, genuine: Certificate | undefined): RawCertificate {
  if (genuine === undefined || hands.dice.happens(300)) {
    const vote = wishedVote(hands)
    const { signature } = hands.signVote(vote)
    return { vote, bitmap: bitmapOf([hands.index]), signatures: [signature] }
  }
  const { seats, quorumWeight } = hands.electorate
  const kept: Certificate['signatures'][number][] = []
  let weight = 0
  for (const one of genuine.signatures) {
    weight += seats[one.signer]?.weight ?? 0
    if (weight >= quorumWeight) break
    kept.push(one)
  }
  return rawOf({ vote: nextView(genuine.vote), signatures: kept })
}

function flippedBit({ dice }: Hands, genuine: Certificate): RawCertificate {
  const raw = rawOf(genuine)
  const spoilt = dice.below(raw.signatures.length)
  return {
    ...raw,
    // It would be dropped as known if it said what is held already.
    vote: nextView(raw.vote),
    signatures: raw.signatures.map((one, place) => (place === spoilt ? flipped(dice, one) : one))
  }
}

/** Genuine signatures under another block, another view or another kind. */
function changedVote(hands: Hands, vote: Vote): Vote {
  const { dice } = hands
  const parentView = vote.subject?.parentView ?? coreOf(hands).finalView
  const subject = { parentView, blockId: inventedBlockId(dice) }
  const kind = KINDS[(KINDS.indexOf(vote.kind) + dice.between(1, 2)) % KINDS.length] as VoteKind
  return dice.pick<Vote>([
    { ...vote, kind: vote.kind === 'nullify' ? 'finalise' : vote.kind, subject },
    nextView(vote),
    { ...vote, kind, subject: kind === 'nullify' ? null : (vote.subject ?? subject) }
  ])
}

/** No signatures at all, or more than there can be members, or bits that stand for nobody. */
function miscounted(hands: Hands, genuine: Certificate | undefined): RawCertificate {
  const { dice } = hands
  const raw = genuine === undefined ? duplicateSigners(hands) : rawOf(genuine)
  const many = Array.from({ length: MEMBERS_MAX + 1 }, (_, member) => member as MemberIndex)
  const signature = junk(dice, SIGNATURE_BYTES)
  return dice.pick<RawCertificate>([
    { ...raw, bitmap: new Uint8Array(0), signatures: [] },
    { ...raw, bitmap: bitmapOf([0]), signatures: [] },
    { ...raw, bitmap: bitmapOf(many), signatures: many.map(() => signature) },
    { ...raw, bitmap: Uint8Array.of(...raw.bitmap, 0) },
    { ...raw, signatures: [...raw.signatures, signature] }
  ])
}

function nextView(vote: Vote): Vote {
  return { ...vote, view: (vote.view + 1) as Vote['view'] }
}
