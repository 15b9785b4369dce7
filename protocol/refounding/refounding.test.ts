import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Block } from '../blocks/block.ts'
import { type CoseSignature, encodeSigStructure } from '../crypto/cose.ts'
import { keyHash } from '../crypto/hash.ts'
import { type PrivateKey, publicKeyOf, signBytes } from '../crypto/signing.ts'
import { toHex } from '../foundation/bytes.ts'
import { encodeGenesis, type Genesis, genesisElectorate } from '../ledger/genesis.ts'
import { findVoteTurn, identityOf, idOf, voteKeyOf } from '../testing/governance-keys.ts'
import { parameterMotion } from '../testing/governance-motions.ts'
import { GovernanceWorld } from '../testing/governance-world.ts'
import {
  type Closing,
  type ClosingStatement,
  closingAad,
  decodeClosing,
  encodeClosing,
  encodeClosingStatement
} from './closing.ts'
import { createRefoundedGenesis, judgeRefoundedGenesis } from './refounded-genesis.ts'
import { planRefounding, type RefoundingPlan } from './refounding.ts'

const test = suite('refounding')

/** The vote keys that survivors make for the new network. */
const FRESH = 50

const world = new GovernanceWorld()
world.block([world.acts.ready(0)])
world.carry(parameterMotion('heartbeatMs', 90_000))
world.settle()
world.block()
world.block()
const { networkTag } = world
const { electorate } = world.version
const closed = { networkId: 'governed', networkTag, electorate }
const ofEpoch = world.blocks.filter(({ header }) => header.epoch === electorate.epoch)
const last = ofEpoch.at(-1) as Block
const before = ofEpoch.at(-2) as Block

function sign(key: PrivateKey, role: 'member' | 'vote-key', payload: Uint8Array): CoseSignature {
  const bytes = encodeSigStructure('Ed25519', closingAad(role, networkTag), payload)
  return { algorithm: 'Ed25519', signature: signBytes(key, bytes).signature }
}

/** The closing of somebody, as whoever holds these keys signs it. */
function closingOf(
  who: number,
  said: Partial<ClosingStatement> = {},
  [identity, voteKey]: readonly [PrivateKey, PrivateKey] = [identityOf(who), voteKeyOf(who, FRESH)]
): Closing {
  const statement: ClosingStatement = {
    networkTag,
    epoch: electorate.epoch,
    electorateHash: electorate.hash,
    memberId: idOf(who),
    voteKey: publicKeyOf(voteKey),
    nextVoteKeyHash: keyHash(publicKeyOf(voteKeyOf(who, FRESH + 1))),
    certificate: world.certify('notarise', last),
    floor: { height: before.header.height, blockId: before.idBytes },
    closedAtMs: last.header.timeMs + 1_000 + who,
    ...said
  }
  const signedBody = encodeClosingStatement(statement)
  return {
    statement,
    signedBody,
    memberSignature: sign(identity, 'member', signedBody),
    voteKeySignature: sign(voteKey, 'vote-key', signedBody)
  }
}

function planOf(...closings: readonly Closing[]): RefoundingPlan {
  const planned = planRefounding(closed, closings)
  assert.ok(planned.ok, planned.ok ? '' : planned.fault)
  return planned.value
}

function faultOf(...closings: readonly Closing[]): string {
  const planned = planRefounding(closed, closings)
  return planned.ok ? 'none' : planned.fault
}

/** The genesis that closings lead to, over the state of the world. */
function genesisOf(closings: readonly Closing[]): Genesis {
  const judged = { closed, plan: planOf(...closings), base: last.header }
  const made = createRefoundedGenesis(judged, {
    genesisHash: world.genesisHash,
    closings,
    headerBytes: last.headerBytes,
    state: world.state
  })
  assert.ok(made.ok)
  return made.value
}

/** The fault of a genesis, or none. */
function judge(genesis: Genesis): string {
  const judged = judgeRefoundedGenesis(genesis)
  return judged.ok ? 'none' : judged.fault
}

test('a closing comes back from its bytes as it was, and no other bytes are one', () => {
  for (const closing of [closingOf(0), closingOf(1, { certificate: null })]) {
    const encoded = encodeClosing(closing)
    const read = decodeClosing(encoded)
    assert.ok(read)
    assert.is(toHex(encodeClosing(read)), toHex(encoded))
    assert.equal(read.statement.floor.height, closing.statement.floor.height)
    assert.is(planRefounding(closed, [read]).ok, true)
    assert.is(decodeClosing(encoded.subarray(1)), undefined)
    assert.is(decodeClosing(new Uint8Array([...encoded, 0])), undefined)
    assert.is(decodeClosing(new Uint8Array(0)), undefined)
  }
})

test('survivors in any order come to the same network, with their fresh keys and a later epoch', () => {
  const plan = planOf(closingOf(0), closingOf(2), closingOf(3))
  assert.equal(planOf(closingOf(3), closingOf(0), closingOf(2)), plan)
  assert.is(plan.electorate.epoch, electorate.epoch + 2)
  const keys = plan.electorate.seats.map(({ voteKey }) => toHex(voteKey)).sort()
  const fresh = [0, 2, 3].map((who) => toHex(publicKeyOf(voteKeyOf(who, FRESH))))
  assert.equal(keys, fresh.sort())
  assert.match(plan.networkId, /^governed-[0-9a-f]{8}$/)
  assert.is(plan.closedAtMs, last.header.timeMs + 1_003)
  assert.is.not(planOf(closingOf(0), closingOf(2)).networkId, plan.networkId)
})

test('more than half the weight leaves no rival; half and less is warned of', () => {
  assert.equal(planOf(...[0, 1, 2, 3].map((who) => closingOf(who))).warnings, [])
  const three = planOf(closingOf(0), closingOf(1), closingOf(2))
  assert.equal([three.signedWeight, three.totalWeight], [3, 4])
  assert.equal(three.warnings, ['NO_FAULT_TOLERATED'])
  const two = planOf(closingOf(0), closingOf(1))
  assert.equal(two.warnings, ['RIVAL_POSSIBLE', 'NO_FAULT_TOLERATED'])
})

test('the highest certificate that somebody shows decides, however low others stand', () => {
  const lower = { certificate: world.certify('notarise', before) }
  const plan = planOf(closingOf(0, lower), closingOf(1), closingOf(2, { certificate: null }))
  assert.equal(plan.baseId, last.idBytes)
  assert.equal(planOf(closingOf(0, lower), closingOf(1, lower)).baseId, before.idBytes)
})

test('without any certificate all must stand on one block', () => {
  const none = { certificate: null }
  assert.equal(planOf(closingOf(0, none), closingOf(1, none)).baseId, before.idBytes)
  const apart = { certificate: null, floor: { height: 1, blockId: last.idBytes } }
  assert.is(faultOf(closingOf(0, none), closingOf(1, apart)), 'CLOSINGS_APART')
})

test('a certificate that proves no block is refused', () => {
  const forged = { ...world.certify('notarise', last), signatures: [] }
  const ofOther = new GovernanceWorld({ weights: [2, 1, 1, 1] })
  ofOther.block([])
  const foreign = ofOther.certify('notarise', ofOther.blocks[0] as Block)
  assert.is(faultOf(closingOf(0, { certificate: foreign })), 'CLOSING_CERTIFICATE_WRONG')
  assert.throws(() => encodeClosing(closingOf(0, { certificate: forged })))
})

test('nobody closes for another, twice, for another epoch or network, or with a key in use', () => {
  const [mine, theirs] = [identityOf(0), identityOf(1)]
  const fresh = voteKeyOf(0, FRESH)
  assert.is(faultOf(), 'CLOSINGS_MISSING')
  assert.is(faultOf(closingOf(0, {}, [theirs, fresh])), 'CLOSING_SIGNATURE_FORGED')
  const shown = { voteKey: publicKeyOf(voteKeyOf(1, FRESH)) }
  assert.is(faultOf(closingOf(0, shown, [mine, fresh])), 'CLOSING_SIGNATURE_FORGED')
  assert.is(faultOf(closingOf(0), closingOf(0, { closedAtMs: 5 })), 'CLOSING_REPEATED')
  assert.is(faultOf(closingOf(9)), 'CLOSING_MEMBER_UNKNOWN')
  assert.is(faultOf(closingOf(0, { epoch: electorate.epoch - 1 })), 'CLOSING_EPOCH_WRONG')
  const hash = { electorateHash: new Uint8Array(32) }
  assert.is(faultOf(closingOf(0, hash)), 'CLOSING_EPOCH_WRONG')
  const tag = { networkTag: new Uint8Array(32) }
  assert.is(faultOf(closingOf(0, tag)), 'CLOSING_NETWORK_WRONG')
  const same = closingOf(1, {}, [theirs, fresh])
  assert.is(faultOf(closingOf(0), same), 'CLOSING_KEY_REPEATED')
  const inUse = electorate.seats.map(({ voteKey }) => toHex(voteKey))
  const turn = findVoteTurn(0, (key) => inUse.includes(toHex(key)))
  assert.is(faultOf(closingOf(0, {}, [mine, voteKeyOf(0, turn)])), 'CLOSING_KEY_REPEATED')
})

test('the genesis that closings lead to is judged as that, and any change of it is not', () => {
  const genesis = genesisOf([closingOf(0), closingOf(2), closingOf(3)])
  assert.is(judge(genesis), 'none')
  const { refounded } = genesis
  assert.ok(refounded)
  assert.is(judge({ ...genesis, networkId: 'another' }), 'REFOUNDING_GENESIS_WRONG')
  assert.is(judge({ ...genesis, timeMs: genesis.timeMs + 1 }), 'REFOUNDING_GENESIS_WRONG')
  assert.is(judge({ ...genesis, members: genesis.members.slice(1) }), 'REFOUNDING_GENESIS_WRONG')
  const fewer = { ...refounded, closings: refounded.closings.slice(1) }
  assert.is(judge({ ...genesis, refounded: fewer }), 'REFOUNDING_GENESIS_WRONG')
  const lower = { ...refounded, baseHeaderBytes: before.headerBytes }
  assert.is(judge({ ...genesis, refounded: lower }), 'REFOUNDING_BASE_WRONG')
  const broken = { ...refounded, closings: [new Uint8Array(3)] }
  assert.is(judge({ ...genesis, refounded: broken }), 'REFOUNDING_MALFORMED')
  const { refounded: _gone, ...plain } = genesis
  assert.is(judge(plain), 'REFOUNDING_MALFORMED')
})

test('a genesis that was refounded is another one in every bit that counts', () => {
  const genesis = genesisOf([closingOf(0), closingOf(2), closingOf(3)])
  const { refounded: _gone, ...plain } = genesis
  assert.is.not(toHex(encodeGenesis(genesis)), toHex(encodeGenesis(plain)))
  assert.is(genesisElectorate(genesis).epoch, electorate.epoch + 2)
  assert.is(genesisElectorate(plain).epoch, 0)
})

test('whoever was proved to lie, or shows a key that was ever shown, founds nothing', () => {
  const used = planOf(closingOf(0, {}, [identityOf(0), voteKeyOf(0, 0)]), closingOf(1))
  const made = createRefoundedGenesis(
    { closed, plan: used, base: last.header },
    {
      genesisHash: new Uint8Array(32),
      closings: [closingOf(0, {}, [identityOf(0), voteKeyOf(0, 0)]), closingOf(1)],
      headerBytes: last.headerBytes,
      state: world.state
    }
  )
  assert.is(made.ok ? 'none' : made.fault, 'CLOSING_KEY_USED')
})

test.run()
