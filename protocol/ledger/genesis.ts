/**
 * Genesis: what a network starts from, and the block 0 that says so.
 *
 * @see SPEC.md §2 Genesis
 * @module
 */

import { BLOCK_FORMAT, type Block, batchListRoot, createBlock } from '../blocks/block.ts'
import { encodeCbor } from '../codec/cbor.ts'
import { createTaggedHash, networkTagOf } from '../crypto/hash.ts'
import { listRoot } from '../crypto/merkle.ts'
import { compareBytes } from '../foundation/bytes.ts'
import { PROTOCOL_VERSION } from '../foundation/limits.ts'
import {
  consensusParametersOf,
  createElectorate,
  type Electorate
} from '../membership/electorate.ts'
import { type RefoundedFrom, refoundedPlace, refoundedToFields } from '../refounding/refounded.ts'
import { type TrustPolicy, trustPolicyToFields } from '../transactions/trust-policy.ts'
import type { Epoch, FaultModel, Height, View } from '../types.ts'
import { fullBucket } from './bucket.ts'
import { lapsableWeightOf } from './governance/next-epoch.ts'
import { type LedgerBase, LedgerView } from './ledger-view.ts'
import type { Parameters } from './parameters.ts'
import { NETWORK_KEY, networkTable, parametersToList } from './records/chain-record.ts'
import {
  electorates,
  epochKey,
  governanceTable,
  SINGLE_KEY,
  voteKeys
} from './records/governance-record.ts'
import { MEMBER_STATUS, members } from './records/member-record.ts'
import { vendors } from './records/vendor-record.ts'
import { writeRefoundedState } from './refounded-state.ts'

/** A founding member. */
export interface GenesisMember {
  readonly memberId: Uint8Array
  readonly voteKey: Uint8Array
  readonly nextVoteKeyHash: Uint8Array
  readonly recoveryKeyHash: Uint8Array
  readonly operatorId: Uint8Array
  readonly region: string
  readonly weight: number
  readonly endpoints: readonly string[]
}

/** A maker that may work before any motion. */
export interface VendorGrant {
  readonly vendorId: Uint8Array
  readonly birthCap: number
  readonly claimsPerDay: number
  readonly rateUnitsPerHour: number
}

/** Everything a network starts from. */
export interface Genesis {
  readonly networkId: string
  readonly timeMs: number
  readonly faultModel: FaultModel
  /** What it takes to be seated, and to be granted a maker's share. */
  readonly trust: TrustPolicy
  readonly vendorTrust: TrustPolicy
  readonly parameters: Parameters
  readonly members: readonly GenesisMember[]
  readonly vendorGrants: readonly VendorGrant[]
  readonly regions: readonly string[]
  /** The network that this one goes on from; absent for one that begins with nothing. */
  readonly refounded?: RefoundedFrom
}

const FAULT_MODELS: readonly FaultModel[] = ['byzantine', 'crash']

const hashGenesis = createTaggedHash('tm/genesis/1')

/** The bytes of genesis: members and grants in ascending order of their ids. */
export function encodeGenesis(genesis: Genesis): Uint8Array {
  return encodeCbor([
    genesis.networkId,
    genesis.timeMs,
    FAULT_MODELS.indexOf(genesis.faultModel),
    [trustPolicyToFields(genesis.trust), trustPolicyToFields(genesis.vendorTrust)],
    parametersToList(genesis.parameters),
    sortedMembers(genesis).map((member) => [
      member.memberId,
      member.voteKey,
      member.nextVoteKeyHash,
      member.recoveryKeyHash,
      member.operatorId,
      member.region,
      member.weight,
      member.endpoints
    ]),
    sortedGrants(genesis).map((grant) => [
      grant.vendorId,
      grant.birthCap,
      grant.claimsPerDay,
      grant.rateUnitsPerHour
    ]),
    genesis.regions,
    ...(genesis.refounded === undefined ? [] : [refoundedToFields(genesis.refounded)])
  ])
}

/** The hash that names a network together with its id. */
export function genesisHashOf(genesis: Genesis): Uint8Array {
  return hashGenesis(encodeGenesis(genesis))
}

/** The tag that binds every signature and id to this network. */
export function networkTagOfGenesis(genesis: Genesis): Uint8Array {
  return networkTagOf(genesis.networkId, genesisHashOf(genesis))
}

/** The electorate that the network begins with: of epoch 0, unless it was refounded. */
export function genesisElectorate(genesis: Genesis): Electorate {
  return createElectorate({
    epoch: placeOf(genesis).epoch,
    faultModel: genesis.faultModel,
    parameters: consensusParametersOf(genesis.parameters),
    seats: genesis.members.map(({ memberId, voteKey, weight, operatorId, region, endpoints }) => ({
      memberId,
      voteKey,
      weight,
      operatorId,
      region,
      endpoints
    }))
  })
}

/**
 * The state that the first block commits to.
 *
 * @param base - empty; for a network that was refounded the state of the block it stands on
 */
export function genesisView(genesis: Genesis, base: LedgerBase | LedgerView): LedgerView {
  const view = new LedgerView(base)
  if (genesis.refounded !== undefined) {
    writeRefoundedState(view, {
      members: sortedMembers(genesis),
      electorate: genesisElectorate(genesis),
      place: refoundedPlace(genesis.refounded),
      timeMs: genesis.timeMs
    })
    return view
  }
  const { parameters, timeMs } = genesis
  view.write(networkTable, NETWORK_KEY, {
    faultModel: FAULT_MODELS.indexOf(genesis.faultModel),
    trust: genesis.trust,
    vendorTrust: genesis.vendorTrust,
    parameters,
    regions: genesis.regions,
    protocolVersion: PROTOCOL_VERSION,
    upgrade: null
  })
  writeGovernance(view, genesis)
  for (const { memberId, ...member } of sortedMembers(genesis)) {
    view.write(voteKeys, member.voteKey, { memberId })
    view.write(members, memberId, {
      ...member,
      memberSequence: 0,
      bucket: fullBucket(parameters.memberBurst, timeMs),
      introductions: fullBucket(parameters.introductionsBurst, timeMs),
      status: MEMBER_STATUS.seated,
      ready: null,
      softwareHash: null,
      renewedAtAwakeMs: 0,
      seatedSinceEpoch: 0,
      leaving: 0,
      vouchers: [],
      vouchees: [],
      vouchFrozenUntilEpoch: 0,
      trustRoot: null
    })
  }
  for (const grant of sortedGrants(genesis))
    view.write(vendors, grant.vendorId, {
      keys: null,
      threshold: 0,
      nextKeysHash: null,
      infoHash: null,
      vendorSequence: 0,
      bucket: fullBucket(parameters.vendorBurst, timeMs),
      grantBirthCap: grant.birthCap,
      grantClaimsPerDay: grant.claimsPerDay,
      grantRateUnitsPerHour: grant.rateUnitsPerHour,
      usedBirthCap: 0,
      usedRateUnitsPerHour: 0,
      claimsDay: 0,
      claims: 0,
      removed: 0
    })
  return view
}

function writeGovernance(view: LedgerView, genesis: Genesis): void {
  const electorate = genesisElectorate(genesis)
  view.write(governanceTable, SINGLE_KEY, {
    epoch: 0,
    seats: electorate.seats.map(({ memberId }) => memberId),
    openMotions: [],
    openApplications: [],
    carried: [],
    removals: [],
    lapsedWeight: 0,
    lapsableWeight: lapsableWeightOf(electorate),
    renewByMs: 0
  })
  view.write(electorates, epochKey(0), {
    electorateBytes: electorate.encoded,
    sinceMs: genesis.timeMs,
    sinceHeight: 0
  })
}

/** The first block, a real header over the state of genesis: block 0, unless it was refounded. */
export function genesisBlock(genesis: Genesis, stateRoot: Uint8Array): Block {
  const nothing: readonly [] = []
  const { epoch, parentId, height } = placeOf(genesis)
  const header = {
    format: BLOCK_FORMAT,
    networkTag: networkTagOfGenesis(genesis),
    epoch,
    view: 0 as View,
    parentId,
    parentView: 0 as View,
    height,
    timeMs: genesis.timeMs,
    batchListRoot: batchListRoot(nothing),
    stateRoot,
    receiptsRoot: listRoot(nothing),
    transactionCount: 0,
    electorateHash: genesisElectorate(genesis).hash,
    seal: null
  }
  return createBlock(header, nothing)
}

/** Where the first block stands. */
function placeOf({ refounded }: Genesis): {
  readonly epoch: Epoch
  readonly parentId: Uint8Array
  readonly height: Height
} {
  if (refounded === undefined)
    return { epoch: 0 as Epoch, parentId: new Uint8Array(32), height: 0 as Height }
  const { epoch, baseId, base } = refoundedPlace(refounded)
  return { epoch, parentId: baseId, height: (base.height + 1) as Height }
}

function sortedMembers({ members: founders }: Genesis): readonly GenesisMember[] {
  return [...founders].sort((a, b) => compareBytes(a.memberId, b.memberId))
}

function sortedGrants({ vendorGrants }: Genesis): readonly VendorGrant[] {
  return [...vendorGrants].sort((a, b) => compareBytes(a.vendorId, b.vendorId))
}
