import { readFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import * as chosen from '#crypto'
import { fromHex, toHex } from '../foundation/bytes.ts'
import * as browser from './seam/browser.ts'
import * as native from './seam/native.ts'
import type { CryptoPrimitives } from './seam/primitives.ts'

const test = suite('crypto seam')

const sides: readonly (readonly [string, CryptoPrimitives])[] = [
  ['native', native],
  ['browser', browser]
]

interface SignatureVector {
  readonly comment: string
  readonly publicKey: string
  readonly message: string
  readonly signature: string
  readonly valid: boolean
}

interface Ed25519Vectors {
  readonly sign: readonly (Omit<SignatureVector, 'valid'> & { readonly seed: string })[]
  readonly verify: readonly SignatureVector[]
  readonly keys: readonly {
    readonly comment: string
    readonly publicKey: string
    readonly strong: boolean
  }[]
}

interface P256Vectors {
  readonly privateKeys: readonly {
    readonly comment: string
    readonly privateKey: string
    readonly publicKey: string
  }[]
  readonly badPrivateKeys: readonly { readonly comment: string; readonly privateKey: string }[]
  readonly verify: readonly SignatureVector[]
  readonly keys: readonly {
    readonly comment: string
    readonly publicKey: string
    readonly valid: boolean
  }[]
}

interface HashVectors {
  readonly sha256: readonly {
    readonly comment: string
    readonly message: string
    readonly repeat: number
    readonly digest: string
  }[]
  readonly pairs: readonly {
    readonly comment: string
    readonly pairs: string
    readonly digests: string
  }[]
}

const ed25519 = readVectors<Ed25519Vectors>('ed25519.json')
const p256 = readVectors<P256Vectors>('p256.json')
const hash = readVectors<HashVectors>('hash.json')

test('Node holds the native side', () => {
  assert.is(chosen.ed25519Verify, native.ed25519Verify)
})

test('both sides offer the same primitives', () => {
  assert.equal(Object.keys(browser).sort(), Object.keys(native).sort())
})

test('the browser side leans on nothing of Node', () => {
  for (const file of ['browser.ts', 'own-input.ts', 'primitives.ts']) {
    const text = readFileSync(`protocol/crypto/seam/${file}`, 'utf8')
    assert.not.match(text, /['"]node:|\b(Buffer|process|global|require)\b[.(]/)
  }
})

for (const [side, crypto] of sides) {
  test(`${side}: public keys and signatures are those of RFC 8032`, () => {
    for (const vector of ed25519.sign) {
      const [seed, message] = [bytes(vector.seed), bytes(vector.message)]
      const signer = crypto.createEd25519Signer(seed)
      assert.is(toHex(crypto.ed25519PublicKey(seed)), vector.publicKey, vector.comment)
      assert.is(toHex(signer.publicKey), vector.publicKey, vector.comment)
      assert.is(toHex(crypto.ed25519Sign(seed, message)), vector.signature, vector.comment)
      assert.is(toHex(signer.sign(message)), vector.signature, vector.comment)
      assert.ok(verifies(crypto.ed25519Verify, { ...vector, valid: true }), vector.comment)
    }
  })

  test(`${side}: every Ed25519 signature gets its verdict`, () => {
    for (const vector of ed25519.verify)
      assert.is(verifies(crypto.ed25519Verify, vector), vector.valid, vector.comment)
  })

  test(`${side}: only keys of prime order, canonically encoded, are strong`, () => {
    for (const { comment, publicKey, strong } of ed25519.keys)
      assert.is(crypto.isEd25519KeyStrong(bytes(publicKey)), strong, comment)
  })

  test(`${side}: every ES256 signature gets its verdict, the second time too`, () => {
    for (const vector of [...p256.verify, ...p256.verify])
      assert.is(verifies(crypto.p256Verify, vector), vector.valid, vector.comment)
  })

  test(`${side}: only compressed points of the curve are P-256 keys`, () => {
    for (const { comment, publicKey, valid } of p256.keys)
      assert.is(crypto.isP256KeyValid(bytes(publicKey)), valid, comment)
  })

  test(`${side}: P-256 private keys have their public keys`, () => {
    for (const { comment, privateKey, publicKey } of p256.privateKeys)
      assert.is(toHex(crypto.p256PublicKey(bytes(privateKey))), publicKey, comment)
  })

  test(`${side}: a P-256 private key out of range is our own bug`, () => {
    for (const { comment, privateKey } of p256.badPrivateKeys) {
      const key = bytes(privateKey)
      assert.throws(() => crypto.p256PublicKey(key), isRangeError, comment)
      assert.throws(() => crypto.p256Sign(key, new Uint8Array(1)), isRangeError, comment)
    }
  })

  test(`${side}: a seed that is not 32 bytes is our own bug`, () => {
    for (const length of [0, 31, 33, 64]) {
      const seed = new Uint8Array(length)
      assert.throws(() => crypto.ed25519PublicKey(seed), isRangeError)
      assert.throws(() => crypto.ed25519Sign(seed, new Uint8Array(1)), isRangeError)
      assert.throws(() => crypto.createEd25519Signer(seed), isRangeError)
    }
  })

  test(`${side}: a signer keeps no hold of its seed, nor its caller of its signatures`, () => {
    const seed = new Uint8Array(32).fill(7)
    const message = new Uint8Array(40).fill(1)
    const expected = toHex(crypto.ed25519Sign(seed, message))
    const signer = crypto.createEd25519Signer(seed)
    seed.fill(0)
    signer.sign(message).fill(0)
    assert.is(toHex(signer.sign(message)), expected)
  })

  test(`${side}: SHA-256 of messages`, () => {
    for (const { comment, message, repeat, digest } of hash.sha256) {
      const once = bytes(message)
      const whole = new Uint8Array(once.length * repeat)
      for (let index = 0; index < repeat; index++) whole.set(once, index * once.length)
      assert.is(toHex(crypto.sha256(whole)), digest, comment)
    }
  })

  test(`${side}: SHA-256 of pairs`, () => {
    for (const { comment, pairs, digests } of hash.pairs)
      assert.is(toHex(crypto.hashPairs(bytes(pairs))), digests, comment)
  })

  test(`${side}: what does not divide into pairs is our own bug`, () => {
    for (const length of [1, 32, 63, 65, 96])
      assert.throws(() => crypto.hashPairs(new Uint8Array(length)), isRangeError)
  })

  test(`${side}: a digest belongs to its caller: the next one leaves it alone`, () => {
    const [first, second] = [new Uint8Array(64).fill(1), new Uint8Array(64).fill(2)]
    const [digest, pair] = [crypto.sha256(first), crypto.hashPairs(first)]
    const before = [toHex(digest), toHex(pair)]
    crypto.sha256(second)
    crypto.hashPairs(second)
    assert.equal([toHex(digest), toHex(pair)], before)
    assert.is(digest.constructor, Uint8Array)
    assert.is(crypto.sha256(new Uint8Array(500)).constructor, Uint8Array)
  })
}

test.run()

function verifies(verify: CryptoPrimitives['ed25519Verify'], vector: SignatureVector): boolean {
  return verify(bytes(vector.publicKey), bytes(vector.message), bytes(vector.signature))
}

function readVectors<Vectors>(name: string): Vectors {
  return JSON.parse(readFileSync(`protocol/vectors/${name}`, 'utf8')) as Vectors
}

function bytes(hex: string): Uint8Array {
  return fromHex(hex)!
}

function isRangeError(error: unknown): boolean {
  return error instanceof RangeError
}
