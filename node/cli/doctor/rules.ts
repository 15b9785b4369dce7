/**
 * The table of the doctor's rules: each looks at what was found out and says how one thing is.
 *
 * A rule is a pure function and a line below; whoever has learnt a new way in
 * which a node suffers adds another. Where it has no facts a rule is silent.
 *
 * @module
 */

import type { DoctorFacts } from './facts.ts'
import type { Finding, Rule } from './finding.ts'
import { heldRule } from './mqtt-rules.ts'
import {
  clockRule,
  membersRule,
  peersRule,
  progressRule,
  reachRule,
  spareRule
} from './network-rules.ts'
import {
  alarmsRule,
  dataRule,
  diskRule,
  genesisRule,
  nodeRule,
  settingsRule,
  softwareRule,
  stateRule,
  storageRule
} from './own-rules.ts'

/** A finding under the name of its check. */
export interface NamedFinding extends Finding {
  readonly check: string
}

/** In the order in which they are told. */
const RULES: readonly (readonly [check: string, rule: Rule])[] = [
  ['settings', settingsRule],
  ['genesis', genesisRule],
  ['data', dataRule],
  ['disk', diskRule],
  ['node', nodeRule],
  ['software', softwareRule],
  ['state', stateRule],
  ['clock', clockRule],
  ['peers', peersRule],
  ['reach', reachRule],
  ['members', membersRule],
  ['spare', spareRule],
  ['progress', progressRule],
  ['alarms', alarmsRule],
  ['storage', storageRule],
  ['held', heldRule]
]

/** Asks all rules. */
export function examine(facts: DoctorFacts): readonly NamedFinding[] {
  return RULES.flatMap(([check, rule]) =>
    [rule(facts) ?? []].flat().map((finding) => ({ check, ...finding }))
  )
}
