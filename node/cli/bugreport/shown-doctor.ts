/**
 * The doctor's answers as a report may show them: the rules are asked about facts of which every
 * text from outside has been taken, so that nothing else can stand in what they say.
 *
 * @module
 */

import type { AbsentMember } from '../../service/absence.ts'
import { explainAlarm } from '../../service/alarms.ts'
import type { DoctorFacts, NodeFacts, OwnEndpoint, Probe } from '../doctor/facts.ts'
import { isHere } from '../doctor/network-rules.ts'
import { examine } from '../doctor/rules.ts'
import type { NodeStatus } from '../status.ts'
import { amount, LEFT_OUT, oneOf, ours, type Shown, shortId, version } from './allow.ts'
import { codeOf } from './shown-log.ts'

/** States that a node may be in. */
export const STATES: readonly string[] = ['joining', 'catching-up', 'ready', 'paused', 'stopped']
/** What a node may be. */
export const ROLES: readonly string[] = ['member', 'observer']
const CAUSES: readonly string[] = [
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENOTFOUND',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'ETIMEDOUT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE'
]
const HERE = '/ip4/127.0.0.1/tcp/(left out)'
const ELSEWHERE = '/dns4/(left out)/tcp/(left out)'

/** What each rule says of the facts. */
export function showDoctor(facts: DoctorFacts): Shown {
  return examine(withoutTexts(facts)).map(({ check, verdict, says, cure }) =>
    ours(`${check}: ${verdict}: ${says}${cure === null ? '' : ` → ${cure}`}`)
  )
}

/** A status in which every text is a word of ours. */
function plainStatus(status: NodeStatus): NodeStatus {
  const { software, storage, missing, alarms } = status
  const number = (value: unknown): number => {
    const shown = amount(value)
    return typeof shown === 'number' ? shown : 0
  }
  return {
    networkId: LEFT_OUT,
    nodeId: shortId(status.nodeId),
    role: oneOf(status.role, ROLES),
    state: oneOf(status.state, STATES),
    sentence: ours(`state ${oneOf(status.state, STATES)}`),
    stateRoot: shortId(status.stateRoot),
    epoch: number(status.epoch),
    view: number(status.view),
    height: number(status.height),
    highestKnownHeight: number(status.highestKnownHeight),
    finalAtMs: number(status.finalAtMs),
    totalWeight: number(status.totalWeight),
    quorumWeight: number(status.quorumWeight),
    reachableWeight: number(status.reachableWeight),
    peers: number(status.peers),
    pendingTransactions: number(status.pendingTransactions),
    missing: missing.map(plainAbsent),
    wayBack: status.wayBack === null ? null : LEFT_OUT,
    alarms: alarms.map((code) => (explainAlarm(code) === undefined ? LEFT_OUT : ours(code))),
    storage: {
      scrubbedAtMs: storage.scrubbedAtMs === null ? null : number(storage.scrubbedAtMs),
      damagedRecords: number(storage.damagedRecords),
      repairedRecords: number(storage.repairedRecords)
    },
    software: {
      version: version(software.version),
      protocolVersion: number(software.protocolVersion),
      networkProtocolVersion: number(software.networkProtocolVersion)
    }
  }
}

/** Only what was found out, and what went wrong by its code. */
function withoutTexts(facts: DoctorFacts): DoctorFacts {
  const { settings, genesis, data, disk, node, ownEndpoints, listens } = facts
  return {
    ...facts,
    settings: plain(settings, ({ isFileFound }) => ({
      filePath: 'the settings file',
      isFileFound
    })),
    genesis: plain(genesis, () => LEFT_OUT),
    data: plain(data, ({ isThere }) => ({ path: 'the data directory', isThere })),
    disk: disk && { ...disk, path: 'the data directory' },
    node: plain(node, plainNode),
    url: facts.url && 'its address',
    listens: listens?.map(plainAddress) ?? null,
    ownEndpoints: ownEndpoints?.map(plainEndpoint) ?? null,
    configOption: facts.configOption === '' ? '' : ' --config <file>'
  }
}

function plainNode({ status, members, clocksAheadMs }: NodeFacts): NodeFacts {
  return {
    status: plainStatus(status),
    members: members.map((seat) => ({ ...seat, endpoints: seat.endpoints.map(plainAddress) })),
    clocksAheadMs
  }
}

function plainAbsent({ memberId, weight, lastHeardAtMs }: AbsentMember): AbsentMember {
  return { memberId: shortId(memberId), region: 'member', weight, lastHeardAtMs }
}

function plainEndpoint({ address, isAnswering }: OwnEndpoint): OwnEndpoint {
  return { address: plainAddress(address), isAnswering }
}

function plainAddress(address: string): string {
  return isHere(address) ? HERE : ELSEWHERE
}

function plain<Value>(
  probe: Probe<Value> | null,
  take: (value: Value) => Value
): Probe<Value> | null {
  if (probe === null) return null
  return probe.ok ? { ok: true, value: take(probe.value) } : plainTrouble(probe)
}

function plainTrouble({ trouble, code }: Probe<never> & { readonly ok: false }): Probe<never> {
  const known = codeOf(code) ?? LEFT_OUT
  const status = /: ([45]\d\d)\b/.exec(trouble)?.[1]
  const cause = CAUSES.find((one) => trouble.includes(`(${one})`))
  const parts = [known, ...(status === undefined ? [] : [`: ${status}`])]
  return { ok: false, code: known, trouble: `${parts.join('')}${cause ? ` (${cause})` : ''}` }
}
