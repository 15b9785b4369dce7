/**
 * Operators of the live tests: each has the keys of one node and says with them what people decide.
 *
 * @module
 */

import { randomBytes } from 'node:crypto'
import * as assert from 'uvu/assert'
import { createEd25519Signer } from '#crypto'
import type { NetworkTrust } from '../../node/cli/network-trust.ts'
import { type ActSigner, type MemberAct, signAct } from '../../node/membership/own-acts.ts'
import { createNodeKeys, type KeyPair, type NodeKeys, readNodeKeys } from '../../node/node-keys.ts'
import { dataPaths } from '../../node/storage/data-directory.ts'
import { concatBytes, fromHex, keyHash, type Motion, toHex } from '../../protocol/index.ts'
import { type LiveNode, waitFor } from './live-net.ts'
import { ask, submit, submitFinal, waitForFinal } from './node-questions.ts'

/** What the ledger made of an act: `applied`, or `refused` with a code. */
export interface Said {
  /** Null where the node refused it before it came onto the ledger. */
  readonly id: Uint8Array | null
  readonly outcome: string | null
  readonly code: string | null
}

/** How one answers a motion. */
export type Choice = keyof typeof CHOICES

const CHOICES: { readonly no: 0; readonly yes: 1; readonly none: 2 } = { no: 0, yes: 1, none: 2 }
const MOTION_OPEN_MS = 600_000
const CLOSED = 'MOTION_CLOSED'
const PLAIN = { kind: 'plain' } as const

/** Opens the operator of a node; its keys are read from the node's folder. */
export async function openOperator(
  node: LiveNode,
  network: NetworkTrust,
  region: string
): Promise<Operator> {
  const keys = await readNodeKeys(dataPaths(node.dataFolder).keys, PLAIN)
  return new Operator({ node, network, region, keys })
}

/** Makes somebody who has fresh keys and no node yet, and says what it says through a node of others. */
export function createApplicant(node: LiveNode, network: NetworkTrust, region: string): Operator {
  return new Operator({ node, network, region, keys: createNodeKeys() })
}

/** Who decides for one node. Made by {@link openOperator}. */
export class Operator {
  readonly node: LiveNode
  readonly url: string
  readonly memberId: Uint8Array
  /** The member's id in lower-case hex. */
  readonly name: string
  readonly #network: NetworkTrust
  readonly #region: string
  readonly #keys: NodeKeys
  #lastSequence = 0

  /** For {@link openOperator} and {@link createApplicant} alone. */
  constructor({
    node,
    network,
    region,
    keys
  }: {
    readonly node: LiveNode
    readonly network: NetworkTrust
    readonly region: string
    readonly keys: NodeKeys
  }) {
    this.node = node
    this.url = node.url
    this.memberId = keys.identity.publicKey
    this.name = toHex(this.memberId)
    this.#network = network
    this.#region = region
    this.#keys = keys
  }

  /** Asks for a seat, as a node that others call where it listens; resolves with the application's id. */
  async apply(proofs: readonly Uint8Array[] = []): Promise<Uint8Array> {
    return idOfApplied(await this.tryApply(proofs))
  }

  /** Asks for a seat, whatever comes of it. */
  tryApply(proofs: readonly Uint8Array[] = []): Promise<Said> {
    const [first, second] = [this.#voteKey(0), this.#voteKey(1)]
    return this.#say(
      {
        kind: 'member-apply',
        memberId: this.memberId,
        voteKey: first.publicKey,
        nextVoteKeyHash: keyHash(second.publicKey),
        recoveryKeyHash: keyHash(new Uint8Array(randomBytes(32))),
        operatorId: new Uint8Array(16).fill(7),
        region: this.#region,
        endpoints: [`/ip4/127.0.0.1/tcp/${this.node.ports.peer}`],
        softwareHash: new Uint8Array(32),
        proofs
      },
      first
    )
  }

  /** Puts a motion to the vote; resolves with its id. */
  async open(motion: Motion): Promise<Uint8Array> {
    return idOfApplied(await this.tryOpen(motion))
  }

  /** Puts a motion to the vote, whatever comes of it. */
  tryOpen(motion: Motion): Promise<Said> {
    return this.#say({
      kind: 'motion-open',
      memberId: this.memberId,
      memberSequence: this.#nextSequence(),
      motion,
      notAfterMs: Date.now() + MOTION_OPEN_MS
    })
  }

  /** Answers a motion. */
  async vote(motionId: Uint8Array, choice: Choice = 'yes'): Promise<void> {
    idOfApplied(await this.tryVote(motionId, choice))
  }

  /** Answers a motion, whatever comes of it. */
  async tryVote(motionId: Uint8Array, choice: Choice = 'yes'): Promise<Said> {
    await this.#hearOf(motionId)
    return this.#say(this.#ballot(motionId, choice))
  }

  /**
   * Says yes to several motions in one go, so that they come into one block if they can.
   *
   * @param options - whether the motions may have been carried without this vote
   */
  async voteAtOnce(
    motionIds: readonly Uint8Array[],
    { mayBeLate = false }: { readonly mayBeLate?: boolean } = {}
  ): Promise<void> {
    const { networkTag } = this.#network
    for (const id of motionIds) await this.#hearOf(id)
    const wires = motionIds.map((id) =>
      signAct(networkTag, this.#ballot(id, 'yes'), { identity: this.#identity })
    )
    const { status, body } = await submit(this.url, concatBytes(...wires), {
      mediaType: 'application/cbor-seq'
    })
    assert.is(status, 200, JSON.stringify(body))
    for (const { transaction, problem } of body.results ?? []) {
      if (mayBeLate && problem?.code === CLOSED) continue
      assert.ok(transaction, JSON.stringify(body))
      const { outcome, code } = await waitForFinal(this.url, transaction.transactionId)
      if (mayBeLate && code === CLOSED) continue
      assert.equal([outcome, code], ['applied', null])
    }
  }

  /** What is final at the node of whoever put it may not be at this one yet. */
  async #hearOf(motionId: Uint8Array): Promise<void> {
    const name = toHex(motionId)
    await waitFor(`${this.url} to hear of motion ${name.slice(0, 8)}`, async () =>
      (await ask(this.url, `/v1/motions/${name}`)).status === 200 ? true : undefined
    )
  }

  #ballot(motionId: Uint8Array, choice: Choice): MemberAct {
    const memberSequence = this.#nextSequence()
    const { memberId } = this
    return { kind: 'ballot', memberId, memberSequence, motionId, choice: CHOICES[choice] }
  }

  async #say(act: MemberAct, voteKey?: KeyPair): Promise<Said> {
    const identity = this.#identity
    const signers = voteKey === undefined ? { identity } : { identity, voteKey: signerOf(voteKey) }
    return sayFinal(this.url, signAct(this.#network.networkTag, act, signers))
  }

  get #identity(): ActSigner {
    return signerOf(this.#keys.identity)
  }

  #voteKey(number: number): KeyPair {
    const pair = this.#keys.voteKeys.get(number)
    assert.ok(pair, `a node that never had a seat has its vote key ${number}`)
    return pair
  }

  /** Operators take the time for their sequences. */
  #nextSequence(): number {
    this.#lastSequence = Math.max(this.#lastSequence + 1, Date.now())
    return this.#lastSequence
  }
}

/** Hands an act in and waits for what the ledger makes of it. */
export async function sayFinal(url: string, wire: Uint8Array): Promise<Said> {
  const { body } = await submitFinal(url, wire)
  const id = body.transaction?.transactionId
  if (id === undefined) return { id: null, outcome: 'refused', code: body.code ?? null }
  const { outcome, code } = await waitForFinal(url, id)
  return { id: fromHex(id) as Uint8Array, outcome, code }
}

function idOfApplied({ id, outcome, code }: Said): Uint8Array {
  assert.equal([outcome, code], ['applied', null])
  return id as Uint8Array
}

function signerOf({ seed }: KeyPair): ActSigner {
  return createEd25519Signer(seed)
}
