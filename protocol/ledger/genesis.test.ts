import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { decodeBlock, encodeBlock } from '../blocks/block.ts'
import { toHex } from '../foundation/bytes.ts'
import { deriveVersion } from '../state-tree/derive-version.ts'
import { createStateTree } from '../state-tree/state-tree.ts'
import { bytes32 } from '../testing/rule-ledger.ts'
import { buildTestChain } from '../testing/test-chain.ts'
import { plainTrustPolicy } from '../transactions/trust-policy.ts'
import {
  encodeGenesis,
  type Genesis,
  genesisBlock,
  genesisElectorate,
  genesisHashOf,
  genesisView,
  networkTagOfGenesis
} from './genesis.ts'
import { LedgerBase } from './ledger-view.ts'
import { PARAMETERS } from './parameters.ts'
import { NETWORK_KEY, networkTable } from './records/chain-record.ts'
import { members } from './records/member-record.ts'
import { vendors } from './records/vendor-record.ts'
import { findTable } from './tables.ts'

const test = suite('genesis')

const { genesis: plain, block0 } = buildTestChain()
const [grant] = plain.vendorGrants
const genesis: Genesis = {
  ...plain,
  vendorGrants: [
    ...plain.vendorGrants,
    { vendorId: bytes32(9), birthCap: 1, claimsPerDay: 2, rateUnitsPerHour: 3 }
  ]
}
const [member] = genesis.members

/** Every way to change one thing. */
function changes(): readonly (readonly [what: string, changed: Genesis])[] {
  const parameterChanges = PARAMETERS.map(({ name }): readonly [string, Genesis] => [
    name,
    { ...genesis, parameters: { ...genesis.parameters, [name]: genesis.parameters[name] + 1 } }
  ])
  const memberChange = (change: object): Genesis => ({
    ...genesis,
    members: genesis.members.map((one, index) => (index === 0 ? { ...one, ...change } : one))
  })
  const grantChange = (change: object): Genesis => ({
    ...genesis,
    vendorGrants: genesis.vendorGrants.map((one, at) => (at === 0 ? { ...one, ...change } : one))
  })
  return [
    ['the network id', { ...genesis, networkId: 'other' }],
    ['the time', { ...genesis, timeMs: 1 }],
    ['the fault model', { ...genesis, faultModel: 'crash' }],
    ['the trust model', { ...genesis, trust: plainTrustPolicy('vouch') }],
    ['the trust model of makers', { ...genesis, vendorTrust: plainTrustPolicy('vouch') }],
    ...parameterChanges,
    ['a member id', memberChange({ memberId: bytes32(1) })],
    ['a vote key', memberChange({ voteKey: bytes32(1) })],
    ['a next vote key', memberChange({ nextVoteKeyHash: bytes32(1) })],
    ['a recovery key', memberChange({ recoveryKeyHash: bytes32(1) })],
    ['an operator', memberChange({ operatorId: new Uint8Array(16).fill(99) })],
    ['a region of a member', memberChange({ region: 'as' })],
    ['a weight', memberChange({ weight: 9 })],
    ['endpoints', memberChange({ endpoints: [] })],
    ['a member fewer', { ...genesis, members: genesis.members.slice(1) }],
    ['a vendor', grantChange({ vendorId: bytes32(1) })],
    ['a birth cap', grantChange({ birthCap: 7 })],
    ['claims a day', grantChange({ claimsPerDay: 7 })],
    ['a rate', grantChange({ rateUnitsPerHour: 7 })],
    ['regions', { ...genesis, regions: ['eu'] }]
  ]
}

test('everything in genesis is in its hash, and so in every signature', () => {
  const all = [genesis, ...changes().map(([, changed]) => changed)]
  const hashes = new Set(all.map((one) => toHex(genesisHashOf(one))))
  assert.is(hashes.size, all.length)
  const tags = new Set(all.map((one) => toHex(networkTagOfGenesis(one))))
  assert.is(tags.size, all.length)
})

test('the order in which members and grants are listed is of no matter', () => {
  const turned: Genesis = {
    ...genesis,
    members: genesis.members.toReversed(),
    vendorGrants: genesis.vendorGrants.toReversed()
  }
  assert.is(toHex(encodeGenesis(turned)), toHex(encodeGenesis(genesis)))
  assert.is(toHex(genesisElectorate(turned).hash), toHex(genesisElectorate(genesis).hash))
  assert.is(rootOf(turned), rootOf(genesis))
})

test('its state has the network, every member and every grant, and no more', () => {
  const view = genesisView(genesis, new LedgerBase(() => undefined))
  // The network, governance and the first electorate; each member with its vote key.
  assert.is(
    view.changedValues().length,
    3 + 2 * genesis.members.length + genesis.vendorGrants.length
  )
  const network = view.read(networkTable, NETWORK_KEY)
  assert.equal(
    [network?.faultModel, network?.trust.model, network?.protocolVersion],
    [0, 'open-vote', 1]
  )
  assert.equal(network?.parameters, genesis.parameters)
  const record = view.read(members, member?.memberId ?? bytes32(0))
  assert.equal([record?.weight, record?.memberSequence], [member?.weight, 0])
  assert.equal(record?.bucket, {
    tokens: genesis.parameters.memberBurst,
    filledAtMs: genesis.timeMs
  })
  const vendor = view.read(vendors, grant?.vendorId ?? bytes32(0))
  assert.equal(
    [vendor?.grantBirthCap, vendor?.keys, vendor?.vendorSequence, vendor?.usedBirthCap],
    [grant?.birthCap, null, 0, 0]
  )
})

test('every record of it reads back from its bytes', () => {
  const view = genesisView(genesis, new LedgerBase(() => undefined))
  for (const { table, value } of view.changedValues()) {
    const read = findTable(String(table))
    assert.ok(read?.decode(value))
  }
})

test('block 0 is a real header over that state', () => {
  const { header } = block0
  assert.equal([header.height, header.view, header.epoch, header.transactionCount], [0, 0, 0, 0])
  assert.is(toHex(header.stateRoot), rootOf(plain))
  assert.is(toHex(header.networkTag), toHex(networkTagOfGenesis(plain)))
  assert.is(toHex(header.electorateHash), toHex(genesisElectorate(plain).hash))
  assert.is(header.timeMs, plain.timeMs)
  assert.is(decodeBlock(encodeBlock(block0))?.id, block0.id)
  assert.is(genesisBlock(plain, header.stateRoot).id, block0.id)
})

function rootOf(one: Genesis): string {
  const changed = genesisView(one, new LedgerBase(() => undefined)).changedValues()
  const leaves = changed.map(({ stateKey, valueHash }) => ({ key: stateKey, valueHash }))
  return toHex(deriveVersion(createStateTree().base, leaves).root)
}

test.run()
