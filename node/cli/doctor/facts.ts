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
import { listHeld } from '../held/held-folder.ts'
import { requestNode } from '../node-request.ts'
import { type AccessOptions, type NodeAccess, ownUrl, readToken } from '../node-url.ts'
import { readGenesis, readSettings, type SettingsPorts } from '../settings.ts'
import { fetchStatus, type NodeStatus } from '../status.ts'
import { askClocks, callEndpoints } from './outside.ts'

/** What was looked for, or why it was not found. */
export type Probe<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly trouble: string; readonly code: string }

/** Where others reach this member, and what came of calling there from here. */
export interface OwnEndpoint {
  readonly address: string
  readonly isAnswering: boolean
}

/** A seat, as the node sees it. */
export interface SeatFacts {
  readonly weight: number
  readonly isSelf: boolean
  readonly isConnected: boolean
  /** What the ledger says of where it is reached: addresses and URLs. */
  readonly endpoints: readonly string[]
}

/** What a node says of itself, as far as rules look at it. */
export interface NodeFacts {
  readonly status: NodeStatus
  readonly members: readonly SeatFacts[]
  /** How far other nodes' clocks are ahead of this machine's, as far as they could be asked. */
  readonly clocksAheadMs: readonly number[]
}

/** Devices that this node speaks for. */
export interface MqttFacts {
  readonly held: readonly string[]
  /** Names of devices that topics are mapped to. */
  readonly mapped: readonly string[]
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
  /** What the MQTT gateway is set to do beside its daily work; null where it does nothing else. */
  readonly mqtt: MqttFacts | null
  readonly node: Probe<NodeFacts> | null
  readonly url: string | null
  /** Where the node listens for others by its settings. */
  readonly listens: readonly string[] | null
  /** Of a member: the addresses of its seat. */
  readonly ownEndpoints: readonly OwnEndpoint[] | null
  /** Whether a process has the data directory; asked only where no node answers. */
  readonly holder: 'free' | 'held' | null
  readonly ownVersion: string
  readonly nowMs: number
  /** What stands behind a command so that it is about the same node; empty or with a leading space. */
  readonly configOption: string
}

/** Whom the doctor is asked about. */
export interface DoctorQuestion extends AccessOptions {
  /** Without settings another node, of which nothing but its word is known. */
  readonly url?: string
}

const DEADLINE_MS = 5_000

const membersShape = z.looseObject({
  members: z.array(
    z.looseObject({
      weight: z.number(),
      isSelf: z.boolean(),
      isConnected: z.boolean(),
      endpoints: z.array(z.string())
    })
  )
})

/** Looks at everything there is to look at. */
export async function gatherFacts(
  question: DoctorQuestion,
  ports: SettingsPorts
): Promise<DoctorFacts> {
  const { url, config: named } = question
  const facts = {
    ...NOTHING_KNOWN,
    ownVersion: softwareVersion(),
    nowMs: Date.now(),
    configOption: named === undefined ? '' : ` --config ${named}`
  }
  const token = await readToken(question)
  if (url !== undefined && named === undefined)
    return { ...facts, url, node: await askNode({ url, token }) }
  const read = await probe(() => readSettings(question, ports))
  if (!read.ok) return { ...facts, settings: read }
  const { config, filePath, fileFound } = read.value
  return {
    ...facts,
    ...(await lookAtFiles(config)),
    ...(await lookAtNode(config, { url, token })),
    listens: config.network.listen,
    settings: { ok: true, value: { filePath, isFileFound: fileFound } }
  }
}

const NOTHING_KNOWN = {
  settings: null,
  genesis: null,
  data: null,
  disk: null,
  mqtt: null,
  node: null,
  url: null,
  listens: null,
  ownEndpoints: null,
  holder: null
}

async function lookAtFiles(
  config: Config
): Promise<Pick<DoctorFacts, 'genesis' | 'data' | 'disk' | 'mqtt'>> {
  const path = config.dataDirectory
  const data = await probe(async () => {
    const marker = await readMarker(dataPaths(path).marker)
    return { path, isThere: marker !== undefined }
  })
  const genesis = await probe(async () => {
    return (await readGenesis(config.genesis, config.networkId)).genesis.networkId
  })
  const isThere = data.ok && data.value.isThere
  const disk = isThere ? await lookAtDisk(path, config) : null
  return { data, genesis, disk, mqtt: isThere ? await lookAtMqtt(config) : null }
}

async function lookAtMqtt({ dataDirectory, mqtt }: Config): Promise<MqttFacts | null> {
  const held = await probe(() => listHeld(dataDirectory))
  const mapped = [...new Set(mqtt.topics.map(({ device }) => device))]
  if (!mqtt.enabled || !held.ok || held.value.length + mapped.length === 0) return null
  return { held: held.value, mapped }
}

async function lookAtDisk(path: string, { disk }: Config): Promise<DoctorFacts['disk']> {
  const { bavail, bsize } = await statfs(path)
  return { path, freeBytes: bavail * bsize, ...disk }
}

async function lookAtNode(
  config: Config,
  access: { readonly url: string | undefined; readonly token: string | undefined }
): Promise<Pick<DoctorFacts, 'node' | 'url' | 'holder' | 'ownEndpoints'>> {
  const named = await probe(async () => access.url ?? ownUrl(config, '--url'))
  const node = named.ok ? await askNode({ url: named.value, token: access.token }) : named
  const holder = node.ok ? null : await holderOf(dataPaths(config.dataDirectory).lock)
  const own = node.ok ? node.value.members.find(({ isSelf }) => isSelf) : undefined
  const ownEndpoints = own === undefined ? null : await callEndpoints(own.endpoints)
  return { node, url: named.ok ? named.value : null, holder, ownEndpoints }
}

function askNode(access: NodeAccess): Promise<Probe<NodeFacts>> {
  const { url, token } = access
  return probe(async () => {
    const status = await fetchStatus(access)
    const answer = await requestNode(url, '/v1/members', { token, deadlineMs: DEADLINE_MS })
    const read = membersShape.safeParse(answer.json())
    if (!read.success)
      throw new NodeError('REQUEST_FAILED', `${url}: its list of members is not understood`)
    const { members } = read.data
    const others = members.filter(({ isSelf }) => !isSelf).flatMap(({ endpoints }) => endpoints)
    return { status, members, clocksAheadMs: await askClocks(others) }
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
    return { ok: false, trouble: error.message, code: error.code }
  }
}
