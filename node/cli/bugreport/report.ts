/**
 * A report about a node: what somebody else needs to help, and nothing that opens anything.
 *
 * Every value passes through `allow.ts`.
 *
 * @module
 */

import { existsSync } from 'node:fs'
import {
  arch,
  availableParallelism,
  freemem,
  release as osRelease,
  totalmem,
  uptime
} from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  ConfigError,
  describeSettings,
  type Environment,
  type GenesisDocument
} from '../../../config/index.ts'
import { NodeError } from '../../errors.ts'
import { softwareVersion } from '../../software.ts'
import { type DoctorQuestion, gatherFacts } from '../doctor/facts.ts'
import { readGenesis, readSettings } from '../settings.ts'
import type { NodeStatus } from '../status.ts'
import { parseMetricsText } from '../top/metrics-text.ts'
import { fetchMetricsText, metricsUrl } from '../top/read-node.ts'
import {
  amount,
  LEFT_OUT,
  moment,
  oneOf,
  ours,
  release,
  type Shown,
  type ShownFields,
  shortId,
  version
} from './allow.ts'
import { ROLES, STATES, showDoctor } from './shown-doctor.ts'
import { codeOf, showLog } from './shown-log.ts'
import { showMetricSamples } from './shown-metrics.ts'
import { showSettings } from './shown-settings.ts'
import { measureStorage } from './storage-sizes.ts'

/** What a report is made of. */
export interface ReportQuestion extends DoctorQuestion {
  readonly metricsUrl?: string
  /** The end of the node's log, if it was handed in. */
  readonly logText: string | null
}

/** Everything in a report, by the titles of its sections. */
export type Report = ShownFields

const PLATFORMS: readonly string[] = ['linux', 'darwin', 'freebsd', 'openbsd', 'win32']
const ARCHITECTURES: readonly string[] = ['x64', 'arm64', 'arm', 'riscv64', 'ppc64', 's390x']
const FAULT_MODELS: readonly string[] = ['byzantine', 'crash']
const TRUST_MODELS: readonly string[] = ['open-vote', 'vouch', 'anchored', 'hybrid']
const PROBLEMS_SHOWN_MAX = 10
const PROGRAM = fileURLToPath(new URL('../../../', import.meta.url))

/** Looks at everything that a report tells. A part that cannot be had says so by its code. */
export async function gatherReport(
  question: ReportQuestion,
  ports: { readonly environment: Environment }
): Promise<Report> {
  const facts = await gatherFacts(question, ports)
  const settings = await readSettings(question, ports).catch(troubleOf)
  const isRead = 'config' in settings
  const isOwn = question.url === undefined || question.config !== undefined
  const config = isRead && isOwn ? settings.config : null
  const place = question.metricsUrl ?? (config === null ? null : metricsUrl(config))
  const metrics = place === null ? null : await fetchMetricsText(place)
  const { node } = facts
  return {
    about: aboutReport(),
    versions: showVersions(),
    doctor: showDoctor(facts),
    status: node?.ok === true ? showStatus(node.value.status) : ours('no node answers'),
    settings: isRead
      ? showSettings(settings.config, settings.origins, ports.environment)
      : showTrouble(settings),
    genesis: config === null ? ours('not looked at') : await showGenesis(config.genesis),
    storage: config === null ? ours('not looked at') : await measureStorage(config.dataDirectory),
    metrics: metrics === null ? ours('not reached') : showMetricSamples(parseMetricsText(metrics)),
    log:
      question.logText === null
        ? ours('none: hand it in with --log <file>')
        : showLog(question.logText, (path) => existsSync(join(PROGRAM, path)))
  }
}

function aboutReport(): ShownFields {
  return {
    what: ours('a report of thingmoot bugreport'),
    at: moment(Date.now()),
    shown: ours(
      'numbers, choices, codes and sentences of the program; every other text is left out'
    )
  }
}

function showVersions(): ShownFields {
  return {
    program: version(softwareVersion()),
    node: version(process.version),
    platform: oneOf(process.platform, PLATFORMS),
    kernel: release(osRelease()),
    architecture: oneOf(arch(), ARCHITECTURES),
    processors: availableParallelism(),
    memoryBytes: totalmem(),
    freeMemoryBytes: freemem(),
    upSeconds: Math.round(uptime())
  }
}

function showStatus(status: NodeStatus): ShownFields {
  const { storage, software, missing, alarms } = status
  return {
    node: shortId(status.nodeId),
    role: oneOf(status.role, ROLES),
    state: oneOf(status.state, STATES),
    height: amount(status.height),
    highestKnownHeight: amount(status.highestKnownHeight),
    finalAt: moment(status.finalAtMs),
    stateRoot: shortId(status.stateRoot),
    epoch: amount(status.epoch),
    view: amount(status.view),
    totalWeight: amount(status.totalWeight),
    quorumWeight: amount(status.quorumWeight),
    reachableWeight: amount(status.reachableWeight),
    peers: amount(status.peers),
    pendingTransactions: amount(status.pendingTransactions),
    missing: missing.map(({ memberId, weight, lastHeardAtMs }) => ({
      member: shortId(memberId),
      weight: amount(weight),
      lastHeardAt: moment(lastHeardAtMs)
    })),
    alarms: alarms.map((code) => ours(codeOf(code) ?? LEFT_OUT)),
    damagedRecords: amount(storage.damagedRecords),
    repairedRecords: amount(storage.repairedRecords),
    scrubbedAt: moment(storage.scrubbedAtMs),
    program: version(software.version),
    protocolVersion: amount(software.protocolVersion),
    networkProtocolVersion: amount(software.networkProtocolVersion)
  }
}

async function showGenesis(path: string): Promise<Shown> {
  const read = await readGenesis(path).catch(troubleOf)
  if (!('genesis' in read)) return showTrouble(read)
  const { genesis, genesisHash } = read
  return {
    hash: shortId(genesisHash),
    at: moment(genesis.timeMs),
    founders: genesis.members.length,
    weight: genesis.members.reduce((sum, { weight }) => sum + weight, 0),
    faultModel: oneOf(genesis.faultModel, FAULT_MODELS),
    trust: oneOf(genesis.trust.model, TRUST_MODELS),
    vendorTrust: oneOf(genesis.vendorTrust.model, TRUST_MODELS),
    regions: genesis.regions.length,
    vendorGrants: genesis.vendorGrants.length,
    parameters: showParameters(genesis)
  }
}

function showParameters({ parameters }: GenesisDocument): ShownFields {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, value]) => [name, amount(Number(value))])
  )
}

/** The operator's and the world's trouble is a part of the report; our own bug is thrown. */
function troubleOf(error: unknown): NodeError | ConfigError {
  if (error instanceof NodeError || error instanceof ConfigError) return error
  throw error
}

function showTrouble(error: NodeError | ConfigError): ShownFields {
  const problems = error instanceof ConfigError ? error.problems : []
  const paths = describeSettings().map(({ path }) => path)
  return {
    code: ours(codeOf(error.code) ?? LEFT_OUT),
    problems: problems
      .slice(0, PROBLEMS_SHOWN_MAX)
      .map(({ line, column, path }) =>
        ours(`line ${line ?? 'unknown'}, column ${column ?? 'unknown'}: ${oneOf(path, paths)}`)
      )
  }
}
