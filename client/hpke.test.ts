import * as fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { fromHex, toHex } from '../protocol/index.ts'
import { encryptionKeyOf } from './device-keys.ts'
import { openSealed, sealTo } from './hpke.ts'
import { seededRandom } from './testing/fixtures.ts'

const test = suite('HPKE')

const hex = (text: string): Uint8Array => fromHex(text)!

/** RFC 9180, Appendix A.2.1: base setup, and its first encryption. */
const A21 = {
  info: '4f6465206f6e2061204772656369616e2055726e',
  ikmE: '909a9b35d3dc4713a5e72a4da274b55d3d3821a37e5d099e74a647db583a904b',
  pkEm: '1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a',
  pkRm: '4310ee97d88cc1f088a5576c77ab0cf5c3ac797f3d95139c6c84b5429c59662a',
  skRm: '8057991eef8f1f1af18f4a9491d16a1ce333f695d4db8e38da75975c4478e0fb',
  pt: '4265617574792069732074727574682c20747275746820626561757479',
  aad: '436f756e742d30',
  ct: '1c5250d8034ec2b784ba2cfd69dbdb8af406cfe3ff938e131f0def8c8b60b4db21993c62ce81883d2dd1b51a28',
  exports: [
    ['', '4bbd6243b8bb54cec311fac9df81841b6fd61f56538a775e7c80a9f40160606e'],
    ['00', '8c1df14732580e5501b00f82b10a1647b40713191b7c1240ac80e2b68808ba69'],
    ['54657374436f6e74657874', '5acb09211139c43b3090489a9da433e8a30ee7188ba8b0a9a1ccf0c229283e53']
  ]
} as const

/** RFC 7748 §6.1 and its list of points of small order, as X25519 public keys. */
const SMALL_ORDER = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
  '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f'
]

const input = { info: hex(A21.info), aad: hex(A21.aad), plaintext: hex(A21.pt) }

test('it seals what RFC 9180 A.2.1 seals, and exports the same secrets', async () => {
  const sealed = await sealTo(hex(A21.pkRm), input, () => hex(A21.ikmE))
  assert.ok(sealed.ok)
  if (!sealed.ok) return
  assert.is(toHex(sealed.value.enc), A21.pkEm)
  assert.is(toHex(sealed.value.ciphertext), A21.ct)
  for (const [context, secret] of A21.exports)
    assert.is(toHex(await sealed.value.exportSecret(hex(context))), secret)
})

test('it opens what RFC 9180 A.2.1 sealed, and exports the same secrets', async () => {
  assert.is(toHex(encryptionKeyOf(hex(A21.skRm))), A21.pkRm)
  const sealed = { enc: hex(A21.pkEm), ciphertext: hex(A21.ct) }
  const opened = await openSealed(hex(A21.skRm), sealed, input)
  assert.ok(opened.ok)
  if (!opened.ok) return
  assert.is(toHex(opened.value.plaintext), A21.pt)
  for (const [context, secret] of A21.exports)
    assert.is(toHex(await opened.value.exportSecret(hex(context))), secret)
})

test('nothing is sealed to a key of small order or of another length', async () => {
  for (const key of [...SMALL_ORDER, A21.pkRm.slice(2), `${A21.pkRm}00`, ''])
    assert.equal(await sealTo(hex(key), input, seededRandom(1)), {
      ok: false,
      fault: 'PUBLIC_KEY_WEAK'
    })
})

test('an encapsulated key of small order opens nothing', async () => {
  for (const key of SMALL_ORDER) {
    const opened = await openSealed(
      hex(A21.skRm),
      { enc: hex(key), ciphertext: hex(A21.ct) },
      input
    )
    assert.equal(opened, { ok: false, fault: 'SEAL_WRONG' })
  }
})

test('whatever is sealed opens for its key and its binding alone', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ maxLength: 200 }),
      fc.uint8Array({ maxLength: 40 }),
      fc.uint8Array({ maxLength: 40 }),
      fc.nat(),
      async (plaintext, info, aad, seed) => {
        const randomBytes = seededRandom(seed)
        const [secret, other] = [randomBytes(32), randomBytes(32)]
        const made = await sealTo(encryptionKeyOf(secret), { info, aad, plaintext }, randomBytes)
        assert.ok(made.ok)
        if (!made.ok) return
        const sealed = made.value
        const opened = await openSealed(secret, sealed, { info, aad })
        assert.ok(opened.ok && toHex(opened.value.plaintext) === toHex(plaintext))
        const longer = (bytes: Uint8Array): Uint8Array => Uint8Array.of(...bytes, 1)
        const ciphertext = sealed.ciphertext.slice()
        ciphertext[seed % ciphertext.length]! ^= 1 << (seed % 8)
        for (const wrong of [
          await openSealed(other, sealed, { info, aad }),
          await openSealed(secret, sealed, { info: longer(info), aad }),
          await openSealed(secret, sealed, { info, aad: longer(aad) }),
          await openSealed(secret, { enc: sealed.enc, ciphertext }, { info, aad }),
          await openSealed(secret, { enc: encryptionKeyOf(other), ciphertext }, { info, aad })
        ])
          assert.equal(wrong, { ok: false, fault: 'SEAL_WRONG' })
      }
    ),
    { numRuns: 25 }
  )
})

test.run()
