/**
 * Governance in words: what codes of the guards and of refused acts mean to an operator.
 *
 * @module
 */

const FAULTS: Readonly<Record<string, string>> = {
  ELECTORATE_EMPTY: 'nobody would be seated',
  ELECTORATE_TOO_LARGE: 'there would be more members, or more weight, than a network may have',
  MEMBERS_TOO_FEW: 'fewer members would be left than the network demands (membersMin)',
  CHANGE_TOO_LARGE: 'more than a third of the weight would change hands in one epoch',
  ONE_AT_A_TIME: 'below four members only one may change in an epoch',
  SHARE_TOO_LARGE: 'one member would hold a third of the weight or more',
  QUORUM_AT_RISK: 'those who are left and not overdue would be less than a quorum',
  NOTHING_CHANGES: 'it would change nothing',
  MEMBER_NOT_SEATED: 'no such member is seated',
  NOT_READY: 'the newcomer has not shown its vote key yet',
  PARAMETER_UNKNOWN: 'there is no such parameter',
  PARAMETER_OUT_OF_RANGE:
    'the parameter may not have this value, alone or beside others that it must stay below',
  APPLICATION_UNKNOWN: 'there is no such open application',
  ACTIVATION_PAST: 'the height of activation is not in the future',
  VENDOR_UNKNOWN: 'no such maker is admitted',
  VENDOR_UNANCHORED: 'the maker shows no certificates that lead to a root in force'
}

const REFUSALS: Readonly<Record<string, string>> = {
  MEMBER_UNKNOWN: 'the signer has no seat on this ledger',
  MEMBER_SEQUENCE_USED: 'an act of this member with a later sequence is on the ledger already',
  MEMBER_SEATED: 'this node is a member already, or admitted to become one',
  MEMBER_TOMBSTONED: 'this member was proved to lie and can never be seated again',
  APPLICATION_OPEN: 'an application of this node is open already',
  APPLICATIONS_FULL: 'there is no room for another application now: try later, or another member',
  MOTION_FORBIDDEN: 'the motion cannot be carried out as things stand',
  MOTION_TIME_WRONG: 'its end lies in the past, or further away than motions may live',
  MOTIONS_FULL: 'there are two open motions of this member, or too many in all',
  MOTION_CLOSED: 'the motion is not open any more',
  MOTION_NOT_OWN: 'the motion was opened by somebody else',
  VOUCH_FROZEN: 'this member may certify nobody for some epochs, after one that it certified lied',
  VOUCH_STOCK_EMPTY: 'this member answers for as many as it may already',
  VOTE_KEY_REUSED: 'the vote key was used before',
  VOTE_KEY_WRONG: 'the vote key is not the one that was committed to',
  RECOVERY_KEY_WRONG: 'the recovery key is not the one of this member',
  REGION_UNKNOWN: 'the network has no such region',
  ANCHOR_MISSING: 'the network asks for certificates of one of its roots',
  ANCHOR_QUOTA_FULL: 'as many are admitted under this root as may be',
  ANCHOR_MALFORMED: 'a certificate cannot be read',
  ANCHOR_SUBJECT_WRONG: 'the first certificate is not about this key',
  ANCHOR_EXPIRED: 'a certificate is not valid yet, or not any more',
  ANCHOR_NOT_AUTHORITY: 'a certificate in the chain may not sign others',
  ANCHOR_SIGNATURE_WRONG: 'a certificate is not signed by the next',
  ANCHOR_ROOT_UNKNOWN: 'the certificates lead to no root of the network',
  QUOTA_EMPTY: 'the quota is used up for now: try again in a minute',
  SIGNATURE_INVALID:
    'a signature does not stand: is this the key, and the genesis, of the network?',
  NO_MEMBER_REACHED: 'this node reaches no member that would take it: try again soon'
}

/** What a fault of the guards means. */
export function explainFault(code: string): string {
  return FAULTS[code] ?? code
}

/** What the code of a refused act means. */
export function explainRefusal(code: string): string {
  return REFUSALS[code] ?? explainFault(code)
}

/** A member, an applicant or a motion as people call it: the first characters of its id. */
export function shortId(hex: string): string {
  return hex.slice(0, 8)
}
