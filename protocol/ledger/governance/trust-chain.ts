/**
 * Certificate chains: whether certificates lead from a key to a root that the members keep.
 *
 * @see SPEC.md §7.4 Trust models
 * @see RFC 5280 §6 Certification Path Validation
 * @module
 */

import { equalBytes } from '../../foundation/bytes.ts'
import { acceptAs, reject, type Verdict } from '../../foundation/verdict.ts'
import type { TrustRoot } from '../../transactions/trust-policy.ts'
import { vendorIdOf } from '../../transactions/vendor-set.ts'
import {
  isCertificateSignedBy,
  readTrustCertificate,
  type TrustCertificate
} from './trust-certificate.ts'

/** What a chain can get wrong. */
export type TrustChainFault =
  | 'ANCHOR_MISSING'
  | 'ANCHOR_MALFORMED'
  | 'ANCHOR_SUBJECT_WRONG'
  | 'ANCHOR_EXPIRED'
  | 'ANCHOR_NOT_AUTHORITY'
  | 'ANCHOR_SIGNATURE_WRONG'
  | 'ANCHOR_ROOT_UNKNOWN'

/** Whom the first certificate must be about: a key, or the maker whose only key it is. */
export type TrustSubjectKey =
  | { readonly subjectKey: Uint8Array }
  | { readonly vendorId: Uint8Array }

/**
 * Judges a chain.
 *
 * @param proofs - certificates in DER, the subject's own first, each signed by the next, the last by a root
 * @returns the root that it leads to
 */
export function judgeTrustChain(
  proofs: readonly Uint8Array[],
  options: TrustSubjectKey & { readonly roots: readonly TrustRoot[]; readonly timeMs: number }
): Verdict<TrustChainFault, TrustRoot> {
  const { roots, timeMs } = options
  const chain = proofs.map(readTrustCertificate)
  if (!chain.every((certificate) => certificate !== undefined)) return reject('ANCHOR_MALFORMED')
  const [own] = chain
  const last = chain[chain.length - 1]
  if (own === undefined || last === undefined) return reject('ANCHOR_MISSING')
  if (!isSubject(own.key, options)) return reject('ANCHOR_SUBJECT_WRONG')
  for (const [index, certificate] of chain.entries()) {
    const fault = judgeLink(certificate, { index, issuer: chain[index + 1], timeMs })
    if (fault !== undefined) return reject(fault)
  }
  const root = roots.find(({ key }) => isCertificateSignedBy(last, key))
  return root === undefined ? reject('ANCHOR_ROOT_UNKNOWN') : acceptAs(root)
}

/** Judges one certificate of a chain; the last one's issuer is the root, which is looked for apart. */
function judgeLink(
  certificate: TrustCertificate,
  {
    index,
    issuer,
    timeMs
  }: {
    readonly index: number
    readonly issuer: TrustCertificate | undefined
    readonly timeMs: number
  }
): TrustChainFault | undefined {
  const { notBeforeMs, notAfterMs, authority } = certificate
  if (timeMs < notBeforeMs || timeMs > notAfterMs) return 'ANCHOR_EXPIRED'
  // Between this one and the subject's own stand index − 1 others.
  if (index > 0 && (authority === null || authority.pathLengthMax < index - 1))
    return 'ANCHOR_NOT_AUTHORITY'
  if (issuer === undefined || isCertificateSignedBy(certificate, issuer.key)) return undefined
  return 'ANCHOR_SIGNATURE_WRONG'
}

function isSubject(key: Uint8Array, subject: TrustSubjectKey): boolean {
  return 'subjectKey' in subject
    ? equalBytes(key, subject.subjectKey)
    : equalBytes(vendorIdOf([key], 1), subject.vendorId)
}
