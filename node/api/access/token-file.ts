/**
 * The file of a node's tokens: `tokens.json` in the data directory, readable by its owner alone.
 *
 * @module
 */

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as z from 'zod'
import { NodeError } from '../../errors.ts'
import { hasErrno, readFailure } from '../../storage/disk-errors.ts'
import { writeFileDurably } from '../../storage/durable-file.ts'
import { type TokenRecord, tokenRecordShape } from './token.ts'

/** Tokens of one node. */
export const TOKENS_MAX = 256
const PRIVATE_MODE = 0o600

const fileShape = z.strictObject({
  version: z.literal(1),
  tokens: z.array(tokenRecordShape).max(TOKENS_MAX)
})

/** Where the tokens of a data directory are kept. */
export function tokenFileOf(dataDirectory: string): string {
  return join(dataDirectory, 'tokens.json')
}

/**
 * All tokens; none where there is no file.
 *
 * @throws NodeError TOKEN_FILE_WRONG for one that nobody of ours wrote
 */
export async function readTokens(path: string): Promise<readonly TokenRecord[]> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return []
    throw readFailure(path, error)
  }
  try {
    return fileShape.parse(JSON.parse(text)).tokens
  } catch (error) {
    throw tokenFileWrong(path, error)
  }
}

function tokenFileWrong(path: string, cause: unknown): NodeError {
  return new NodeError('TOKEN_FILE_WRONG', `${path}: this is no file of tokens`, { cause })
}

/**
 * Replaces all tokens.
 *
 * @throws NodeError DISK_FULL or DISK_WRITE_FAILED
 */
export function writeTokens(path: string, tokens: readonly TokenRecord[]): Promise<void> {
  const content = `${JSON.stringify({ version: 1, tokens }, null, 2)}\n`
  return writeFileDurably({ path, content, mode: PRIVATE_MODE })
}
