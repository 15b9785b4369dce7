/**
 * The submitter: a member takes transactions in itself, an observer hands them to a member.
 *
 * @module
 */

import type { Intake } from '../intake/intake.ts'
import type { Submission } from '../ledger-service.ts'
import type { Network } from '../network/network.ts'
import { tellSubmission } from './ordering.ts'
import { decodeSubmission, encodeSubmission } from './submission-message.ts'

const FORWARD_TIMEOUT_MS = 8_000
/** Members tried before the answer is "busy". */
const MEMBERS_TRIED_MAX = 3
const BUSY_RETRY_MS = 1_000
/** Said to whoever took this node for a member: the next one is asked. */
const NOT_SEATED: Extract<Submission, { kind: 'busy' }> = {
  kind: 'busy',
  code: 'NOT_SEATED',
  retryAfterMs: BUSY_RETRY_MS
}

/** What the submitter knows of its node. */
export interface SubmitterPorts {
  /** Null while this node has no seat. */
  readonly intake: () => Intake | null
  /** Whether enough members are within this node's reach to order what it takes in. */
  readonly isOrdering: () => boolean
}

/** Makes the function through which every surface submits. */
export function createSubmitter(
  { intake, isOrdering }: SubmitterPorts,
  network: Pick<Network, 'peers' | 'request' | 'serve'>
): (wire: Uint8Array) => Promise<Submission> {
  const takeIn = async (wire: Uint8Array): Promise<Submission | undefined> => {
    const submission = await intake()?.submit(wire)
    return submission && tellSubmission(submission, isOrdering())
  }
  network.serve('submit', async (_from, wire) =>
    encodeSubmission((await takeIn(wire)) ?? NOT_SEATED)
  )
  return async (wire) => (await takeIn(wire)) ?? (await handToMember(wire, network))
}

/** Tries the nearest members in turn; bytes are the same everywhere, so nothing counts twice. */
export async function handToMember(
  wire: Uint8Array,
  network: Pick<Network, 'peers' | 'request'>
): Promise<Submission> {
  const members = network
    .peers()
    .filter(({ isMember, state }) => isMember && state === 'connected')
    .sort((a, b) => (a.roundTripMs ?? Infinity) - (b.roundTripMs ?? Infinity))
  for (const { key } of members.slice(0, MEMBERS_TRIED_MAX)) {
    const answer = await network
      .request('submit', key, wire, { timeoutMs: FORWARD_TIMEOUT_MS })
      .catch(unanswered)
    const submission = answer === undefined ? undefined : decodeSubmission(answer)
    const isNoMember = submission?.kind === 'busy' && submission.code === NOT_SEATED.code
    if (submission !== undefined && !isNoMember) return submission
  }
  return { kind: 'busy', code: 'NO_MEMBER_REACHED', retryAfterMs: BUSY_RETRY_MS }
}

/** A member that did not answer: the next one is tried. */
function unanswered(): undefined {
  return undefined
}
