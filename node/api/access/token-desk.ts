/**
 * The desk for tokens: judges what callers show, by the file as it is now.
 *
 * The file is looked at again within a second of being changed, so that a token that was revoked
 * opens nothing any more while the node runs. A file that cannot be read opens nothing.
 *
 * @module
 */

import { stat } from 'node:fs/promises'
import type { Clock } from '../../clock.ts'
import { hasErrno } from '../../storage/disk-errors.ts'
import { type Problem, problemOf } from '../problem.ts'
import type { TokenGrant } from './grant.ts'
import { findToken, grantOf, isTokenText, type TokenRecord } from './token.ts'
import { readTokens } from './token-file.ts'

/** How long the file is taken to be as it was. */
const LOOK_AGAIN_MS = 1_000

/** What the desk needs of others. */
export interface TokenDeskPorts {
  readonly clock: Pick<Clock, 'nowMs' | 'timeMs'>
  /** Hears once of a file that cannot be read, until it is another. */
  readonly reportTrouble: (error: unknown) => void
}

/** Judges tokens. */
export class TokenDesk {
  readonly #path: string
  readonly #ports: TokenDeskPorts
  #tokens: readonly TokenRecord[] = []
  #lookedAtMs = Number.NEGATIVE_INFINITY
  /** What told the file from others when it was read. */
  #stamp: string | null = null
  #looking: Promise<void> | null = null

  constructor(path: string, ports: TokenDeskPorts) {
    this.#path = path
    this.#ports = ports
  }

  /** What the text of a token grants. */
  async judge(text: string): Promise<TokenGrant | Problem> {
    if (!isTokenText(text)) return problemOf('TOKEN_WRONG', 'This is no token of a node.')
    await this.#look()
    const record = findToken(text, this.#tokens)
    if (record === undefined) return problemOf('TOKEN_WRONG', 'This node knows no such token.')
    const { expiresAtMs } = record
    if (expiresAtMs !== null && expiresAtMs <= this.#ports.clock.timeMs())
      return problemOf('TOKEN_EXPIRED', `Token ${record.id} has expired; ask for a new one.`)
    return grantOf(record)
  }

  #look(): Promise<void> {
    const nowMs = this.#ports.clock.nowMs()
    if (this.#looking === null && nowMs - this.#lookedAtMs < LOOK_AGAIN_MS) return Promise.resolve()
    this.#looking ??= this.#read().finally(() => {
      this.#looking = null
      this.#lookedAtMs = this.#ports.clock.nowMs()
    })
    return this.#looking
  }

  async #read(): Promise<void> {
    let stamp = 'unreadable'
    try {
      stamp = await stampOf(this.#path)
      if (stamp === this.#stamp) return
      this.#tokens = await readTokens(this.#path)
    } catch (error) {
      this.#tokens = []
      if (stamp !== this.#stamp) this.#ports.reportTrouble(error)
    }
    this.#stamp = stamp
  }
}

async function stampOf(path: string): Promise<string> {
  try {
    const { ino, mtimeMs, ctimeMs, size } = await stat(path)
    return [ino, mtimeMs, ctimeMs, size].join(' ')
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return 'none'
    throw error
  }
}
