import { ed25519 } from '@noble/curves/ed25519.js'
import { bytesToNumberLE } from '@noble/curves/utils.js'
import { sha512 } from '@noble/hashes/sha2.js'
import * as fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { concatBytes } from '../foundation/bytes.ts'
import * as browser from './seam/browser.ts'
import * as native from './seam/native.ts'

const test = suite('crypto seam, both sides')

const { Point } = ed25519
const { Fn } = Point
const TORSION = Point.fromHex('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a')

const message = fc.uint8Array({ maxLength: 300 })
const anyBytes = fc.uint8Array({ maxLength: 80 })
const seed = fc.uint8Array({ minLength: 32, maxLength: 32 })
const encoding = seed
const scalar = fc.bigInt({ min: 1n, max: Fn.ORDER - 1n })
const torsion = fc.integer({ min: 0, max: 7 })
// Private keys of P-256 well below its order.
const privateKey = seed.map((key) => key.map((byte, index) => (index === 0 ? 1 : byte)))
const mixed = fc.record({ multiple: scalar, torsionMultiple: torsion })
const sixtyRuns = { numRuns: 60 }

test('they make the same keys and signatures, and each verifies for the other', () => {
  fc.assert(
    fc.property(seed, message, (own, said) => {
      const publicKey = native.ed25519PublicKey(own)
      const signature = native.ed25519Sign(own, said)
      assert.equal(browser.ed25519PublicKey(own), publicKey)
      assert.equal(browser.ed25519Sign(own, said), signature)
      assert.equal(native.createEd25519Signer(own).sign(said), signature)
      assert.equal(browser.createEd25519Signer(own).sign(said), signature)
      assert.ok(native.ed25519Verify(publicKey, said, signature))
      assert.ok(browser.ed25519Verify(publicKey, said, signature))
      const whole = concatBytes(said, publicKey, signature)
      const [key, end] = [said.length, said.length + 32]
      const parts = [whole.subarray(key, end), whole.subarray(0, key), whole.subarray(end)] as const
      assert.ok(native.ed25519Verify(...parts) && browser.ed25519Verify(...parts))
      assert.ok(native.isEd25519KeyStrong(publicKey) && browser.isEd25519KeyStrong(publicKey))
    }),
    sixtyRuns
  )
})

test('one flipped bit anywhere spoils an Ed25519 signature for both', () => {
  fc.assert(
    fc.property(seed, message, fc.nat(), (own, said, bit) => {
      const whole = concatBytes(native.ed25519PublicKey(own), native.ed25519Sign(own, said), said)
      flipBit(whole, bit)
      const parts = [whole.slice(0, 32), whole.slice(96), whole.slice(32, 96)] as const
      assert.not(native.ed25519Verify(...parts))
      assert.not(browser.ed25519Verify(...parts))
    }),
    sixtyRuns
  )
})

test('they judge keys and nonces of mixed order alike, without the cofactor', () => {
  fc.assert(
    fc.property(mixed, mixed, message, (key, nonce, said) => {
      const publicKey = encodeMixed(key)
      const encodedR = encodeMixed(nonce)
      const hashed = bytesToNumberLE(sha512(concatBytes(encodedR, publicKey, said)))
      const challenge = Fn.create(hashed)
      const s = Fn.toBytes(Fn.create(nonce.multiple + challenge * key.multiple))
      const signature = concatBytes(encodedR, s)
      const torsionLeft = BigInt(nonce.torsionMultiple) + challenge * BigInt(key.torsionMultiple)
      const holds = torsionLeft % 8n === 0n
      assert.is(native.ed25519Verify(publicKey, said, signature), holds)
      assert.is(browser.ed25519Verify(publicKey, said, signature), holds)
      assert.is(native.isEd25519KeyStrong(publicKey), key.torsionMultiple === 0)
      assert.is(browser.isEd25519KeyStrong(publicKey), key.torsionMultiple === 0)
    }),
    { numRuns: 150 }
  )
})

test('they judge random encodings alike', () => {
  fc.assert(
    fc.property(encoding, message, encoding, encoding, (publicKey, said, r, s) => {
      assert.is(native.isEd25519KeyStrong(publicKey), browser.isEd25519KeyStrong(publicKey))
      const signature = concatBytes(r, s)
      assert.not(native.ed25519Verify(publicKey, said, signature))
      assert.not(browser.ed25519Verify(publicKey, said, signature))
    }),
    { numRuns: 150 }
  )
})

test('bytes of any length are judged, never thrown at', () => {
  fc.assert(
    fc.property(anyBytes, anyBytes, anyBytes, (publicKey, said, signature) => {
      for (const side of [native, browser]) {
        assert.not(side.ed25519Verify(publicKey, said, signature))
        assert.not(side.p256Verify(publicKey, said, signature))
      }
      assert.is(native.isEd25519KeyStrong(publicKey), browser.isEd25519KeyStrong(publicKey))
      assert.is(native.isP256KeyValid(publicKey), browser.isP256KeyValid(publicKey))
    }),
    { numRuns: 300 }
  )
})

test('each verifies the ES256 signatures of the other, and both refuse one flipped bit', () => {
  fc.assert(
    fc.property(privateKey, message, fc.nat(), (own, said, bit) => {
      const publicKey = native.p256PublicKey(own)
      assert.equal(browser.p256PublicKey(own), publicKey)
      for (const side of [native, browser]) {
        const signature = side.p256Sign(own, said)
        assert.ok(native.p256Verify(publicKey, said, signature))
        assert.ok(browser.p256Verify(publicKey, said, signature))
        flipBit(signature, bit)
        assert.not(native.p256Verify(publicKey, said, signature))
        assert.not(browser.p256Verify(publicKey, said, signature))
      }
    }),
    { numRuns: 40 }
  )
})

test('they judge random P-256 keys alike', () => {
  const key = fc.uint8Array({ minLength: 33, maxLength: 33 })
  fc.assert(
    fc.property(key, fc.integer({ min: 0, max: 8 }), (random, prefix) => {
      const publicKey = random.map((byte, index) => (index === 0 ? prefix : byte))
      assert.is(native.isP256KeyValid(publicKey), browser.isP256KeyValid(publicKey))
    }),
    { numRuns: 300 }
  )
})

test('more P-256 keys than are kept change no verdict', () => {
  const said = new Uint8Array(8)
  const keys = Array.from({ length: 300 }, (_, index) => {
    const own = new Uint8Array(32).fill(1)
    new DataView(own.buffer).setUint32(28, index)
    return native.p256PublicKey(own)
  })
  const [first, second] = [new Uint8Array(32).fill(1), keys[1]!]
  first.fill(0, 28)
  const signature = native.p256Sign(first, said)
  for (const publicKey of keys) assert.ok(native.isP256KeyValid(publicKey))
  assert.ok(native.p256Verify(keys[0]!, said, signature))
  assert.not(native.p256Verify(second, said, signature))
  assert.ok(native.p256Verify(keys[0]!, said, signature))
})

test('they hash alike, also from the middle of a larger buffer', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 2_000 }), fc.nat(50), (whole, start) => {
      const part = whole.subarray(start)
      assert.equal(native.sha256(part), browser.sha256(part))
      const pairs = part.subarray(0, part.length - (part.length % 64))
      assert.equal(native.hashPairs(pairs), browser.hashPairs(pairs))
    })
  )
})

test.run()

function encodeMixed(mix: { multiple: bigint; torsionMultiple: number }): Uint8Array {
  let point = Point.BASE.multiply(mix.multiple)
  for (let added = 0; added < mix.torsionMultiple; added++) point = point.add(TORSION)
  return point.toBytes()
}

function flipBit(bytes: Uint8Array, bit: number): void {
  const index = (bit >> 3) % bytes.length
  bytes[index] = bytes[index]! ^ (1 << (bit & 7))
}
