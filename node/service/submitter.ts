/**
 * The submitter: a member takes transactions in itself, an observer hands them to a member.
 *
 * @module
 */

import type { Intake } from '../intake/intake.ts'
import type { Submission } from '../ledger-service.ts'
import type { Network } from '../network/network.ts'
import { decodeSubmission, encodeSubmission } from './submission-message.ts'

const FORWARD_TIMEOUT_MS = 8_000
/** Members tried before the answer is "busy". */
const MEMBERS_TRIED_MAX = 3
const BUSY_RETRY_MS = 1_000

/** Makes the function through which every surface submits. */
export function createSubmitter(
  intake: Intake | null,
  network: Pick<Network, 'peers' | 'request' | 'serve'>
): (wire: Uint8Array) => Promise<Submission> {
  if (intake === null) return (wire) => forward(wire, network)
  network.serve('submit', async (_from, wire) => encodeSubmission(await intake.submit(wire)))
  return (wire) => intake.submit(wire)
}

/** Tries the nearest members in turn; bytes are the same everywhere, so nothing counts twice. */
async function forward(
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
    if (submission !== undefined) return submission
  }
  return { kind: 'busy', code: 'NO_MEMBER_REACHED', retryAfterMs: BUSY_RETRY_MS }
}

/** A member that did not answer: the next one is tried. */
function unanswered(): undefined {
  return undefined
}
