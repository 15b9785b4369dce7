import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type Block, blockIdOf, encodeBlockHeader } from '../blocks/block.ts'
import { encodeCbor } from '../codec/cbor.ts'
import { toHex } from '../foundation/bytes.ts'
import { invariant } from '../foundation/invariant.ts'
import type { Electorate } from '../membership/electorate.ts'
import { parameterMotion } from '../testing/governance-motions.ts'
import { GovernanceWorld } from '../testing/governance-world.ts'
import type { BlockId, Epoch, View } from '../types.ts'
import {
  decodeSealProof,
  encodeSealProof,
  judgeSeal,
  type SealFault,
  type SealProof
} from './seal-proof.ts'

const test = suite('seal proofs')

/** A ledger with three seals behind it: a newcomer, new vote keys, and one who left. */
function createChain(): {
  readonly world: GovernanceWorld
  readonly founders: Electorate
  readonly seals: readonly Block[]
} {
  const world = new GovernanceWorld()
  const founders = world.version.electorate
  world.admit(9)
  world.block([0, 1, 2, 3, 9].map((who) => world.acts.ready(who)))
  world.carry(parameterMotion('heartbeatMs', 90_000))
  world.settle()
  world.block([world.acts.leave(1), world.acts.ready(0)])
  world.settle()
  return { world, founders, seals: world.blocks.filter(({ header }) => header.seal !== null) }
}

const { world, founders, seals } = createChain()
const { networkTag } = world

/** The proof of a seal, finalised in the view of its header or in a later one. */
function proofOf(seal: Block, view: number = seal.header.view): SealProof {
  const next = world.electorateAfter(seal)
  const finalisation = world.certify('finalise', seal, view)
  return { headerBytes: seal.headerBytes, finalisation, electorateBytes: next.encoded }
}

const [firstSeal, secondSeal, thirdSeal] = seals as readonly [Block, Block, Block]
const [first, second, third] = [proofOf(firstSeal), proofOf(secondSeal), proofOf(thirdSeal)]

const judge = (
  proof: SealProof,
  electorate: Electorate = founders,
  tag: Uint8Array = networkTag
): SealFault | number => {
  const judged = judgeSeal(proof, { networkTag: tag, electorate })
  return judged.ok ? judged.value.epoch : judged.fault
}

test('whoever knows the founders follows seal by seal to the present electorate', () => {
  assert.is(seals.length, 3)
  let known = founders
  for (const proof of [first, second, third]) {
    const read = decodeSealProof(encodeSealProof(proof))
    assert.ok(read)
    const judged = judgeSeal(read, { networkTag, electorate: known })
    assert.ok(judged.ok)
    known = judged.value
  }
  assert.is(known.epoch, 3)
  assert.equal(known.hash, world.version.electorate.hash)
  assert.equal(known.encoded, world.version.electorate.encoded)
})

test('no seal is left out, and none is judged by an electorate of another epoch', () => {
  assert.is(judge(second), 'HEADER_ELECTORATE_WRONG')
  assert.is(judge(third), 'HEADER_ELECTORATE_WRONG')
  assert.is(judge(first, world.version.electorate), 'HEADER_ELECTORATE_WRONG')
})

test('a seal that was proposed again is final by its finalisation in any later view', () => {
  assert.is(judge(proofOf(firstSeal, firstSeal.header.view + 7)), 1)
})

const ordinary = world.blocks.find(({ header }) => header.seal === null) as Block
const changed = (change: object): Uint8Array =>
  encodeBlockHeader({ ...firstSeal.header, ...change })
const { finalisation } = first
const [signature, ...fewer] = finalisation.signatures
invariant(signature !== undefined, 'a certificate has signatures')
const forged = Uint8Array.from(signature.signature)
forged[3] = (forged[3] as number) ^ 1

const FAULTS: readonly (readonly [why: string, fault: SealFault, proof: SealProof])[] = [
  ['bytes that are no header', 'HEADER_MALFORMED', { ...first, headerBytes: Uint8Array.of(0x80) }],
  [
    'a header of another network',
    'HEADER_NETWORK_WRONG',
    { ...first, headerBytes: changed({ networkTag: new Uint8Array(32) }) }
  ],
  [
    'a header of another epoch',
    'HEADER_ELECTORATE_WRONG',
    { ...first, headerBytes: changed({ epoch: 1 as Epoch }) }
  ],
  [
    'a header of another electorate',
    'HEADER_ELECTORATE_WRONG',
    { ...first, headerBytes: changed({ electorateHash: new Uint8Array(32) }) }
  ],
  ['an ordinary block', 'HEADER_NOT_SEAL', { ...first, headerBytes: ordinary.headerBytes }],
  [
    'bytes that are no electorate',
    'SEAL_ELECTORATE_WRONG',
    { ...first, electorateBytes: Uint8Array.of(0x80) }
  ],
  [
    'an electorate that the seal does not name',
    'SEAL_ELECTORATE_WRONG',
    { ...first, electorateBytes: second.electorateBytes }
  ],
  [
    'the electorate that it ends',
    'SEAL_ELECTORATE_WRONG',
    { ...first, headerBytes: changed({ seal: founders.hash }), electorateBytes: founders.encoded }
  ],
  [
    'an electorate two epochs on, even if the seal names it',
    'SEAL_ELECTORATE_WRONG',
    {
      ...first,
      headerBytes: changed({ seal: world.electorateAfter(secondSeal).hash }),
      electorateBytes: second.electorateBytes
    }
  ],
  [
    'a header with one root changed',
    'FINALISATION_OF_OTHER_BLOCK',
    { ...first, headerBytes: changed({ stateRoot: new Uint8Array(32) }) }
  ],
  [
    'the finalisation of another block',
    'FINALISATION_OF_OTHER_BLOCK',
    { ...first, finalisation: world.certify('finalise', ordinary) }
  ],
  [
    'a notarisation',
    'FINALISATION_OF_OTHER_BLOCK',
    { ...first, finalisation: world.certify('notarise', firstSeal) }
  ],
  [
    'a finalisation of a view before the one it was made in',
    'FINALISATION_OF_OTHER_BLOCK',
    proofOf(firstSeal, firstSeal.header.view - 1)
  ],
  [
    'fewer signatures than decide',
    'FINALISATION_FORGED',
    { ...first, finalisation: { ...finalisation, signatures: fewer } }
  ],
  [
    'a forged signature',
    'FINALISATION_FORGED',
    {
      ...first,
      finalisation: {
        ...finalisation,
        signatures: [{ signer: signature.signer, signature: forged }, ...fewer]
      }
    }
  ],
  [
    'signatures of the epoch that it begins',
    'FINALISATION_FORGED',
    {
      ...first,
      finalisation: {
        ...second.finalisation,
        vote: {
          ...second.finalisation.vote,
          view: firstSeal.header.view,
          subject: {
            parentView: 0 as View,
            blockId: toHex(blockIdOf(firstSeal.headerBytes)) as BlockId
          }
        }
      }
    }
  ]
]

for (const [why, fault, proof] of FAULTS)
  test(`${fault}: ${why}`, () => {
    assert.is(judge(proof), fault)
  })

test('another network is no network of this seal', () => {
  assert.is(judge(first, founders, new Uint8Array(32)), 'HEADER_NETWORK_WRONG')
})

test('bytes that are no canonical seal proof are none', () => {
  const encoded = encodeSealProof(first)
  assert.is(decodeSealProof(encoded.subarray(0, encoded.length - 1)), undefined)
  assert.is(decodeSealProof(encodeCbor([first.headerBytes])), undefined)
  assert.is(decodeSealProof(encodeCbor([new Uint8Array(0), null, new Uint8Array(1)])), undefined)
  assert.is(decodeSealProof(new Uint8Array(0)), undefined)
})

test.run()
