/**
 * The alert desk: signs this member's suspicions and files each once for a device, a rule and a window.
 *
 * @see SPEC.md §5.11 Alerts
 * @module
 */

import {
  alerts,
  createTaggedHash,
  encodeCbor,
  equalBytes,
  type LedgerVersion,
  MEMBER_STATUS,
  members,
  NETWORK_KEY,
  networkTable,
  toHex
} from '../../../protocol/index.ts'
import type { Clock } from '../../clock.ts'
import type { Submission } from '../../ledger-service.ts'
import type { Logger } from '../../logger.ts'
import { type ActSigner, signAct } from '../../membership/own-acts.ts'
import type { OwnSequence } from '../../membership/own-sequence.ts'
import type { Metrics } from '../../metrics.ts'
import { TokenBucket } from '../../network/token-bucket.ts'
import { RULE_TABLE_VERSION } from './rule-table.ts'
import type { Suspicion } from './suspicion-rule.ts'

/** Alerts at once and in an hour: a tenth of what the ledger allows a member, the rest is for its other acts. */
const ALERTS_MAX = 60
const HOUR_MS = 3_600_000
/** Alerts remembered, so that they are not filed again. */
const FILED_MAX = 8_192

const hashDetail = createTaggedHash('tm/alert-detail/1')

/** A suspicion about a device. */
export interface FiledSuspicion extends Suspicion {
  readonly deviceId: Uint8Array
  readonly rule: number
}

/** What the desk is told. */
export interface AlertDeskOptions {
  readonly networkTag: Uint8Array
  readonly identity: ActSigner
}

/** What the desk needs from others. */
export interface AlertDeskPorts {
  readonly clock: Pick<Clock, 'nowMs'>
  /** The last final version. */
  readonly tip: () => LedgerVersion
  readonly sequence: OwnSequence
  readonly submit: (wire: Uint8Array) => Promise<Submission>
  readonly log: Pick<Logger, 'info'>
  readonly count: Metrics['count']
  readonly onFailure: (error: unknown) => void
}

/** Files alerts. */
export class AlertDesk {
  readonly #options: AlertDeskOptions
  readonly #ports: AlertDeskPorts
  readonly #filed = new Set<string>()
  readonly #allowance: TokenBucket

  constructor(options: AlertDeskOptions, ports: AlertDeskPorts) {
    this.#options = options
    this.#ports = ports
    this.#allowance = new TokenBucket(ALERTS_MAX, HOUR_MS, ports.clock.nowMs())
  }

  /** Files a suspicion, unless this member has done so or has no seat; what there is no room for is left. */
  file(suspicion: FiledSuspicion): void {
    const { tip, sequence, clock, log, count } = this.#ports
    const { networkTag, identity } = this.#options
    const { view, timeMs } = tip()
    const member = view.read(members, identity.publicKey)
    const windowMs = view.read(networkTable, NETWORK_KEY)?.parameters.alertWindowMs
    if (member?.status !== MEMBER_STATUS.seated || windowMs === undefined) return
    const windowStartMs = timeMs - (timeMs % windowMs)
    const name = nameOf(suspicion, windowStartMs)
    if (this.#filed.has(name) || this.#isOnLedger(suspicion, windowStartMs)) return
    if (!this.#allowance.tryTake(1, clock.nowMs())) return
    this.#remember(name)
    const { deviceId, rule, severity } = suspicion
    const wire = signAct(
      networkTag,
      {
        kind: 'alert',
        memberId: identity.publicKey,
        memberSequence: sequence.next(member),
        rule,
        ruleVersion: RULE_TABLE_VERSION,
        deviceId,
        windowStartMs,
        severity,
        detailHash: detailHashOf(suspicion, windowStartMs)
      },
      { identity }
    )
    log.info('a device is suspected', { deviceId: toHex(deviceId), rule, severity })
    count('thingmoot_evidence_alerts_total', String(rule), 1)
    this.#send(name, wire)
  }

  #send(name: string, wire: Uint8Array): void {
    this.#ports
      .submit(wire)
      .then((submission) => {
        // It may be said again in this window.
        if (submission.kind !== 'taken') this.#filed.delete(name)
      })
      .catch(this.#ports.onFailure)
  }

  /** After a start: what was filed before it. */
  #isOnLedger({ deviceId, rule }: FiledSuspicion, windowStartMs: number): boolean {
    const { publicKey } = this.#options.identity
    const record = this.#ports.tip().view.read(alerts, deviceId)
    return (record?.entries ?? []).some(
      (entry) =>
        entry.rule === rule &&
        entry.windowStartMs === windowStartMs &&
        entry.voices.some(({ memberId }) => equalBytes(memberId, publicKey))
    )
  }

  #remember(name: string): void {
    this.#filed.add(name)
    if (this.#filed.size <= FILED_MAX) return
    const eldest = this.#filed.values().next()
    if (eldest.done !== true) this.#filed.delete(eldest.value)
  }
}

/** What a member commits to: what it saw, in numbers that are on the ledger anyway. */
function detailHashOf(
  { deviceId, rule, severity, detail }: FiledSuspicion,
  windowStartMs: number
): Uint8Array {
  return hashDetail(encodeCbor([deviceId, rule, windowStartMs, severity, detail]))
}

/** A silence is one for as long as it lasts; everything else is new in each window. */
function nameOf({ deviceId, rule, detail }: FiledSuspicion, windowStartMs: number): string {
  const since = rule === SILENCE ? (detail[0] as number) : windowStartMs
  return `${toHex(deviceId)} ${rule} ${since}`
}

/** The number of the rule whose suspicion lasts from one window to the next. */
const SILENCE = 2
