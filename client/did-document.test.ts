import * as fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ascii, fromHex, toHex } from '../protocol/index.ts'
import { createDidDocument, didOf, readDid, toMultibase } from './did-document.ts'
import { SealedWorld } from './testing/sealed-world.ts'

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

test('a document says what the records prove: keys to seal to and to attest by, none to log in', async () => {
  const world = await SealedWorld.start(101)
  const { deviceId, record: device, ownership } = world
  const { didDocument, didDocumentMetadata } = createDidDocument(
    { networkId: 'test', deviceId },
    { device, ownership, nodeUrls: ['https://node.example'] }
  )
  const did = didOf({ networkId: 'test', deviceId })
  assert.is(didDocument.id, did)
  assert.equal(didDocument.keyAgreement, [`${did}#encryption`])
  assert.equal(didDocument.assertionMethod, [`${did}#attestation`])
  assert.is('authentication' in didDocument || 'controller' in didDocument, false)
  const [attestation, encryption] = didDocument.verificationMethod
  // Multikey texts of Ed25519 and X25519 begin alike, whatever the key.
  assert.match(attestation!.publicKeyMultibase, /^z6Mk/)
  assert.match(encryption!.publicKeyMultibase, /^z6LS/)
  assert.is(didDocument.nextKeyHash, toHex(device.signingKeyHash))
  assert.equal(didDocument.rotationKeyHashes, ownership.rotationKeyHashes.map(toHex))
  assert.is(didDocument.service[0]?.serviceEndpoint, 'https://node.example')
  assert.equal(didDocumentMetadata, { versionId: '0-0', deactivated: false })
  await world.grant([])
  const later = createDidDocument(
    { networkId: 'test', deviceId },
    { device: { ...world.record, status: 3 }, ownership: world.ownership, nodeUrls: [] }
  )
  assert.equal(later.didDocumentMetadata, { versionId: '0-1', deactivated: true })
})

test.run()
