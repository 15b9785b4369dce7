import * as fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type CborValue, decodeCbor, emptyMap, encodeCbor } from '../codec/cbor.ts'
import { ascii, concatBytes, fromHex, toHex } from '../foundation/bytes.ts'
import { signatureAad } from '../transactions/role.ts'
import {
  algorithmOf,
  type CoseSignature,
  coseFromFields,
  coseToFields,
  encodeSigStructure,
  verifyCose
} from './cose.ts'
import { createPrivateKey, type PrivateKey, publicKeyOf, signBytes } from './signing.ts'

const test = suite('COSE_Sign1')

const hex = (text: string): Uint8Array => fromHex(text) as Uint8Array
const networkTag = new Uint8Array(32).fill(0xab)
const payload = ascii('This is the content.')
const keys = (['Ed25519', 'ES256'] as const).map(
  (algorithm) => createPrivateKey(algorithm, new Uint8Array(32).fill(7)) as PrivateKey
)

/** RFC 9052 §4.4, written down anew: ["Signature1", protected, external_aad, payload]. */
function sigStructure(algorithm: string, externalAad: Uint8Array, content: Uint8Array): Uint8Array {
  const header = algorithm === 'ES256' ? hex('a10126') : hex('a10127')
  return encodeCbor(['Signature1', header, externalAad, content])
}

test('the bytes that are signed are those of RFC 9052, whatever their lengths', () => {
  const length = fc.constantFrom(0, 1, 23, 24, 44, 255, 256, 65_535, 65_536, 70_000)
  const algorithm = fc.constantFrom('Ed25519' as const, 'ES256' as const)
  fc.assert(
    fc.property(algorithm, length, length, (name, aadLength, payloadLength) => {
      const aad = new Uint8Array(aadLength).fill(1)
      const content = new Uint8Array(payloadLength).fill(2)
      const signed = encodeSigStructure(name, aad, content)
      assert.is(toHex(signed), toHex(sigStructure(name, aad, content)))
    })
  )
})

test('the structure of the example in RFC 9052, appendix C.2.1, comes out', () => {
  // Its external_aad is empty, and its protected header {1: -7} is that of ES256.
  assert.is(
    toHex(encodeSigStructure('ES256', new Uint8Array(0), payload)),
    '846a5369676e61747572653143a101264054546869732069732074686520636f6e74656e742e'
  )
})

test('the external data of a transaction are tag, network, kind and role', () => {
  assert.is(
    toHex(signatureAad(networkTag, 0x0132, 'presence')),
    `${toHex(ascii('tm/sign/1'))}${'ab'.repeat(32)}013204`
  )
})

for (const privateKey of keys) {
  const { algorithm } = privateKey
  const key = publicKeyOf(privateKey)
  const externalAad = signatureAad(networkTag, 1, 'device')
  const signature = signBytes(privateKey, sigStructure(algorithm, externalAad, payload))

  test(`${algorithm}: a signature over the structure holds`, () => {
    assert.is(algorithmOf(key), algorithm)
    assert.ok(verifyCose(key, signature, { externalAad, payload }))
  })

  test(`${algorithm}: it holds in no other role, kind, network or payload`, () => {
    const others = [
      signatureAad(networkTag, 1, 'presence'),
      signatureAad(networkTag, 2, 'device'),
      signatureAad(new Uint8Array(32), 1, 'device'),
      new Uint8Array(0)
    ]
    for (const aad of others) assert.not(verifyCose(key, signature, { externalAad: aad, payload }))
    assert.not(verifyCose(key, signature, { externalAad, payload: payload.subarray(1) }))
  })

  test(`${algorithm}: bytes moved between external data and payload do not pass`, () => {
    const moved = {
      externalAad: concatBytes(externalAad, payload.subarray(0, 1)),
      payload: payload.subarray(1)
    }
    assert.not(verifyCose(key, signature, moved))
  })

  test(`${algorithm}: any flipped bit of the signature spoils it`, () => {
    for (let bit = 0; bit < 512; bit += 3) {
      const spoilt = signature.signature.slice()
      spoilt[bit >> 3] = (spoilt[bit >> 3] as number) ^ (1 << (bit & 7))
      assert.not(verifyCose(key, { algorithm, signature: spoilt }, { externalAad, payload }))
    }
  })

  test(`${algorithm}: the header must name the algorithm of the key`, () => {
    const other = algorithm === 'ES256' ? 'Ed25519' : 'ES256'
    const renamed: CoseSignature = { algorithm: other, signature: signature.signature }
    assert.not(verifyCose(key, renamed, { externalAad, payload }))
  })

  test(`${algorithm}: the wire form has 73 bytes and reads back`, () => {
    const wire = encodeCbor(coseToFields(signature))
    assert.is(wire.length, 73)
    const header = algorithm === 'ES256' ? 'a10126' : 'a10127'
    assert.is(toHex(wire), `8443${header}a0f65840${toHex(signature.signature)}`)
    const read = coseFromFields(decodeCbor(wire))
    assert.is(read?.algorithm, algorithm)
    assert.is(toHex(read?.signature ?? new Uint8Array(0)), toHex(signature.signature))
  })
}

test('the keys of one algorithm are nothing in the other', () => {
  const [first, second] = keys as [PrivateKey, PrivateKey]
  const externalAad = signatureAad(networkTag, 1, 'device')
  const signature = signBytes(first, sigStructure('Ed25519', externalAad, payload))
  assert.not(verifyCose(publicKeyOf(second), signature, { externalAad, payload }))
})

test('an ES256 signature with its high s is refused', () => {
  const privateKey = keys[1] as PrivateKey
  const externalAad = signatureAad(networkTag, 1, 'device')
  const { signature } = signBytes(privateKey, sigStructure('ES256', externalAad, payload))
  const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n
  const low = BigInt(`0x${toHex(signature.subarray(32))}`)
  const high = hex((order - low).toString(16).padStart(64, '0'))
  const malleable = concatBytes(signature.subarray(0, 32), high)
  const signed = { externalAad, payload }
  assert.ok(verifyCose(publicKeyOf(privateKey), { algorithm: 'ES256', signature }, signed))
  assert.not(
    verifyCose(publicKeyOf(privateKey), { algorithm: 'ES256', signature: malleable }, signed)
  )
})

test('any other shape is no signature', () => {
  const header = hex('a10127')
  const signature = new Uint8Array(64)
  const shapes: readonly (CborValue | undefined)[] = [
    undefined,
    null,
    emptyMap,
    signature,
    [],
    [header, emptyMap, null],
    [header, emptyMap, null, signature, 0],
    [header, null, null, signature],
    [header, [], null, signature],
    [header, new Uint8Array(0), null, signature],
    [header, emptyMap, payload, signature],
    [header, emptyMap, new Uint8Array(0), signature],
    [header, emptyMap, null, signature.subarray(1)],
    [header, emptyMap, null, new Uint8Array(65)],
    [header, emptyMap, null, 'a'.repeat(64)],
    [hex('a10128'), emptyMap, null, signature],
    [hex('a10226'), emptyMap, null, signature],
    [hex('a20126'), emptyMap, null, signature],
    [hex('a1012600'), emptyMap, null, signature],
    [hex('a101'), emptyMap, null, signature],
    [new Uint8Array(0), emptyMap, null, signature],
    [emptyMap, emptyMap, null, signature]
  ]
  for (const shape of shapes) assert.is(coseFromFields(shape), undefined)
  assert.ok(coseFromFields([header, emptyMap, null, signature]))
})

test.run()
