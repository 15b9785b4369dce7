/**
 * A motion that the only member of a network carries alone, for tests.
 *
 * @module
 */

import {
  BALLOT_KIND,
  encodeBallot,
  encodeMotionOpen,
  MOTION_OPEN_KIND,
  PARAMETERS,
  type PrivateKey,
  publicKeyOf
} from '../../protocol/index.ts'
import { joinTransaction, type SignedTransaction, signBody } from '../signed-transaction.ts'

const LAPSE_MS = 60_000
const CHANGED = PARAMETERS.findIndex(({ name }) => name === 'heartbeatMs')

/** The member asks for another heartbeat, and agrees with itself. */
export function signMotion(
  memberKey: PrivateKey,
  { networkTag, timeMs }: { readonly networkTag: Uint8Array; readonly timeMs: number }
): readonly Uint8Array[] {
  const memberId = publicKeyOf(memberKey)
  const sign = (kind: number, body: Uint8Array): SignedTransaction => {
    const signature = signBody(memberKey, body, { networkTag, kind, role: 'member' })
    return joinTransaction(networkTag, body, [signature])
  }
  // Any value that was not there before will do.
  const value = (PARAMETERS[CHANGED]?.min ?? 0) + (Math.floor(timeMs / 1000) % 10_000)
  const asked = sign(
    MOTION_OPEN_KIND,
    encodeMotionOpen({
      memberId,
      memberSequence: timeMs,
      motion: { type: 'change-parameter', number: CHANGED, value },
      notAfterMs: timeMs + LAPSE_MS
    })
  )
  const ballot = encodeBallot({
    memberId,
    memberSequence: timeMs + 1,
    motionId: asked.transactionId,
    choice: 1
  })
  return [asked.wire, sign(BALLOT_KIND, ballot).wire]
}
