/**
 * The forger: shows certificates that nobody gave, wherever certificates are shown.
 *
 * @module
 */

import { decodeFetchRequest, decodeParcels } from '../../../node/sync/sync-message.ts'
import type { BlockId, Certificate } from '../../../protocol/index.ts'
import type { Outgoing } from '../virtual/node-network.ts'
import { FORGERIES, type Forgery, forgeCertificate } from './forged-certificate.ts'
import { readOwn } from './own-view.ts'
import {
  type RawCertificate,
  rawCertificateMessage,
  rawCertificatesAnswer,
  rawOf,
  rawParcels,
  rawProposalMessage
} from './raw-message.ts'
import type { AskedQuestion, Hands, SentMessage, Vice } from './vice.ts'

const PAUSE_MS = 250
const PROPOSAL_PERMILLE = 500
const ANSWER_PERMILLE = 700

/** A fresh one. */
export function createForger(): Vice {
  return {
    name: 'forger',
    start: (hands) =>
      hands.every(PAUSE_MS, () => {
        const forged = forge(hands)
        if (forged !== undefined)
          hands.push('votes', hands.dice.pick(hands.others), rawCertificateMessage(forged))
      }),
    send: spoilProposal,
    answer: spoilAnswer
  }
}

function forge(hands: Hands): RawCertificate | undefined {
  const forgery: Forgery = hands.dice.pick(FORGERIES)
  const forged = forgeCertificate(hands, forgery)
  if (forged !== undefined) hands.mark(forgery)
  return forged
}

/** A forged certificate stands beside those that justify its proposal, or in their place. */
function spoilProposal(hands: Hands, { message }: SentMessage): Outgoing {
  const { dice } = hands
  const read = readOwn(hands, message)
  if (read?.kind !== 'proposal' || !dice.happens(PROPOSAL_PERMILLE)) return [message]
  const forged = forge(hands)
  if (forged === undefined) return [message]
  const genuine = read.proposal.justification.map(rawOf)
  const justification = dice.happens(500) ? [forged, ...genuine] : [forged]
  return [rawProposalMessage(read.proposal, justification, read.batches)]
}

function spoilAnswer(hands: Hands, { protocol, request, answer }: AskedQuestion): Uint8Array {
  const asked = protocol === 'fetch' ? decodeFetchRequest(request) : undefined
  if (asked === undefined || !hands.dice.happens(ANSWER_PERMILLE)) return answer
  const forged = forge(hands)
  if (forged === undefined) return answer
  if (asked.kind === 'certificates') return rawCertificatesAnswer([forged])
  if (asked.kind !== 'final-blocks') return answer
  const parcels = decodeParcels(answer) ?? []
  const last = parcels[parcels.length - 1]
  if (last === undefined) return answer
  const finalisation = pretendFinal(forged, last.block.id)
  return rawParcels([
    ...parcels
      .slice(0, -1)
      .map((parcel) => ({ ...parcel, finalisation: raw(parcel.finalisation) })),
    { ...last, finalisation }
  ])
}

/** The forged certificate, but about the block that it shall prove. */
function pretendFinal(forged: RawCertificate, blockId: BlockId): RawCertificate {
  const { vote } = forged
  const subject = { parentView: vote.subject?.parentView ?? vote.view, blockId }
  return { ...forged, vote: { ...vote, kind: 'finalise', subject } }
}

function raw(certificate: Certificate | null): RawCertificate | null {
  return certificate === null ? null : rawOf(certificate)
}
