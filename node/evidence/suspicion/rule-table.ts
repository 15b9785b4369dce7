/**
 * The table of suspicion: every rule in force, in one version.
 *
 * Each looks only at what final blocks hold, so that every node can see what another
 * one suspects. What a witness shows that is a proof is filed as such, beside S3.
 *
 * @see SPEC.md §5.11 Alerts
 * @module
 */

import { ALERT_RULES_VERSION } from '../../../protocol/index.ts'
import { malformedContent } from './malformed-content.ts'
import { oldAnchors } from './old-anchors.ts'
import { otherEndPoint } from './other-end-point.ts'
import { overtaken } from './overtaken.ts'
import { placeAndTime } from './place-and-time.ts'
import { rateAndSize } from './rate-and-size.ts'
import { silence } from './silence.ts'
import type { SuspicionRule } from './suspicion-rule.ts'
import { twoSessions } from './two-sessions.ts'

/** The version that alerts of this table name. */
export const RULE_TABLE_VERSION: number = ALERT_RULES_VERSION

/** The rules in force. */
export const RULE_TABLE: readonly SuspicionRule[] = [
  placeAndTime,
  silence,
  overtaken,
  otherEndPoint,
  rateAndSize,
  malformedContent,
  oldAnchors,
  twoSessions
]
