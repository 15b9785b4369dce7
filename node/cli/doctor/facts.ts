/**
 * What the doctor finds out before it judges: by the files of the node and by asking it.
 *
 * Nothing is changed by looking, and no trouble ends it: a trouble is a fact.
 *
 * @module
 */

import { statfs } from 'node:fs/promises'
import * as z from 'zod'
import { type Config, ConfigError } from '../../../config/index.ts'
import { NodeError } from '../../errors.ts'
import { softwareVersion } from '../../software.ts'
import { dataPaths } from '../../storage/data-directory.ts'
import { takeLock } from '../../storage/lock-file.ts'
import { readMarker } from '../../storage/node-marker.ts'
import { requestNode } from '../node-request.ts'
import { ownUrl } from '../node-url.ts'
import { readGenesis, readSettings, type SettingsPorts } from '../settings.ts'
import { fetchStatus, type NodeStatus } from '../status.ts'

/** What was looked for, or why it was not found. */
export type Probe<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly trouble: string }

/** A seat, as the node sees it. */
export interface SeatFacts {
  readonly weight: number
  readonly isSelf: boolean
  readonly isConnected: boolean
}

/** What a node says of itself, as far as rules look at it. */
export interface NodeFacts {
  readonly status: NodeStatus
  readonly members: readonly SeatFacts[]
}

/** All that was found out; null is what was not looked for. */
export interface DoctorFacts {
  readonly settings: Probe<{ readonly filePath: string; readonly isFileFound: boolean }> | null
  /** The name of the network. */
  readonly genesis: Probe<string> | null
  readonly data: Probe<{ readonly path: string; readonly isThere: boolean }> | null
  readonly disk: {
    readonly path: string
    readonly freeBytes: number
    readonly warnBytes: number
    readonly stopBytes: number
  } | null
  readonly node: Probe<NodeFacts> | null
  readonly url: string | null
  /** Whether a process has the data directory; asked only where no node answers. */
  readonly holder: 'free' | 'held' | null
  readonly ownVersion: string
  readonly nowMs: number
  /** What stands behind a command so that it is about the same node; empty or with a leading space. */
  readonly configOption: string
}

/** Whom the doctor is asked about. */
export interface DoctorQuestion {
  readonly config?: string
  /** Another node than that of the settings, of which nothing but its word is known. */
  readonly url?: string
}

const DEADLINE_MS = 5_000

const membersShape = z.looseObject({
  members: z.array(
    z.looseObject({ weight: z.number(), isSelf: z.boolean(), isConnected: z.boolean() })
  )
})

/** Looks at everything there is to look at. */
export async function gatherFacts(
  question: DoctorQuestion,
  ports: SettingsPorts
): Promise<DoctorFacts> {
  const { url } = question
  const facts = {
    ...NOTHING_KNOWN,
    ownVersion: softwareVersion(),
    nowMs: Date.now(),
    configOption: question.config === undefined ? '' : ` --config ${question.config}`
  }
  if (url !== undefined) return { ...facts, url, node: await askNode(url) }
  const read = await probe(() => readSettings(question, ports))
  if (!read.ok) return { ...facts, settings: read }
  const { config, filePath, fileFound } = read.value
  return {
    ...facts,
    ...(await lookAtFiles(config)),
    ...(await lookAtNode(config)),
    settings: { ok: true, value: { filePath, isFileFound: fileFound } }
  }
}

const NOTHING_KNOWN = {
  settings: null,
  genesis: null,
  data: null,
  disk: null,
  node: null,
  url: null,
  holder: null
}

async function lookAtFiles(
  config: Config
): Promise<Pick<DoctorFacts, 'genesis' | 'data' | 'disk'>> {
  const path = config.dataDirectory
  const data = await probe(async () => {
    const marker = await readMarker(dataPaths(path).marker)
    return { path, isThere: marker !== undefined }
  })
  const genesis = await probe(async () => {
    return (await readGenesis(config.genesis, config.networkId)).genesis.networkId
  })
  const isThere = data.ok && data.value.isThere
  return { data, genesis, disk: isThere ? await lookAtDisk(path, config) : null }
}

async function lookAtDisk(path: string, { disk }: Config): Promise<DoctorFacts['disk']> {
  const { bavail, bsize } = await statfs(path)
  return { path, freeBytes: bavail * bsize, ...disk }
}

async function lookAtNode(config: Config): Promise<Pick<DoctorFacts, 'node' | 'url' | 'holder'>> {
  const named = await probe(async () => ownUrl(config, '--url'))
  const node = named.ok ? await askNode(named.value) : named
  const holder = node.ok ? null : await holderOf(dataPaths(config.dataDirectory).lock)
  return { node, url: named.ok ? named.value : null, holder }
}

function askNode(url: string): Promise<Probe<NodeFacts>> {
  return probe(async () => {
    const status = await fetchStatus(url)
    const answer = await requestNode(url, '/v1/members', { deadlineMs: DEADLINE_MS })
    const read = membersShape.safeParse(answer.json())
    if (!read.success)
      throw new NodeError('REQUEST_FAILED', `${url}: its list of members is not understood`)
    return { status, members: read.data.members }
  })
}

/** Whether the lock is held; where it cannot be tried, nobody knows. */
async function holderOf(path: string): Promise<DoctorFacts['holder']> {
  try {
    const lock = await takeLock(path)
    await lock.release()
    return 'free'
  } catch (error) {
    if (!(error instanceof NodeError)) throw error
    return error.code === 'DATA_DIRECTORY_LOCKED' ? 'held' : null
  }
}

/** What goes wrong for the operator's or the world's sake is found out; our own bugs are thrown. */
async function probe<Value>(look: () => Promise<Value>): Promise<Probe<Value>> {
  try {
    return { ok: true, value: await look() }
  } catch (error) {
    if (!(error instanceof NodeError || error instanceof ConfigError)) throw error
    return { ok: false, trouble: error.message }
  }
}
