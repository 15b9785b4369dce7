/**
 * What the tests of the doctor's rules share: facts of a healthy node, and what rules make of facts.
 *
 * @module
 */

import * as assert from 'uvu/assert'
import type { AbsentMember } from '../../../service/absence.ts'
import type { NodeStatus } from '../../status.ts'
import type { DoctorFacts, NodeFacts, SeatFacts } from '../facts.ts'
import type { Condition } from '../finding.ts'
import { examine, type NamedFinding } from '../rules.ts'

/** When the doctor looks. */
export const NOW_MS: number = Date.UTC(2026, 0, 2, 12, 4, 30)
const SECOND_MS = 1_000
const GIB = 1_073_741_824
/** A member that is missing since half a minute. */
export const TOKYO: AbsentMember = {
  memberId: '0ff12420'.padEnd(64, '0'),
  region: 'tokyo',
  weight: 1,
  lastHeardAtMs: Date.UTC(2026, 0, 2, 12, 4)
}
/** A member that was never heard. */
export const LIMA: AbsentMember = {
  memberId: 'c7f26605'.padEnd(64, '0'),
  region: 'lima',
  weight: 1,
  lastHeardAtMs: null
}
/** Its own seat. */
export const SELF: SeatFacts = {
  weight: 1,
  isSelf: true,
  isConnected: true,
  endpoints: ['/dns4/node.example/tcp/4001']
}
/** A seat that is reached. */
export const OTHER: SeatFacts = {
  weight: 1,
  isSelf: false,
  isConnected: true,
  endpoints: ['/dns4/node.example/tcp/4001']
}
/** A seat that is not. */
export const GONE: SeatFacts = { weight: 1, isSelf: false, isConnected: false, endpoints: [] }

/** A member of four, all of them present. */
export const HEALTHY_STATUS: NodeStatus = {
  networkId: 'town',
  nodeId: 'aa'.repeat(32),
  role: 'member',
  epoch: 0,
  view: 8,
  height: 7,
  stateRoot: 'bb'.repeat(32),
  finalAtMs: NOW_MS - SECOND_MS,
  totalWeight: 4,
  quorumWeight: 3,
  reachableWeight: 4,
  missing: [],
  wayBack: null,
  peers: 3,
  pendingTransactions: 0,
  highestKnownHeight: 7,
  state: 'ready',
  sentence: 'All 4 members are present.',
  alarms: [],
  storage: { scrubbedAtMs: null, damagedRecords: 0, repairedRecords: 0 },
  software: { version: '0.1.0', protocolVersion: 1, networkProtocolVersion: 1 }
}

/** All that is found out about it. */
export const HEALTHY: DoctorFacts = {
  settings: { ok: true, value: { filePath: '/n/node.yaml', isFileFound: true } },
  genesis: { ok: true, value: 'town' },
  data: { ok: true, value: { path: '/n/data', isThere: true } },
  disk: { path: '/n/data', freeBytes: 9 * GIB, warnBytes: GIB, stopBytes: GIB / 4 },
  mqtt: { held: ['kitchen'], mapped: ['kitchen'] },
  node: {
    ok: true,
    value: {
      status: HEALTHY_STATUS,
      members: [SELF, OTHER, OTHER, OTHER],
      clocksAheadMs: [-400, 300]
    }
  },
  url: 'http://127.0.0.1:8080',
  listens: ['/ip4/0.0.0.0/tcp/4001'],
  ownEndpoints: [{ address: '/dns4/node.example/tcp/4001', isAnswering: true }],
  holder: null,
  ownVersion: '0.1.0',
  nowMs: NOW_MS,
  configOption: ' --config /n/node.yaml'
}

/** What a check must find in facts. */
export type Expected = readonly [
  what: string,
  facts: DoctorFacts,
  check: string,
  verdict: Condition | 'silent',
  says?: RegExp,
  cure?: RegExp
]

/** The same member, saying otherwise of itself. */
export function withStatus(
  status: Partial<NodeStatus>,
  members?: NodeFacts['members']
): DoctorFacts {
  const value = {
    status: { ...HEALTHY_STATUS, ...status },
    members: members ?? [SELF, OTHER, OTHER, OTHER],
    clocksAheadMs: []
  }
  return { ...HEALTHY, node: { ok: true, value } }
}

/** The same facts with others of what was found out by asking the node. */
export function withNode(facts: DoctorFacts, more: Partial<NodeFacts>): DoctorFacts {
  const { node } = facts
  assert.ok(node?.ok === true)
  return { ...facts, node: { ok: true, value: { ...node.value, ...more } } }
}

/** The same member while others are missing and transactions wait. */
export function whileMissing(absent: NodeStatus['missing'], wayBack: string | null): DoctorFacts {
  const here = 4 - absent.length
  const state = wayBack === null ? 'ready' : 'paused'
  return withStatus(
    { missing: absent, wayBack, state, reachableWeight: here, pendingTransactions: 36 },
    [SELF, OTHER, OTHER, OTHER].map((seat, index) => (index < here ? seat : GONE))
  )
}

/** The name of the test of a row. */
export function nameOf([what, , check, verdict]: Expected): string {
  return `${what}: ${check} is ${verdict}`
}

/** Has the rules judge the facts of a row: one finding of its check, with a cure unless it is well. */
export function assertFound([, facts, check, verdict, says = /./, cure = /./]: Expected): void {
  const found = examine(facts).filter((one) => one.check === check)
  assert.is(found.length, verdict === 'silent' ? 0 : 1)
  if (verdict === 'silent') return
  const [finding] = found as [NamedFinding]
  assert.is(finding.verdict, verdict)
  assert.match(finding.says, says)
  if (verdict === 'ok') assert.is(finding.cure, null)
  else assert.match(String(finding.cure), cure)
}
