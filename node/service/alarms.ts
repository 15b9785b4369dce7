/**
 * Alarms in words: what has happened, to which key, and what a person can do now.
 *
 * @module
 */

/** Why a node must not vote, and how it may again. */
const NEVER_VOTES =
  'never votes again. The node follows the others as an observer. To vote again, give its seat up ' +
  'with `thingmoot leave` and join anew from a fresh data directory.'

const EXPLANATIONS: Readonly<Record<string, () => string>> = {
  VOTE_LOG_LOST: () =>
    `The vote log was lost, and nobody knows what this node has signed, so it ${NEVER_VOTES}`,
  VOTE_LOG_STALE: () =>
    `Other members hold votes of this node that its vote log does not: it is an old copy, or the same keys run on another machine. So it ${NEVER_VOTES} Stop any other node that has these keys.`,
  EPOCH_CLOSED: () =>
    'This node has closed its epoch so that a new network is founded by the survivors: it never votes in this one again. Go on with `thingmoot refound found`, and start the node of the new network.',
  KEY_IN_USE: () =>
    `Another process votes with the keys of this node: stop one of the two, and never run a copy of a member's data directory.`,
  UPGRADE_NEEDED: () =>
    'The members have agreed on rules that this program does not know; it will stop when they come into force. Install the later version before, and start it on the same data directory.',
  DETERMINISM_FAULT: () =>
    'A quorum agreed on a block that comes out differently here: this node must not vote. Run `thingmoot verify --ledger --deep` while it is stopped, and report what it finds.',
  FORK_PROVED: () =>
    'Two different blocks of one view are final: more members than the fault model allows are faulty. Stop, keep the data, and talk to the other operators.',
  STORAGE_DAMAGED: () =>
    'A part of the ledger cannot be read, and a running node cannot mend it: stop the node and run `thingmoot repair --plan`.'
}

/** What an alarm means; undefined for one of a later program. */
export function explainAlarm(code: string): string | undefined {
  return EXPLANATIONS[code]?.()
}
