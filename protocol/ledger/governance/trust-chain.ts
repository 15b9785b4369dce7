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
  const chain: TrustCertificate[] = []
  for (const der of proofs) {
    const certificate = readTrustCertificate(der)
    if (certificate === undefined) return reject('ANCHOR_MALFORMED')
    chain.push(certificate)
  }
  const [own] = chain
  if (own === undefined) return reject('ANCHOR_MISSING')
  if (!isSubject(own.key, options)) return reject('ANCHOR_SUBJECT_WRONG')
  for (const [index, certificate] of chain.entries()) {
    if (timeMs < certificate.notBeforeMs || timeMs > certificate.notAfterMs)
      return reject('ANCHOR_EXPIRED')
    // Between this one and the subject's own stand index − 1 others.
    const { authority } = certificate
    if (index > 0 && (authority === null || authority.pathLengthMax < index - 1))
      return reject('ANCHOR_NOT_AUTHORITY')
    const issuer = chain[index + 1]
    if (issuer !== undefined && !isCertificateSignedBy(certificate, issuer.key))
      return reject('ANCHOR_SIGNATURE_WRONG')
  }
  const last = chain[chain.length - 1] as TrustCertificate
  const root = roots.find(({ key }) => isCertificateSignedBy(last, key))
  return root === undefined ? reject('ANCHOR_ROOT_UNKNOWN') : acceptAs(root)
}

function isSubject(key: Uint8Array, subject: TrustSubjectKey): boolean {
  return 'subjectKey' in subject
    ? equalBytes(key, subject.subjectKey)
    : equalBytes(vendorIdOf([key], 1), subject.vendorId)
}
