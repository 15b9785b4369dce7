import * as fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { publicKeyOf } from '../crypto/signing.ts'
import { ascii, fromHex, toHex } from '../foundation/bytes.ts'
import { fullBucket } from '../ledger/bucket.ts'
import type { OwnershipRecord } from '../ledger/records/ownership-record.ts'
import { DEVICE, KEY } from '../testing/speaking-device.ts'
import { createDidDocument, didOf, readDid, toMultibase } from './did-document.ts'

const test = suite('DID documents')

test('multibase is as the examples of its draft have it', () => {
  // draft-multiformats-multibase, base58btc; draft-msporny-base58 §5; did:key of Ed25519.
  assert.is(toMultibase(ascii('yes mani !')), 'z7paNL19xttacUY')
  assert.is(toMultibase(ascii('Hello World!')), 'z2NEpo7TZRRrLZSi2U')
  assert.is(toMultibase(fromHex('0000287fb4cd')!), 'z11233QC4')
  assert.is(toMultibase(new Uint8Array(0)), 'z')
})

test('the DID of a device reads back, and no other text is one', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (deviceId) => {
      const read = readDid(didOf({ networkId: 'oslo-1', deviceId }))
      assert.ok(read.ok && read.value.networkId === 'oslo-1')
      if (read.ok) assert.is(toHex(read.value.deviceId), toHex(deviceId))
    })
  )
  const zero = didOf({ networkId: 'n', deviceId: new Uint8Array(32) })
  assert.ok(readDid(zero).ok)
  for (const text of [`${zero}1`, zero.slice(0, -1), zero.replace('z', 'm'), 'did:web:x', ''])
    assert.equal(readDid(text), { ok: false, fault: 'DID_MALFORMED' })
  const tooLarge = `did:thingmoot:n:z${'z'.repeat(44)}`
  assert.equal(readDid(tooLarge), { ok: false, fault: 'DID_MALFORMED' })
})

const bytes32 = (byte: number): Uint8Array => new Uint8Array(32).fill(byte)

const OWNERSHIP: OwnershipRecord = {
  ownerSequence: 4,
  ownerKeyHash: bytes32(1),
  ownerHeadId: bytes32(2),
  rotationKeyHashes: [bytes32(3), bytes32(4)],
  rotationThreshold: 1,
  exposedMask: 0,
  deviceRotationKeyHash: bytes32(3),
  encryptionKey: bytes32(9),
  attestationKey: publicKeyOf(KEY),
  guardians: null,
  guardianSequence: 0,
  pendingGuardians: null,
  pendingOwner: null,
  openOffer: null,
  transferFrozenUntilMs: 0,
  overlay: null,
  updateVendorId: null,
  ownerForkCounted: 0,
  ownerBucket: fullBucket(20, 0)
}

test('a document says what the records say: keys to seal to and to attest by, none to log in', () => {
  const place = { networkId: 'test', deviceId: bytes32(0xd1) }
  const { didDocument, didDocumentMetadata } = createDidDocument(place, {
    device: DEVICE,
    ownership: OWNERSHIP,
    nodeUrls: ['https://node.example']
  })
  const did = didOf(place)
  assert.is(didDocument.id, did)
  assert.equal(didDocument.keyAgreement, [`${did}#encryption`])
  assert.equal(didDocument.assertionMethod, [`${did}#attestation`])
  assert.is('authentication' in didDocument || 'controller' in didDocument, false)
  const [attestation, encryption] = didDocument.verificationMethod
  // Multikey texts of Ed25519 and X25519 begin alike, whatever the key.
  assert.match(attestation!.publicKeyMultibase, /^z6Mk/)
  assert.match(encryption!.publicKeyMultibase, /^z6LS/)
  assert.is(didDocument.nextKeyHash, toHex(DEVICE.signingKeyHash))
  assert.equal(didDocument.rotationKeyHashes, OWNERSHIP.rotationKeyHashes.map(toHex))
  assert.is(didDocument.service[0]?.serviceEndpoint, 'https://node.example')
  assert.equal(didDocumentMetadata, { versionId: '2-4', deactivated: false })
  const ended = { device: { ...DEVICE, status: 3 }, ownership: OWNERSHIP, nodeUrls: [] }
  assert.ok(createDidDocument(place, ended).didDocumentMetadata.deactivated)
})

test.run()
