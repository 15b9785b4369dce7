import { hkdf } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ascii, fromHex, toHex } from '../protocol/index.ts'
import { seededRandom } from './testing/fixtures.ts'
import { drawWords, readWords, recoverySeedOf, walletSeedOf } from './wallet-words.ts'

const test = suite('wallet words')

/** BIP-39, 256 zero bits, no passphrase. */
const ZERO_WORDS = `${'abandon '.repeat(23)}art`
const ZERO_SEED =
  '408b285c123836004f4b8842c89324c1f01382450c0d439af345ba7fc49acf705489c6fc77dbd4e3dc1dd8cc6bc9f043db8ada1e243c4a0eafb290d399480840'

test('the seeds follow from the seed of BIP-39, each by its own tag', () => {
  const seed = fromHex(ZERO_SEED) as Uint8Array
  const derive = (tag: string): string =>
    toHex(hkdf(sha256, seed, new Uint8Array(0), ascii(tag), 32))
  assert.is(toHex(walletSeedOf(ZERO_WORDS)), derive('tm/wallet/1'))
  assert.is(toHex(recoverySeedOf(ZERO_WORDS)), derive('tm/recovery/1'))
})

test('words are read as people write them, and 24 of them with their checksum alone', () => {
  const words = drawWords(seededRandom(5))
  assert.is(words.split(' ').length, 24)
  assert.is(readWords(`  ${words.toUpperCase().replaceAll(' ', '\n  ')}\n`), words)
  assert.is(readWords(ZERO_WORDS.replace('art', 'about')), undefined)
  assert.is(readWords(`${'abandon '.repeat(11)}about`), undefined, 'twelve words are too few')
  assert.is(readWords(words.replace(/^\w+/, 'thingmoot')), undefined)
  assert.is(readWords(''), undefined)
})

test.run()
