import { readFileSync } from 'node:fs'
import * as fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ascii, fromHex, toHex } from '../foundation/bytes.ts'
import { isKeyStrong, SUITE_ED25519, SUITE_ES256, suiteOf, verifySignature } from './key.ts'
import { createPrivateKey, type PrivateKey, publicKeyOf, signBytes } from './signing.ts'

const test = suite('keys')

const hex = (text: string): Uint8Array => fromHex(text) as Uint8Array
const vectorsOf = (
  name: string
): Record<
  'keys' | 'verify',
  readonly Readonly<Record<'publicKey' | 'message' | 'signature' | 'strong' | 'valid', never>>[]
> =>
  JSON.parse(
    readFileSync(new URL(`../../../protocol/vectors/${name}.json`, import.meta.url), 'utf8')
  ) as never

/** y = 2^255 − 19 + 1 and so on: encodings that are no canonical point of large order. */
const WEAK_ED25519: readonly (readonly [why: string, key: string])[] = [
  ['the neutral point', `01${'00'.repeat(31)}`],
  ['the point of order two', `ec${'ff'.repeat(30)}7f`],
  ['a point of order four', '00'.repeat(32)],
  ['the other point of order four', `${'00'.repeat(31)}80`],
  ['a point of order eight', '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05'],
  [
    'another point of order eight',
    'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a'
  ],
  ['the neutral point, not canonical', `ee${'ff'.repeat(30)}7f`],
  ['the neutral point with a signed zero', `01${'00'.repeat(30)}80`],
  ['y of 2^255 − 1', 'ff'.repeat(32)],
  ['a y that is on no curve', `02${'00'.repeat(31)}`]
]

for (const [why, key] of WEAK_ED25519)
  test(`${why} is no strong Ed25519 key, and signs nothing`, () => {
    assert.not(isKeyStrong(hex(key)))
    assert.not(verifySignature(hex(key), ascii('anything'), new Uint8Array(64)))
    assert.not(verifySignature(hex(key), ascii('anything'), new Uint8Array(64).fill(1, 0, 1)))
  })

test('the keys of the vectors are strong or not, as it stands there', () => {
  for (const { publicKey, strong } of vectorsOf('ed25519').keys)
    assert.is(isKeyStrong(hex(publicKey as unknown as string)), strong)
  for (const { publicKey, valid } of vectorsOf('p256').keys) {
    const key = hex(publicKey as unknown as string)
    if (key.length === 33) assert.is(isKeyStrong(key), valid)
  }
})

test('the signatures of the vectors hold or not, as it stands there', () => {
  for (const name of ['ed25519', 'p256'])
    for (const { publicKey, message, signature, valid } of vectorsOf(name).verify) {
      const [key, signed, value] = [publicKey, message, signature].map((text) => hex(text))
      if (key?.length !== (name === 'p256' ? 33 : 32)) continue
      assert.is(verifySignature(key, signed as Uint8Array, value as Uint8Array), valid)
    }
})

test('a point of P-256 is strong on its curve only', () => {
  const generator = '6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296'
  assert.ok(isKeyStrong(hex(`03${generator}`)))
  assert.ok(isKeyStrong(hex(`02${generator}`)))
  assert.not(isKeyStrong(hex(`04${generator}`)))
  assert.not(isKeyStrong(hex(`00${generator}`)))
  assert.not(isKeyStrong(hex(`02${'ff'.repeat(32)}`)))
  assert.not(isKeyStrong(hex(`02${'00'.repeat(31)}01`)))
})

test('a key of another length is never strong, and signs nothing', () => {
  for (const length of [0, 1, 31, 34, 64, 65]) {
    assert.not(isKeyStrong(new Uint8Array(length).fill(2)))
    assert.not(verifySignature(new Uint8Array(length).fill(2), ascii(''), new Uint8Array(64)))
  }
})

test('the suite of a key follows from its length', () => {
  assert.is(suiteOf(new Uint8Array(32)), SUITE_ED25519)
  assert.is(suiteOf(new Uint8Array(33)), SUITE_ES256)
  assert.is(SUITE_ED25519 | SUITE_ES256, 3)
})

test('what a drawn key signs holds for its own public key and message only', () => {
  const algorithm = fc.constantFrom('Ed25519' as const, 'ES256' as const)
  const secret = fc.uint8Array({ minLength: 32, maxLength: 32 })
  fc.assert(
    fc.property(algorithm, secret, fc.uint8Array({ maxLength: 300 }), (name, bytes, message) => {
      const drawn = createPrivateKey(name, bytes)
      fc.pre(drawn !== undefined)
      const key = publicKeyOf(drawn as PrivateKey)
      const { signature } = signBytes(drawn as PrivateKey, message)
      assert.ok(isKeyStrong(key))
      assert.ok(verifySignature(key, message, signature))
      assert.not(verifySignature(key, Uint8Array.of(...message, 0), signature))
      assert.not(verifySignature(key, message, signature.subarray(0, 63)))
      assert.not(verifySignature(key, message, Uint8Array.of(...signature, 0)))
    }),
    { numRuns: 60 }
  )
})

test('bytes that are no private key make none', () => {
  assert.is(createPrivateKey('Ed25519', new Uint8Array(31)), undefined)
  assert.is(createPrivateKey('ES256', new Uint8Array(32)), undefined)
  assert.is(createPrivateKey('ES256', new Uint8Array(32).fill(0xff)), undefined)
  assert.is(createPrivateKey('ES256', new Uint8Array(33).fill(1)), undefined)
})

test('an Ed25519 key and signature of RFC 8032 hold', () => {
  const privateKey = createPrivateKey(
    'Ed25519',
    hex('4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb')
  ) as PrivateKey
  assert.is(
    toHex(publicKeyOf(privateKey)),
    '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c'
  )
  assert.is(
    toHex(signBytes(privateKey, hex('72')).signature),
    '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00'
  )
})

test.run()
