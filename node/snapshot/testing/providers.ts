/**
 * Peers that offer snapshots, honest or not, for tests of joining.
 *
 * @module
 */

import {
  decodeFetchRequest,
  encodeBytesAnswer,
  encodeOffers,
  type SnapshotRequest
} from '../../sync/sync-message.ts'
import type { SnapshotStore } from '../snapshot-store.ts'

/** Answers one question; undefined for no answer at all. */
export type Provider = (question: SnapshotRequest) => Promise<Uint8Array | undefined>

/** A provider that says what its store holds. */
export function honest(store: SnapshotStore): Provider {
  return async (question) => {
    switch (question.kind) {
      case 'snapshots':
        return encodeOffers(store.list())
      case 'snapshot-manifest':
        return encodeBytesAnswer(store.manifestOf(question.id))
      case 'snapshot-part':
        return encodeBytesAnswer(await store.partOf(question.id, question.part))
    }
  }
}

/** A provider that lies about parts alone. */
export function lyingAboutParts(
  truth: Provider,
  lie: (
    question: Extract<SnapshotRequest, { kind: 'snapshot-part' }>,
    truth: Provider
  ) => Promise<Uint8Array | undefined>
): Provider {
  return (question) => (question.kind === 'snapshot-part' ? lie(question, truth) : truth(question))
}

/** Some peers by their keys, and what they were asked and blamed for. */
export class Peers {
  readonly #providers: Map<string, Provider>
  readonly asked: Map<string, number> = new Map()
  readonly blamed: [string, string][] = []

  constructor(providers: Readonly<Record<string, Provider>>) {
    this.#providers = new Map(Object.entries(providers))
  }

  /** Their keys. */
  readonly keys = (): readonly string[] => [...this.#providers.keys()]

  /** Asks one of them, as a network does. */
  readonly ask = async (peer: string, request: Uint8Array): Promise<Uint8Array | undefined> => {
    this.asked.set(peer, (this.asked.get(peer) ?? 0) + 1)
    const question = decodeFetchRequest(request)
    const provider = this.#providers.get(peer)
    if (provider === undefined || question === undefined || !isAboutSnapshots(question))
      return undefined
    return await provider(question)
  }

  /** Remembers who is blamed. */
  readonly penalise = (peer: string, reason: string): void => {
    this.blamed.push([peer, reason])
  }

  /** Takes a peer away. */
  remove(peer: string): void {
    this.#providers.delete(peer)
  }

  /** Adds a peer. */
  add(peer: string, provider: Provider): void {
    this.#providers.set(peer, provider)
  }
}

function isAboutSnapshots(
  question: NonNullable<ReturnType<typeof decodeFetchRequest>>
): question is SnapshotRequest {
  return question.kind.startsWith('snapshot')
}
