/**
 * Age files: bytes under a passphrase, in armoured text that any `age` tool opens.
 *
 * @module
 */

import { armor, Decrypter, Encrypter } from 'age-encryption'

/** Base-2 logarithm of scrypt's cost: about a second in a browser. */
const WORK_FACTOR = 17
/** Nothing of ours is longer; a longer one is not even decoded. */
const FILE_MAX_CHARACTERS = 8_388_608

/** Encrypts bytes under a passphrase. */
export async function sealUnderPassphrase(
  content: Uint8Array,
  passphrase: string,
  workFactor: number = WORK_FACTOR
): Promise<string> {
  const encrypter = new Encrypter()
  encrypter.setPassphrase(passphrase)
  encrypter.setScryptWorkFactor(workFactor)
  return armor.encode(await encrypter.encrypt(content))
}

/**
 * Decrypts what {@link sealUnderPassphrase} or another tool made.
 *
 * @param text - untrusted
 * @returns undefined when the passphrase is wrong or the file is damaged: nobody can tell which
 */
export async function openUnderPassphrase(
  text: string,
  passphrase: string
): Promise<Uint8Array | undefined> {
  if (text.length > FILE_MAX_CHARACTERS) return undefined
  const decrypter = new Decrypter()
  decrypter.addPassphrase(passphrase)
  try {
    return await decrypter.decrypt(armor.decode(text))
  } catch {
    // What the library says of a stranger's file helps nobody: it does not open.
    return undefined
  }
}
