/**
 * Phrases in files: 24 words each, readable by their owner alone.
 *
 * @module
 */

import { readWords } from '../../client/index.ts'
import { usage } from './command.ts'
import { readNamedFile, writeNewFile } from './files.ts'
import { absolute } from './settings.ts'

const SECRET_MODE = 0o600

/**
 * Reads a phrase.
 *
 * @throws NodeError USAGE_WRONG when the file holds none
 */
export async function readWordsFile(path: string): Promise<string> {
  const text = new TextDecoder().decode(await readNamedFile(absolute(path)))
  const words = readWords(text)
  if (words === undefined)
    throw usage(`${path}: holds no phrase of 24 words; one may be misspelt or in another place`)
  return words
}

/**
 * Writes a phrase to a new file.
 *
 * @throws NodeError FILE_EXISTS, DISK_FULL or DISK_WRITE_FAILED
 */
export function writeWordsFile(path: string, words: string): Promise<void> {
  return writeNewFile({ path: absolute(path), content: `${words}\n`, mode: SECRET_MODE })
}
