/**
 * Wallet words: 24 words of BIP-39 that a person writes down, and the seeds that follow from them.
 *
 * The words of a wallet and those of recovery lead to different seeds even where somebody takes the
 * same words for both, and neither seed is one that another program makes of them.
 *
 * @see ../protocol/SPEC.md §5.6 Owner acts
 * @module
 */

import { hkdf } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { entropyToMnemonic, mnemonicToSeedSync, validateMnemonic } from '@scure/bip39'
import { wordlist } from '@scure/bip39/wordlists/english.js'
import { ascii, invariant } from '../protocol/index.ts'
import type { RandomBytes } from './random.ts'

/** How many words a phrase has: 256 bits and a checksum of eight. */
export const WORDS_COUNT = 24
const ENTROPY_BYTES = 32
const SEED_BYTES = 32
const NO_SALT = new Uint8Array(0)
const WALLET_TAG = ascii('tm/wallet/1')
const RECOVERY_TAG = ascii('tm/recovery/1')

/** A fresh phrase. */
export function drawWords(randomBytes: RandomBytes): string {
  return entropyToMnemonic(randomBytes(ENTROPY_BYTES), wordlist)
}

/**
 * Reads a phrase as people write it: in any case, with any space between the words.
 *
 * @param text - untrusted
 * @returns the phrase as it is always written, or undefined when it is none of 24 words
 */
export function readWords(text: string): string | undefined {
  const words = text.normalize('NFKD').toLowerCase().split(/\s+/).filter(Boolean)
  if (words.length !== WORDS_COUNT) return undefined
  const phrase = words.join(' ')
  return validateMnemonic(phrase, wordlist) ? phrase : undefined
}

/** The seed of a wallet's one-time keys: HKDF-SHA-256 of the BIP-39 seed, info `"tm/wallet/1"`. */
export function walletSeedOf(phrase: string): Uint8Array {
  return seedOf(phrase, WALLET_TAG)
}

/** The seed of recovery keys: the same of another phrase, info `"tm/recovery/1"`. */
export function recoverySeedOf(phrase: string): Uint8Array {
  return seedOf(phrase, RECOVERY_TAG)
}

function seedOf(phrase: string, tag: Uint8Array): Uint8Array {
  invariant(readWords(phrase) === phrase, 'a phrase was read before it is used')
  const seed = mnemonicToSeedSync(phrase)
  const derived = hkdf(sha256, seed, NO_SALT, tag, SEED_BYTES)
  seed.fill(0)
  return derived
}
