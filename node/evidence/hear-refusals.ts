/**
 * Hearing refusals: an observer keeps what a member has refused, in case that member does not.
 *
 * @module
 */

import { decodeTransaction } from '../../protocol/index.ts'
import type { Submission } from '../ledger-service.ts'
import type { EvidenceKeeper } from './evidence-keeper.ts'

/** Hands in; and while this node is an observer, tells the keeper what was refused. */
export function hearingRefusals(
  submit: (wire: Uint8Array) => Promise<Submission>,
  ports: {
    readonly networkTag: Uint8Array
    readonly isObserver: () => boolean
    readonly keeper: () => Pick<EvidenceKeeper, 'refused'>
  }
): (wire: Uint8Array) => Promise<Submission> {
  return async (wire) => {
    const submission = await submit(wire)
    if (submission.kind !== 'refused' || submission.isStateless || !ports.isObserver())
      return submission
    const decoded = decodeTransaction(wire, ports.networkTag)
    if (decoded.ok)
      ports
        .keeper()
        .refused(decoded.value, submission.code, { isVerified: false, isOfOthers: true })
    return submission
  }
}
