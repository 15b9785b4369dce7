/**
 * The founding of a simulated network: members, a maker, devices, and all they will ever say.
 *
 * Keys and messages follow from the shape of the network alone, so runs of one
 * shape share them.
 *
 * @module
 */

import { createEd25519Signer, ed25519PublicKey } from '#crypto'
import type { Vendor } from '../../../client/index.ts'
import { trustNetwork } from '../../../node/cli/network-trust.ts'
import {
  decodeTransaction,
  type Electorate,
  type FaultModel,
  type Genesis,
  genesisElectorate,
  invariant,
  networkTagOfGenesis,
  PARAMETERS,
  type Parameters,
  plainTrustPolicy,
  toHex
} from '../../../protocol/index.ts'
import { createFleet, MAKER_GRANT, makerOf } from '../../benchmarks/fleet.ts'
import { type SignedMessage, signChain } from '../../benchmarks/messages.ts'
import { Dice } from '../virtual/dice.ts'
import { START_TIME_MS } from '../virtual/virtual-clock.ts'
import { voteKeyHashOf } from './sim-vote-keys.ts'

/** What a network is like. */
export interface NetworkShape {
  /** The weight of each member. */
  readonly weights: readonly number[]
  readonly faultModel: FaultModel
}

/** The keys of one member. */
export interface MemberKeys {
  readonly identitySeed: Uint8Array
  readonly voteSeed: Uint8Array
  /** Lower-case hex of its member id. */
  readonly key: string
}

/** A founded network. */
export interface Founding {
  readonly shape: NetworkShape
  readonly genesis: Genesis
  readonly networkTag: Uint8Array
  readonly electorate: Electorate
  /** In order of seats. */
  readonly members: readonly MemberKeys[]
  readonly maker: Vendor
  /** Transactions that bring maker and devices onto the ledger, step by step. */
  readonly steps: readonly (readonly SignedMessage[])[]
  /** What each device says, in order. */
  readonly chains: readonly (readonly SignedMessage[])[]
}

const FIRST_VENDOR_SEQUENCE = 1
/** What its maker has said with the fleet: who it is, its class, its births. */
export const NEXT_VENDOR_SEQUENCE: number = FIRST_VENDOR_SEQUENCE + 3
const DEVICES = 6
const MESSAGES_PER_DEVICE = 160
const SEED_BYTES = 32
/** Networks that are kept founded: most seeds draw one of their own. */
const FOUNDED_MAX = 8

const founded = new Map<string, Founding>()

/** The network of a shape, founded once as long as it is asked for. */
export function found(shape: NetworkShape): Founding {
  const name = `${shape.faultModel}/${shape.weights.join('-')}`
  const before = founded.get(name)
  if (before !== undefined) return before
  const founding = foundAnew(shape)
  founded.set(name, founding)
  for (const eldest of founded.keys()) {
    if (founded.size <= FOUNDED_MAX) break
    founded.delete(eldest)
  }
  return founding
}

function foundAnew(shape: NetworkShape): Founding {
  const dice = new Dice(1, `founding/${shape.faultModel}/${shape.weights.join('-')}`)
  const random = (length: number): Uint8Array => Uint8Array.from({ length }, () => dice.below(256))
  // In order of their ids, as seats are: so the n-th weight is that of the n-th seat.
  const keys = shape.weights.map(() => keysOf(random)).sort((a, b) => (a.key < b.key ? -1 : 1))
  const maker = makerOf(random(SEED_BYTES))
  const genesis: Genesis = {
    networkId: 'simulated',
    timeMs: START_TIME_MS - 1_000,
    faultModel: shape.faultModel,
    trust: plainTrustPolicy('open-vote'),
    vendorTrust: plainTrustPolicy('open-vote'),
    parameters: Object.fromEntries(
      PARAMETERS.map(({ name, default: value }) => [name, value])
    ) as Parameters,
    members: keys.map(({ identitySeed, voteSeed }, index) => ({
      memberId: ed25519PublicKey(identitySeed),
      voteKey: ed25519PublicKey(voteSeed),
      nextVoteKeyHash: voteKeyHashOf(voteSeed, 1),
      // Twice as much is drawn as is needed: so scripts that were written before find their networks.
      recoveryKeyHash: random(2 * SEED_BYTES).subarray(SEED_BYTES),
      operatorId: random(16),
      region: 'eu',
      weight: shape.weights[index] as number,
      endpoints: []
    })),
    vendorGrants: [{ vendorId: maker.vendorId, ...MAKER_GRANT }],
    regions: ['eu']
  }
  const electorate = genesisElectorate(genesis)
  const networkTag = networkTagOfGenesis(genesis)
  const trust = trustNetwork(genesis)
  const fleet = createFleet(trust, {
    makers: [maker],
    devices: DEVICES,
    timeMs: START_TIME_MS,
    vendorSequence: FIRST_VENDOR_SEQUENCE,
    random
  })
  invariant(
    keys.every(({ key }, seat) => electorate.indexOf.get(key) === seat),
    'seats are in order of member ids'
  )
  return {
    shape,
    genesis,
    networkTag,
    electorate,
    members: keys,
    maker,
    steps: fleet.steps.map((wires) => wires.map((wire) => ({ wire, id: idOf(wire, networkTag) }))),
    chains: fleet.devices.map((device) => signChain(trust, device, MESSAGES_PER_DEVICE, { random }))
  }
}

function keysOf(random: (length: number) => Uint8Array): MemberKeys {
  const identitySeed = random(SEED_BYTES)
  const key = toHex(createEd25519Signer(identitySeed).publicKey)
  return { identitySeed, voteSeed: random(SEED_BYTES), key }
}

function idOf(wire: Uint8Array, networkTag: Uint8Array): Uint8Array {
  const decoded = decodeTransaction(wire, networkTag)
  invariant(decoded.ok, 'the fleet makes well-formed transactions')
  return decoded.value.id
}
