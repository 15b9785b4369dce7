/**
 * DID documents of devices: `did:thingmoot:<networkId>:<deviceId>`, from proved records.
 *
 * A view, stored nowhere. It names no key that authenticates, for the key of the next message is
 * known by its hash alone, and no controller, for owners have no identity. A device's messages are
 * proved by receipts, not by this.
 *
 * @see https://www.w3.org/TR/did-1.0/
 * @module
 */

import { concatBytes, fromHex, toHex } from '../foundation/bytes.ts'
import { invariant } from '../foundation/invariant.ts'
import { acceptAs, reject, type Verdict } from '../foundation/verdict.ts'
import { DEVICE_STATUS, type DeviceRecord } from '../ledger/records/device-record.ts'
import type { OwnershipRecord } from '../ledger/records/ownership-record.ts'

/** A public key of a DID document. */
export interface VerificationMethod {
  readonly id: string
  readonly type: 'Multikey'
  readonly controller: string
  readonly publicKeyMultibase: string
}

/** A device's DID document, ready to be written as JSON. */
export interface DidDocument {
  readonly '@context': readonly string[]
  readonly id: string
  readonly verificationMethod: readonly VerificationMethod[]
  /** Proves presence. */
  readonly assertionMethod: readonly string[]
  /** What is sealed to the device, is sealed to this. */
  readonly keyAgreement: readonly string[]
  readonly service: readonly {
    readonly id: string
    readonly type: 'ThingmootNode'
    readonly serviceEndpoint: string
  }[]
  /** Commitment to the key that signs the device's next message. */
  readonly nextKeyHash: string
  /** Commitments to the keys that may re-key the device, so many of them together. */
  readonly rotationKeyHashes: readonly string[]
  readonly rotationThreshold: number
}

/** A document with what is said about it. */
export interface ResolvedDid {
  readonly didDocument: DidDocument
  readonly didDocumentMetadata: {
    /** `<incarnation>-<ownerSequence>`. */
    readonly versionId: string
    readonly deactivated: boolean
  }
}

/** A device by the parts of its DID. */
export interface DeviceDid {
  readonly networkId: string
  readonly deviceId: Uint8Array
}

/** The proved records that a document is made of. */
export interface DidRecords {
  readonly device: DeviceRecord
  readonly ownership: OwnershipRecord
  /** Addresses of nodes that answer for the ledger. */
  readonly nodeUrls: readonly string[]
}

const CONTEXT = ['https://www.w3.org/ns/did/v1', 'https://w3id.org/security/multikey/v1']
const ALPHABET = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'
const ID_BYTES = 32
// Codes of the multicodec table, as varints.
const ED25519_CODE = Uint8Array.of(0xed, 0x01)
const X25519_CODE = Uint8Array.of(0xec, 0x01)
const P256_CODE = Uint8Array.of(0x80, 0x24)

/** The DID of a device. */
export function didOf({ networkId, deviceId }: DeviceDid): string {
  return `did:thingmoot:${networkId}:${toMultibase(deviceId)}`
}

/** Reads a DID of a device. */
export function readDid(did: string): Verdict<'DID_MALFORMED', DeviceDid> {
  const [, networkId, id] =
    /^did:thingmoot:([A-Za-z0-9._-]+):z([1-9A-HJ-NP-Za-km-z]{32,44})$/.exec(did) ?? []
  const deviceId = id === undefined ? undefined : fromBase58(id)
  if (networkId === undefined || deviceId === undefined) return reject('DID_MALFORMED')
  return acceptAs({ networkId, deviceId })
}

/** The document of a device as its records stand. */
export function createDidDocument(device: DeviceDid, records: DidRecords): ResolvedDid {
  const did = didOf(device)
  const { encryptionKey, attestationKey, rotationKeyHashes } = records.ownership
  const [attestation, encryption] = [`${did}#attestation`, `${did}#encryption`]
  const method = (id: string, code: Uint8Array, key: Uint8Array): VerificationMethod => ({
    id,
    type: 'Multikey',
    controller: did,
    publicKeyMultibase: toMultibase(concatBytes(code, key))
  })
  const attestationCode = attestationKey.length === 33 ? P256_CODE : ED25519_CODE
  const didDocument: DidDocument = {
    '@context': CONTEXT,
    id: did,
    verificationMethod: [
      method(attestation, attestationCode, attestationKey),
      method(encryption, X25519_CODE, encryptionKey)
    ],
    assertionMethod: [attestation],
    keyAgreement: [encryption],
    service: records.nodeUrls.map((serviceEndpoint, index) => ({
      id: `${did}#node-${index + 1}`,
      type: 'ThingmootNode',
      serviceEndpoint
    })),
    nextKeyHash: toHex(records.device.signingKeyHash),
    rotationKeyHashes: rotationKeyHashes.map(toHex),
    rotationThreshold: records.ownership.rotationThreshold
  }
  const versionId = `${records.device.incarnation}-${records.ownership.ownerSequence}`
  const deactivated = records.device.status === DEVICE_STATUS.retired
  return { didDocument, didDocumentMetadata: { versionId, deactivated } }
}

/** Multibase, base58btc: `z` and the bytes. */
export function toMultibase(bytes: Uint8Array): string {
  const zeros = bytes.findIndex((byte) => byte !== 0)
  let number = BigInt(`0x0${toHex(bytes)}`)
  let text = ''
  for (; number > 0n; number /= 58n) text = `${ALPHABET[Number(number % 58n)]}${text}`
  return `z${'1'.repeat(zeros < 0 ? bytes.length : zeros)}${text}`
}

/** The 32 bytes of a text of letters of base58; undefined when it is another number of them. */
function fromBase58(text: string): Uint8Array | undefined {
  let number = 0n
  for (const letter of text) number = 58n * number + BigInt(ALPHABET.indexOf(letter))
  const hex = number.toString(16).padStart(2 * ID_BYTES, '0')
  if (hex.length !== 2 * ID_BYTES) return undefined
  const bytes = fromHex(hex)
  invariant(bytes !== undefined, 'a number is written in hexadecimal')
  // One text for one id: leading zeros are counted, not guessed.
  return toMultibase(bytes) === `z${text}` ? bytes : undefined
}
