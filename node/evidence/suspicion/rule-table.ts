/**
 * The table of suspicion: every rule in force, in one version.
 *
 * S3 (what a witness heard), S4 (another end point) and S8 (one device at two nodes
 * at once) are not in it: they need facts that no final block holds. What a witness
 * shows that is a proof is filed as such.
 *
 * @see SPEC.md §5.11 Alerts
 * @module
 */

import { ALERT_RULES_VERSION } from '../../../protocol/index.ts'
import { malformedContent } from './malformed-content.ts'
import { oldAnchors } from './old-anchors.ts'
import { placeAndTime } from './place-and-time.ts'
import { rateAndSize } from './rate-and-size.ts'
import { silence } from './silence.ts'
import type { SuspicionRule } from './suspicion-rule.ts'

/** The version that alerts of this table name. */
export const RULE_TABLE_VERSION: number = ALERT_RULES_VERSION

/** The rules in force. */
export const RULE_TABLE: readonly SuspicionRule[] = [
  placeAndTime,
  silence,
  rateAndSize,
  malformedContent,
  oldAnchors
]
