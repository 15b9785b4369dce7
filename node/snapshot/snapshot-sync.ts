/**
 * Snapshot sync: from far behind to a final state, by a snapshot of peers of whom some may lie.
 *
 * It never hangs: where nobody offers a snapshot, or none of them comes to its end, it says so, and
 * the node goes on with blocks.
 *
 * @see SPEC.md §11 Synchronisation
 * @module
 */

import { join } from 'node:path'
import {
  decodeManifest,
  type Electorate,
  type Epoch,
  judgeManifest,
  type SnapshotManifest,
  snapshotIdOf,
  toHex
} from '../../protocol/index.ts'
import type { Clock } from '../clock.ts'
import type { Files } from '../storage/files.ts'
import { decodeBytesAnswer, encodeFetchRequest } from '../sync/sync-message.ts'
import { IncomingSnapshot } from './incoming-snapshot.ts'
import { SnapshotDownload } from './snapshot-download.ts'
import { incomingName, readFolderName, SnapshotFolder } from './snapshot-folder.ts'
import { type AskOffersPorts, askOffers, type Candidate } from './snapshot-offers.ts'
import type { SnapshotStore } from './snapshot-store.ts'

/** What is told while a snapshot comes. */
export interface SnapshotProgress {
  readonly height: number
  readonly doneBytes: number
  readonly totalBytes: number
}

/** What snapshot sync needs from others. */
export interface SnapshotSyncPorts extends AskOffersPorts {
  readonly networkTag: Uint8Array
  /** The electorate of an epoch, also of a later one; undefined when this node cannot know it. */
  readonly electorateOf: (epoch: Epoch) => Promise<Electorate | undefined>
  readonly clock: Pick<Clock, 'nowMs' | 'later' | 'pause'>
  readonly files: Files
  readonly store: SnapshotStore
  /** Asks one peer for a part, whose answer has a bound of its own. */
  readonly askPart: (peer: string, request: Uint8Array) => Promise<Uint8Array | undefined>
  readonly penalise: (peer: string, reason: string) => void
  /** Makes a ledger of a whole snapshot, to go on with. */
  readonly install: (manifest: SnapshotManifest, folder: SnapshotFolder) => Promise<void>
  readonly onProgress: (progress: SnapshotProgress | null) => void
  readonly log: (message: string, fields: Readonly<Record<string, unknown>>) => void
}

/** How an attempt ended; `none`: there is no snapshot to be had, go on with blocks. */
export type SnapshotSyncEnd = 'installed' | 'none' | 'stopped'

/** Snapshots that were found to lie are remembered, so many of them. */
const LIARS_MAX = 256
/** Candidates that are tried in one attempt. */
const TRIED_MAX = 8

type Attempt = 'installed' | 'failed' | 'stopped'

/** Joins by snapshot. */
export class SnapshotSync {
  readonly #ports: SnapshotSyncPorts
  readonly #lying = new Set<string>()
  #isStopped = false

  constructor(ports: SnapshotSyncPorts) {
    this.#ports = ports
  }

  /** Gives up; what has come is found again at the next start. */
  stop(): void {
    this.#isStopped = true
  }

  /**
   * Looks for a snapshot, fetches and installs it.
   *
   * @param heightMin - what is lower is of no use
   * @throws NodeError DISK_FULL or DISK_WRITE_FAILED
   */
  async join(heightMin: number): Promise<SnapshotSyncEnd> {
    try {
      const candidates = await this.#candidates(heightMin)
      for (const candidate of candidates.slice(0, TRIED_MAX)) {
        if (this.#isStopped) return 'stopped'
        const attempt = await this.#attempt(candidate)
        if (attempt !== 'failed') return attempt
      }
      return 'none'
    } finally {
      this.#ports.onProgress(null)
    }
  }

  /** What was begun is finished before anything newer, as long as somebody offers it. */
  async #candidates(heightMin: number): Promise<readonly Candidate[]> {
    const useful = (await askOffers(this.#ports)).filter(
      ({ height, idHex }) => height >= heightMin && !this.#lying.has(idHex)
    )
    const begun = new Set<string>()
    for (const name of await this.#ports.files.list(this.#ports.store.folder)) {
      const named = readFolderName(name)
      if (named.kind === 'incoming') begun.add(named.idHex)
    }
    return useful.toSorted((a, b) => Number(begun.has(b.idHex)) - Number(begun.has(a.idHex)))
  }

  async #attempt(candidate: Candidate): Promise<Attempt> {
    const held = await this.#findHeld(candidate)
    if (held !== undefined) {
      await this.#ports.install(held.manifest, held.folder)
      return 'installed'
    }
    const opened = await this.#openIncoming(candidate)
    if (opened === undefined) return 'failed'
    const { incoming, giver } = opened
    const end =
      (await incoming.find()) === 'lie' ? 'lie' : await this.#download(candidate, incoming)
    if (end === 'stopped') return 'stopped'
    if (end === 'complete') {
      await this.#ports.install(incoming.manifest, incoming.folder)
      return 'installed'
    }
    if (end === 'lie') await this.#refuse(candidate, incoming.folder, giver)
    return 'failed'
  }

  /**
   * The snapshot, if this node holds it already. It was judged before it was held, and is judged once
   * more: of what the disk has spoilt meanwhile no ledger can be built, however often it is tried.
   */
  async #findHeld(candidate: Candidate): Promise<IncomingSnapshot | undefined> {
    const { store, clock } = this.#ports
    const folder = store.folderOf(candidate.id)
    const manifest = await folder?.readManifest()
    if (folder === undefined || manifest === undefined) return undefined
    // This also brings the seals that the new ledger is to hold.
    const judged = await this.#judge(manifest, candidate)
    const held = new IncomingSnapshot({ manifest, folder }, clock)
    if (judged !== 'wrong' && (await held.find()) === 'good' && held.isWhole()) return held
    await store.forget(candidate.id)
    return undefined
  }

  async #download(
    candidate: Candidate,
    incoming: IncomingSnapshot
  ): ReturnType<SnapshotDownload['run']> {
    const { clock, askPart, penalise, onProgress, log } = this.#ports
    const { id, height, bytes: totalBytes } = candidate
    const share = 1 - incoming.missingCount / Math.max(1, incoming.partCount)
    let doneBytes = Math.round(share * totalBytes)
    const tell = (): void =>
      onProgress({ height, doneBytes: Math.min(doneBytes, totalBytes), totalBytes })
    tell()
    log('joining by snapshot', { height, snapshotId: candidate.idHex, totalBytes, doneBytes })
    const download = new SnapshotDownload(
      { id, incoming },
      {
        clock,
        ask: askPart,
        penalise,
        findProviders: async () => {
          const offered = await askOffers(this.#ports)
          const same = offered.find((one) => one.idHex === candidate.idHex && one.height === height)
          return same?.peers ?? []
        },
        onTaken: (bytes) => {
          doneBytes += bytes
          tell()
        },
        isStopped: () => this.#isStopped
      }
    )
    return await download.run(candidate.peers)
  }

  /** The manifest from the disk, or from the first peer that gives a good one. */
  async #openIncoming(
    candidate: Candidate
  ): Promise<{ readonly incoming: IncomingSnapshot; readonly giver: string | null } | undefined> {
    const { files, store, clock } = this.#ports
    const path = join(store.folder, incomingName(candidate.idHex))
    const folder = new SnapshotFolder(path, files)
    const found = await folder.readManifest()
    if (found !== undefined && (await this.#judge(found, candidate)) === 'good')
      return { incoming: new IncomingSnapshot({ manifest: found, folder }, clock), giver: null }
    for (const giver of candidate.peers) {
      if (this.#isStopped) return undefined
      const given = await this.#askManifest(candidate, giver)
      if (given === undefined) continue
      await this.#removeOthers(candidate.idHex)
      await store.makeRoom()
      await folder.make()
      await folder.writeManifest(given.encoded)
      await folder.sync()
      await files.syncFolder(store.folder)
      const { manifest } = given
      return { incoming: new IncomingSnapshot({ manifest, folder }, clock), giver }
    }
    return undefined
  }

  async #askManifest(
    candidate: Candidate,
    peer: string
  ): Promise<{ readonly manifest: SnapshotManifest; readonly encoded: Uint8Array } | undefined> {
    const { ask, penalise } = this.#ports
    const request = encodeFetchRequest({ kind: 'snapshot-manifest', id: candidate.id })
    const answer = await ask(peer, request)
    const encoded = answer === undefined || answer.length === 0 ? null : decodeBytesAnswer(answer)
    // No answer, or no longer held: no fault.
    if (encoded === null) return undefined
    const manifest = encoded === undefined ? undefined : decodeManifest(encoded)
    const judged = manifest && (await this.#judge(manifest, candidate))
    if (encoded !== undefined && manifest !== undefined && judged === 'good')
      return { manifest, encoded }
    // Whom nobody leads to that epoch cannot tell a lie from the truth.
    if (judged !== 'epoch-unknown')
      penalise(peer, 'a snapshot was offered whose manifest is not good')
    return undefined
  }

  /** Whether it is the manifest that was offered, of a final block, with that block's state. */
  async #judge(
    manifest: SnapshotManifest,
    { idHex, height }: Candidate
  ): Promise<'good' | 'wrong' | 'epoch-unknown'> {
    const { networkTag, electorateOf } = this.#ports
    const { header } = manifest.block
    if (toHex(snapshotIdOf(manifest)) !== idHex || header.height !== height) return 'wrong'
    const electorate = await electorateOf(header.epoch)
    if (electorate === undefined) return 'epoch-unknown'
    return judgeManifest(manifest, { networkTag, electorate }).ok ? 'good' : 'wrong'
  }

  async #refuse(
    { idHex, height, peers }: Candidate,
    folder: SnapshotFolder,
    giver: string | null
  ): Promise<void> {
    const { penalise, log } = this.#ports
    if (this.#lying.size >= LIARS_MAX) this.#lying.clear()
    this.#lying.add(idHex)
    if (giver !== null) penalise(giver, 'a manifest names values that are not the state')
    log('snapshot refused: its values are not the state', { height, snapshotId: idHex, peers })
    await folder.remove()
  }

  /** One snapshot is fetched at a time: what was begun of others goes. */
  async #removeOthers(idHex: string): Promise<void> {
    const { files, store } = this.#ports
    for (const name of await files.list(store.folder)) {
      const named = readFolderName(name)
      if (named.kind === 'incoming' && named.idHex !== idHex)
        await files.remove(join(store.folder, name))
    }
  }
}
