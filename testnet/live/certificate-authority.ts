/**
 * A certificate authority of the live tests: an Ed25519 root that certifies keys with X.509.
 *
 * @module
 */

import { randomBytes } from 'node:crypto'
import { AsnConvert } from '@peculiar/asn1-schema'
import {
  AlgorithmIdentifier,
  AttributeTypeAndValue,
  AttributeValue,
  Certificate,
  Name,
  RelativeDistinguishedName,
  SubjectPublicKeyInfo,
  TBSCertificate,
  Validity,
  Version
} from '@peculiar/asn1-x509'
import { createEd25519Signer } from '#crypto'

/** A root whose key the members may keep. */
export interface CertificateAuthority {
  /** Ed25519 public key. */
  readonly key: Uint8Array
  /** The certificate of an Ed25519 key in DER, signed by the root itself. */
  readonly certify: (key: Uint8Array) => Uint8Array
}

const OID_ED25519 = '1.3.101.112'
const OID_COMMON_NAME = '2.5.4.3'
const DAY_MS = 86_400_000

/** Makes a root with a fresh key. */
export function createCertificateAuthority(name: string): CertificateAuthority {
  const signer = createEd25519Signer(new Uint8Array(randomBytes(32)))
  return {
    key: signer.publicKey,
    certify: (key) => {
      const body = bodyOf(key, name)
      const signed = new Uint8Array(AsnConvert.serialize(body))
      const certificate = new Certificate({
        tbsCertificate: body,
        signatureAlgorithm: ed25519(),
        signatureValue: bufferOf(signer.sign(signed))
      })
      return new Uint8Array(AsnConvert.serialize(certificate))
    }
  }
}

function bodyOf(key: Uint8Array, issuer: string): TBSCertificate {
  const nowMs = Date.now()
  return new TBSCertificate({
    version: Version.v3,
    serialNumber: Uint8Array.of(1, ...randomBytes(8)).buffer,
    signature: ed25519(),
    issuer: nameOf(issuer),
    validity: new Validity({
      notBefore: new Date(nowMs - DAY_MS),
      notAfter: new Date(nowMs + DAY_MS)
    }),
    subject: nameOf('a member'),
    subjectPublicKeyInfo: new SubjectPublicKeyInfo({
      algorithm: ed25519(),
      subjectPublicKey: bufferOf(key)
    })
  })
}

function ed25519(): AlgorithmIdentifier {
  return new AlgorithmIdentifier({ algorithm: OID_ED25519 })
}

function nameOf(text: string): Name {
  const value = new AttributeValue({ utf8String: text })
  const attribute = new AttributeTypeAndValue({ type: OID_COMMON_NAME, value })
  return new Name([new RelativeDistinguishedName([attribute])])
}

function bufferOf(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer
}
