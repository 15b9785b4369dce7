/**
 * What a message says, in a few words.
 *
 * @module
 */

import type { MemberProtocol, RequestProtocol } from '../../../node/network/protocol-names.ts'
import { decodeFetchRequest } from '../../../node/sync/sync-message.ts'
import {
  type Certificate,
  decodeMemberMessage,
  type MemberIndex,
  type MemberMessage,
  type Proposal,
  type Status,
  type Vote
} from '../../../protocol/index.ts'

const CERTIFICATE_NAMES: Readonly<Record<Vote['kind'], string>> = {
  notarise: 'notarisation',
  nullify: 'nullification',
  finalise: 'finalisation'
}
const ID_DIGITS = 4

/**
 * Puts a message into words.
 *
 * @param from - the seat that sent it
 */
export function messageLine(
  protocol: MemberProtocol | RequestProtocol,
  message: Uint8Array,
  from: number
): string {
  if (protocol === 'batches') return `batch (${message.length} B)`
  if (protocol === 'fetch') return questionLine(message)
  if (protocol !== 'votes') return `asks ${protocol}`
  const read = decodeMemberMessage(message, from as MemberIndex)
  return read === undefined ? `nonsense (${message.length} B)` : memberLine(read)
}

/** The first digits of an id. */
export function shortId(id: string): string {
  return `${id.slice(0, ID_DIGITS)}…`
}

function memberLine(read: MemberMessage): string {
  switch (read.kind) {
    case 'vote':
      return voteLine(read.vote.vote)
    case 'proposal':
      return proposalLine(read.proposal)
    case 'certificate':
      return `certificate ${certificateLine(read.certificate)}`
    case 'status':
      return statusLine(read.status)
  }
}

function voteLine({ kind, view, subject }: Vote): string {
  return `${kind.toUpperCase()} v${view}${subject === null ? '' : ` ${shortId(subject.blockId)}`}`
}

function proposalLine({ block, vote: signed, justification }: Proposal): string {
  const { height } = block.header
  const { view, subject } = signed.vote
  const gaps = justification.filter(({ vote }) => vote.kind === 'nullify').length
  const jumped = gaps === 0 ? '' : `, ${gaps} nullified between`
  const contents = view > block.header.view ? 'a seal again' : `${block.batches.length} batches`
  return `proposes v${view} h${height} ${shortId(block.id)} on v${subject?.parentView}, ${contents}${jumped}`
}

function certificateLine({ vote: { kind, view, subject } }: Certificate): string {
  const about = subject === null ? '' : ` ${shortId(subject.blockId)}`
  return `${CERTIFICATE_NAMES[kind]} v${view}${about}`
}

function statusLine(status: Status): string {
  const { view, finalView, height, latestVoteOfYours, hasTwin, isQuestion } = status
  const seen = latestVoteOfYours === null ? 'no vote' : `a vote in v${latestVoteOfYours.vote.view}`
  const twin = hasTwin ? ', two of you' : ''
  const question = isQuestion ? ', and you?' : ''
  return `status v${view} final v${finalView} h${height}, saw ${seen} of yours${twin}${question}`
}

function questionLine(message: Uint8Array): string {
  const question = decodeFetchRequest(message)
  switch (question?.kind) {
    case 'batches':
      return `asks for ${question.ids.length} batches`
    case 'block':
      return `asks for block ${shortId(question.id)}`
    case 'certificates':
      return `asks for certificates v${question.first} to v${question.last}`
    case 'final-blocks':
      return `asks for ${question.count} final blocks from h${question.from}`
    case 'snapshots':
      return 'asks for the snapshots'
    case 'snapshot-manifest':
      return 'asks for the manifest of a snapshot'
    case 'snapshot-part':
      return `asks for ${question.part.kind} ${question.part.index} of a snapshot`
    case 'state-values':
      return `asks for ${question.places.length} values of the state`
    case 'outcomes':
      return `asks for the outcomes of h${question.height}`
    case 'seals':
      return `asks for the seals from epoch ${question.from} on`
    case undefined:
      return `asks nonsense (${message.length} B)`
  }
}
