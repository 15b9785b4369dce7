/**
 * The vote keys in their folder: numbered files, made in order, erased when their epoch is over.
 *
 * They lie in files of their own and not in a database, which would keep old
 * tables: what is erased here is gone, so nobody who comes later can sign for an
 * epoch that is past.
 *
 * @module
 */

import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { createEd25519Signer } from '#crypto'
import { type Electorate, equalBytes, keyHash, toHex } from '../protocol/index.ts'
import { NodeError } from './errors.ts'
import { type KeyPair, keyPairOf, type NodeKeys } from './node-keys.ts'
import { type NextVoteKey, type OwnSeat, seatOfIdentity, type VoteKeys } from './own-seat.ts'
import {
  eraseKeyFile,
  type KeyProtection,
  readKeyFile,
  SEED_BYTES,
  voteKeyFile,
  writeKeyFile
} from './storage/key-file.ts'

/** Where the keys lie, and what was found there. */
export interface VoteKeyringOptions {
  readonly folder: string
  readonly protection: KeyProtection
  readonly keys: NodeKeys
}

/** The keyring of a node. */
export class VoteKeyring implements VoteKeys {
  readonly #options: VoteKeyringOptions
  readonly #pairs: Map<number, KeyPair>
  #last: Promise<unknown> = Promise.resolve()

  constructor(options: VoteKeyringOptions) {
    this.#options = options
    this.#pairs = new Map(options.keys.voteKeys)
  }

  seatIn(electorate: Electorate): OwnSeat | null {
    const { keys, folder } = this.#options
    const own = seatOfIdentity(electorate, keys.identity.publicKey)
    if (own === undefined) return null
    const pair = this.#find(({ publicKey }) => equalBytes(publicKey, own.seat.voteKey))
    if (pair === undefined) {
      // Keys of epochs that are over were erased: a ledger that is fetched anew goes through those again.
      if (!this.#pairs.has(0) && this.#pairs.size > 0) return null
      throw new NodeError(
        'KEY_FILE_WRONG',
        `${folder}: holds no vote key of this node's seat in epoch ${electorate.epoch}`
      )
    }
    const signer = createEd25519Signer(pair.pair.seed)
    return { index: own.index, signVote: (message) => signer.sign(message) }
  }

  prepare(hash: Uint8Array): Promise<NextVoteKey> {
    return this.#inTurn(async () => {
      const found = this.#find(({ publicKey }) => equalBytes(keyHash(publicKey), hash))
      if (found === undefined)
        throw new NodeError(
          'KEY_FILE_WRONG',
          `${this.#options.folder}: holds no vote key with the hash ${toHex(hash).slice(0, 16)}`
        )
      const next = this.#pairs.get(found.number + 1) ?? (await this.#make(found.number + 1))
      const signer = createEd25519Signer(found.pair.seed)
      return {
        voteKey: found.pair.publicKey,
        nextVoteKeyHash: keyHash(next.publicKey),
        sign: (message) => signer.sign(message)
      }
    })
  }

  retireBefore(electorate: Electorate): Promise<void> {
    return this.#inTurn(async () => {
      const own = seatOfIdentity(electorate, this.#options.keys.identity.publicKey)
      if (own === undefined) return
      const current = this.#find(({ publicKey }) => equalBytes(publicKey, own.seat.voteKey))
      if (current === undefined) return
      for (const number of [...this.#pairs.keys()]) {
        if (number >= current.number) continue
        await eraseKeyFile(join(this.#options.folder, voteKeyFile(number)))
        this.#pairs.delete(number)
      }
    })
  }

  /** Durable before anybody hears of it: a key that was promised and lost could never be shown. */
  async #make(number: number): Promise<KeyPair> {
    const { folder, protection } = this.#options
    const file = { path: join(folder, voteKeyFile(number)), protection }
    // An operator's command may have made it beside the running node.
    const seed = existsSync(file.path)
      ? await readKeyFile(file)
      : new Uint8Array(randomBytes(SEED_BYTES))
    if (!existsSync(file.path)) await writeKeyFile(file, seed)
    const pair = keyPairOf(seed)
    this.#pairs.set(number, pair)
    return pair
  }

  #find(
    isWanted: (pair: KeyPair) => boolean
  ): { readonly number: number; readonly pair: KeyPair } | undefined {
    for (const [number, pair] of this.#pairs) if (isWanted(pair)) return { number, pair }
    return undefined
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const turn = this.#last.then(work)
    // whoever asked learns of a failure; the next in line must still have its turn
    this.#last = turn.catch(() => undefined)
    return turn
  }
}
