/**
 * Reads a node's vote log from copies: all that it ever signed, though the node forgets.
 *
 * A node deletes votes once what is above them is final; LevelDB's own log holds them until the
 * next start. So the log is copied now and then and before each start, and the chain that joins
 * its writes tells whether anything was missed.
 *
 * @module
 */

import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { NodeError } from '../../node/errors.ts'
import { unsealValue } from '../../node/storage/checked-value.ts'
import { dataPaths } from '../../node/storage/data-directory.ts'
import { type NodeMarker, readMarker } from '../../node/storage/node-marker.ts'
import { openDatabase } from '../../node/storage/open-database.ts'
import {
  type ChainLink,
  decodeWrite,
  firstLink,
  sequenceOf,
  type VoteLogWrite,
  WRITES
} from '../../node/storage/vote-log-format.ts'
import {
  type Certificate,
  decodeCertificate,
  decodeMemberMessage,
  fromHex,
  type MemberIndex,
  toHex,
  type Vote
} from '../../protocol/index.ts'
import type { SeenVote, SeenWrite, VoteLogCopy } from './checker.ts'
import { readPuts } from './level-log-records.ts'

/** Whose log it is, and who is who in certificates. */
export interface VoteLogOwner {
  readonly node: number
  readonly dataFolder: string
  /** The node that has a member's seat. */
  readonly nodeOf: (member: number) => number
  /** Where copies may lie for a moment. */
  readonly scratchFolder: string
}

/** Payloads of writes by their number; two of one number are of two incarnations. */
type Payloads = Map<number, Set<string>>

const ATTEMPTS_MAX = 6
const ATTEMPT_PAUSE_MS = 100

/** Reads one node's vote log again and again. */
export class VoteLogReader {
  readonly #owner: VoteLogOwner
  /** Of each write that was ever seen: its number and the chain after it. */
  readonly #links = new Map<number, Set<string>>()

  constructor(owner: VoteLogOwner) {
    this.#owner = owner
  }

  /**
   * What is new since the last time; undefined when there is no log.
   *
   * @throws NodeError or an error of the system when no copy can be read
   */
  async read(): Promise<VoteLogCopy | undefined> {
    const { dataFolder, scratchFolder } = this.#owner
    const paths = dataPaths(dataFolder)
    if (!existsSync(join(paths.sign, 'CURRENT'))) return undefined
    const marker = await readMarker(paths.marker)
    if (marker === undefined) return undefined
    for (let attempt = 1; ; attempt++) {
      const copy = mkdtempSync(join(scratchFolder, 'sign-'))
      try {
        copyDatabase(paths.sign, copy)
        const payloads: Payloads = new Map()
        readLevelLogs(copy, payloads)
        await readTables(copy, marker, payloads)
        return this.#follow(payloads, marker.uuid)
      } catch (error) {
        // While the node writes, a copy may not fit together.
        if (attempt === ATTEMPTS_MAX || !isOfTheDisk(error)) throw error
        await sleep(ATTEMPT_PAUSE_MS)
      } finally {
        rmSync(copy, { recursive: true, force: true })
      }
    }
  }

  /** Joins writes to those that are known, lowest first. */
  #follow(payloads: Payloads, uuid: string): VoteLogCopy {
    const { node } = this.#owner
    const first = firstLink(uuid)
    this.#know(first)
    const writes: SeenWrite[] = []
    let hasGap = false
    for (const [sequence, encoded] of [...payloads].sort(([a], [b]) => a - b))
      for (const hex of encoded) {
        const found = this.#decode(sequence, fromHex(hex) as Uint8Array)
        if (found === undefined) hasGap = true
        else if (this.#know(found.link)) writes.push(seenWrite(this.#owner, found.write))
      }
    return { node, hasGap, writes }
  }

  #decode(sequence: number, payload: Uint8Array): ReturnType<typeof decodeWrite> {
    for (const hex of this.#links.get(sequence - 1) ?? []) {
      const found = decodeWrite(
        { sequence: sequence - 1, chain: fromHex(hex) as Uint8Array },
        payload
      )
      if (found !== undefined) return found
    }
    return undefined
  }

  /** Whether it was not known before. */
  #know({ sequence, chain }: ChainLink): boolean {
    const known = this.#links.get(sequence) ?? new Set()
    this.#links.set(sequence, known)
    const hex = toHex(chain)
    if (known.has(hex)) return false
    known.add(hex)
    return true
  }
}

/** Tables before the list of tables, and that before the log, so that a copy lacks nothing it names. */
function copyDatabase(from: string, to: string): void {
  for (const pattern of [/\.ldb$/, /^CURRENT$/, /^MANIFEST-/, /\.log$/])
    for (const name of readdirSync(from).filter((each) => pattern.test(each)))
      cpSync(join(from, name), join(to, name))
}

function readLevelLogs(path: string, payloads: Payloads): void {
  for (const name of readdirSync(path).filter((each) => each.endsWith('.log')))
    for (const [key, stored] of readPuts(join(path, name))) {
      const isWrite = key[0] === WRITES.gte[0]
      const payload = isWrite ? unsealValue(key, stored) : undefined
      if (payload !== undefined) add(payloads, key, payload)
    }
}

async function readTables(path: string, identity: NodeMarker, payloads: Payloads): Promise<void> {
  const database = await openDatabase(
    { path, identity, create: false, unsyncedWrites: false },
    { onWriteFailure: () => undefined }
  )
  try {
    for await (const page of database.iterate(WRITES))
      for (const [key, payload] of page) add(payloads, key, payload)
  } finally {
    await database.close()
  }
}

function add(payloads: Payloads, key: Uint8Array, payload: Uint8Array): void {
  const sequence = sequenceOf(key)
  const known = payloads.get(sequence) ?? new Set()
  payloads.set(sequence, known.add(toHex(payload)))
}

function seenWrite(
  { node, nodeOf }: VoteLogOwner,
  { entries, certificates }: VoteLogWrite
): SeenWrite {
  const votes: SeenVote[] = []
  const certified: SeenVote[] = []
  let finalView = 0
  for (const { bytes } of entries) {
    // Whose stream it would come on is said by the log itself.
    const message = decodeMemberMessage(bytes, 0 as MemberIndex)
    if (message?.kind === 'vote') votes.push(seenVote(node, message.vote.vote))
  }
  for (const { bytes } of certificates) {
    const certificate = decodeCertificate(bytes)
    if (certificate === undefined) continue
    const { kind, view } = certificate.vote
    if (kind === 'finalise') finalView = Math.max(finalView, view)
    certified.push(...certifiedVotes(certificate, nodeOf))
  }
  return { votes, certified, finalView }
}

/** The votes that a certificate is made of. */
export function certifiedVotes(
  { vote, signatures }: Certificate,
  nodeOf: (member: number) => number
): readonly SeenVote[] {
  return signatures.map(({ signer }) => seenVote(nodeOf(signer), vote))
}

function seenVote(signer: number, { kind, epoch, view, subject }: Vote): SeenVote {
  const about = subject === null ? '' : `${subject.parentView}:${subject.blockId}`
  return { signer, kind, epoch, view, subject: about }
}

function isOfTheDisk(error: unknown): boolean {
  return error instanceof NodeError || (error as NodeJS.ErrnoException).code !== undefined
}
