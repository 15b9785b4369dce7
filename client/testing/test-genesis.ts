/**
 * The genesis of the ledger in memory: one member, and quotas that are never the matter.
 *
 * @module
 */

import {
  type Genesis,
  PARAMETERS,
  type Parameters,
  type PrivateKey,
  plainTrustPolicy,
  publicKeyOf,
  type VendorGrant
} from '../../protocol/index.ts'

/** The member's identity key. */
export const MEMBER_KEY: PrivateKey = {
  algorithm: 'Ed25519',
  bytes: new Uint8Array(32).fill(101)
}
/** The member's vote key. */
export const VOTE_KEY: PrivateKey = { algorithm: 'Ed25519', bytes: new Uint8Array(32).fill(102) }
/** The member's id. */
export const MEMBER_ID: Uint8Array = publicKeyOf(MEMBER_KEY)

const RATE = 10_000_000
const GENEROUS: readonly string[] = [
  'controlBurst',
  'controlPerHour',
  'ownerBurst',
  'ownerPerHour',
  'vendorBurst',
  'vendorPerHour',
  'introductionsBurst',
  'introductionsPerHour'
]

/** A genesis of one member in which quotas are never the matter. */
export function testGenesis(vendorId: Uint8Array): Genesis {
  const parameters = Object.fromEntries(
    PARAMETERS.map(({ name, default: value }) => [name, GENEROUS.includes(name) ? RATE : value])
  ) as Parameters
  const grant: VendorGrant = {
    vendorId,
    birthCap: 1_000_000,
    claimsPerDay: 1_000_000,
    rateUnitsPerHour: RATE
  }
  const member = {
    memberId: MEMBER_ID,
    voteKey: publicKeyOf(VOTE_KEY),
    nextVoteKeyHash: new Uint8Array(32),
    recoveryKeyHash: new Uint8Array(32),
    operatorId: new Uint8Array(16),
    region: 'test',
    weight: 1,
    endpoints: []
  }
  return {
    networkId: 'test',
    timeMs: 1_700_000_000_000,
    faultModel: 'byzantine',
    trust: plainTrustPolicy('open-vote'),
    vendorTrust: plainTrustPolicy('open-vote'),
    parameters,
    members: [member],
    vendorGrants: [grant],
    regions: ['test']
  }
}
