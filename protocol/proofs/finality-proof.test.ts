import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { encodeBlockHeader } from '../blocks/block.ts'
import { createElectorate } from '../membership/electorate.ts'
import { DIRECT, THROUGH_CHILD, TRUSTED } from '../testing/chain-proofs.ts'
import { CHAIN } from '../testing/core-state.ts'
import { buildTestChain } from '../testing/test-chain.ts'
import type { Epoch } from '../types.ts'
import {
  type FinalityProof,
  finalityProofFromFields,
  finalityProofToFields,
  judgeFinality
} from './finality-proof.ts'

const test = suite('finality proofs')

const { block1, block2, certify } = CHAIN
const judge = (proof: FinalityProof, trusted: typeof TRUSTED = TRUSTED): string => {
  const judged = judgeFinality(proof, trusted)
  return judged.ok ? `final ${judged.value.blockId}` : judged.fault
}

test('a header is final by its own finalisation, or by that of a descendant', () => {
  assert.is(judge(DIRECT), `final ${block1.id}`)
  assert.is(judge(THROUGH_CHILD), `final ${block1.id}`)
  assert.is(
    judge({ ...THROUGH_CHILD, headerBytes: block2.headerBytes, descendants: [] }),
    `final ${block2.id}`
  )
})

const stranger = buildTestChain({ networkId: 'elsewhere' })
const changed = (change: object): Uint8Array => encodeBlockHeader({ ...block1.header, ...change })
const [first, ...rest] = DIRECT.finalisation.signatures

const FAULTS: readonly (readonly [why: string, fault: string, proof: FinalityProof])[] = [
  ['bytes that are no header', 'HEADER_MALFORMED', { ...DIRECT, headerBytes: Uint8Array.of(1) }],
  [
    'a header of another network',
    'HEADER_NETWORK_WRONG',
    { ...DIRECT, headerBytes: stranger.block1.headerBytes }
  ],
  [
    'a header of another epoch',
    'HEADER_ELECTORATE_WRONG',
    { ...DIRECT, headerBytes: changed({ epoch: 1 as Epoch }) }
  ],
  [
    'a header of another electorate',
    'HEADER_ELECTORATE_WRONG',
    { ...DIRECT, headerBytes: changed({ electorateHash: new Uint8Array(32) }) }
  ],
  [
    'a header with another root',
    'FINALISATION_OF_OTHER_BLOCK',
    { ...DIRECT, headerBytes: changed({ stateRoot: new Uint8Array(32) }) }
  ],
  [
    'a descendant that is none',
    'DESCENDANTS_BROKEN',
    { ...THROUGH_CHILD, descendants: [block1.headerBytes] }
  ],
  [
    'a descendant that is no header',
    'DESCENDANTS_BROKEN',
    { ...THROUGH_CHILD, descendants: [Uint8Array.of(0)] }
  ],
  [
    'descendants in the wrong order',
    'DESCENDANTS_BROKEN',
    { ...THROUGH_CHILD, descendants: [block2.headerBytes, block2.headerBytes] }
  ],
  [
    'a finalisation of a descendant that is not shown',
    'FINALISATION_OF_OTHER_BLOCK',
    { ...THROUGH_CHILD, descendants: [] }
  ],
  [
    'a finalisation of the header, not of its descendant',
    'FINALISATION_OF_OTHER_BLOCK',
    { ...DIRECT, descendants: [block2.headerBytes] }
  ],
  [
    'a notarisation',
    'FINALISATION_OF_OTHER_BLOCK',
    { ...DIRECT, finalisation: certify('notarise', 2, block1) }
  ],
  [
    'a nullification',
    'FINALISATION_OF_OTHER_BLOCK',
    { ...DIRECT, finalisation: certify('nullify', 2, null) }
  ],
  [
    'a finalisation that is too light',
    'FINALISATION_FORGED',
    { ...DIRECT, finalisation: { ...DIRECT.finalisation, signatures: rest.slice(0, 1) } }
  ],
  [
    'a finalisation with a forged signature',
    'FINALISATION_FORGED',
    {
      ...DIRECT,
      finalisation: {
        ...DIRECT.finalisation,
        signatures: [
          { signer: first?.signer ?? (0 as never), signature: new Uint8Array(64) },
          ...rest
        ]
      }
    }
  ]
]

for (const [why, fault, proof] of FAULTS)
  test(`${why} proves nothing: ${fault}`, () => {
    assert.is(judge(proof), fault)
  })

test('the very proof is worth nothing where another electorate or network is trusted', () => {
  const reweighed = createElectorate({
    ...CHAIN.electorate,
    seats: CHAIN.electorate.seats.slice(1)
  })
  assert.is(judge(DIRECT, { ...TRUSTED, electorate: reweighed }), 'HEADER_ELECTORATE_WRONG')
  assert.is(judge(DIRECT, { ...TRUSTED, networkTag: new Uint8Array(32) }), 'HEADER_NETWORK_WRONG')
})

test('a proof comes back from its fields, with a bound on its descendants', () => {
  const read = finalityProofFromFields(finalityProofToFields(THROUGH_CHILD))
  assert.ok(read)
  assert.is(read && judge(read), judge(THROUGH_CHILD))
  const endless = Array.from({ length: 129 }, () => block2.headerBytes)
  assert.is(
    finalityProofFromFields(finalityProofToFields({ ...DIRECT, descendants: endless })),
    undefined
  )
  assert.is(finalityProofFromFields([block1.headerBytes, null, []]), undefined)
})

test.run()
