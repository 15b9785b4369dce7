import * as fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { BLOCK_FORMAT, blockIdOf, encodeBlockHeader } from '../blocks/block.ts'
import { encodeCbor } from '../codec/cbor.ts'
import { toHex } from '../foundation/bytes.ts'
import type { SealProof } from '../proofs/seal-proof.ts'
import type { BlockId, Epoch, Height, MemberIndex, View } from '../types.ts'
import { createElectorate, type Electorate } from './electorate.ts'
import {
  decodeJoinBundle,
  encodeJoinBundle,
  JOIN_BUNDLE_MAX_BYTES,
  type JoinBundle,
  type JoinBundleFault,
  judgeJoinBundle
} from './join-bundle.ts'

const test = suite('join bundles')

const filled = (byte: number): Uint8Array => new Uint8Array(32).fill(byte)
const networkTag = filled(9)

function electorateOf(epoch: number): Electorate {
  return createElectorate({
    epoch: epoch as Epoch,
    faultModel: 'byzantine',
    parameters: {
      delta0Ms: 500,
      deltaMaxMs: 30_000,
      heartbeatMs: 60_000,
      blockBytesMax: 1_048_576,
      messageDelayMs: 15_000,
      precisionMs: 505
    },
    seats: [
      {
        memberId: filled(1),
        voteKey: filled(2),
        weight: 1,
        operatorId: new Uint8Array(16),
        region: 'eu',
        endpoints: []
      }
    ]
  })
}

const genesis = {
  networkId: 'test',
  genesisHash: filled(3),
  networkTag,
  electorate: electorateOf(0)
}

/** A seal as it would look, with signatures that nobody made. */
function sealOf(ended: number, change: { readonly networkTag?: Uint8Array } = {}): SealProof {
  const next = electorateOf(ended + 1)
  const headerBytes = encodeBlockHeader({
    format: BLOCK_FORMAT,
    networkTag,
    epoch: ended as Epoch,
    height: 5 as Height,
    view: 6 as View,
    parentId: filled(4),
    parentView: 5 as View,
    timeMs: 1,
    electorateHash: electorateOf(ended).hash,
    batchListRoot: filled(0),
    stateRoot: filled(0),
    receiptsRoot: filled(0),
    transactionCount: 0,
    seal: next.hash,
    ...change
  })
  const subject = { parentView: 5 as View, blockId: toHex(blockIdOf(headerBytes)) as BlockId }
  const finalisation = {
    vote: { kind: 'finalise' as const, epoch: ended as Epoch, view: 6 as View, subject },
    signatures: [{ signer: 0 as MemberIndex, signature: new Uint8Array(64) }]
  } satisfies SealProof['finalisation']
  return { headerBytes, finalisation, electorateBytes: next.encoded }
}

const first: JoinBundle = {
  networkId: 'test',
  genesisHash: filled(3),
  genesisDocument: '{"networkId":"test"}',
  epoch: 0,
  electorateBytes: genesis.electorate.encoded,
  seal: null,
  addresses: ['/ip4/192.0.2.1/tcp/4001/p2p/12D3KooW']
}

const later = (epoch: number): JoinBundle => ({
  ...first,
  epoch,
  electorateBytes: electorateOf(epoch).encoded,
  seal: sealOf(epoch - 1)
})

test('what is read back is what was written, with a seal and without', () => {
  for (const bundle of [first, later(3)]) {
    const encoded = encodeJoinBundle(bundle)
    const read = decodeJoinBundle(encoded)
    assert.equal(read?.addresses, bundle.addresses)
    assert.is(read?.genesisDocument, bundle.genesisDocument)
    assert.is(toHex(read === undefined ? filled(0) : encodeJoinBundle(read)), toHex(encoded))
  }
})

test('other bytes are no bundle: cut off, of another format, or too many', () => {
  const encoded = encodeJoinBundle(first)
  fc.assert(
    fc.property(fc.integer({ min: 0, max: encoded.length - 1 }), (length) => {
      assert.is(decodeJoinBundle(encoded.subarray(0, length)), undefined)
    })
  )
  assert.is(decodeJoinBundle(encodeCbor([2, 'test'])), undefined)
  const document = 'x'.repeat(JOIN_BUNDLE_MAX_BYTES)
  assert.is(decodeJoinBundle(encodeJoinBundle({ ...first, genesisDocument: document })), undefined)
})

test('a bundle holds together when network, electorate and seal belong to each other', () => {
  assert.ok(judgeJoinBundle(first, genesis).ok)
  assert.ok(judgeJoinBundle(later(3), genesis).ok)
})

test('what does not belong together is named', () => {
  const faults: readonly [JoinBundleFault, JoinBundle][] = [
    ['BUNDLE_NETWORK_WRONG', { ...first, genesisHash: filled(8) }],
    ['BUNDLE_NETWORK_WRONG', { ...first, networkId: 'other' }],
    ['BUNDLE_ELECTORATE_WRONG', { ...first, electorateBytes: new Uint8Array([0x80]) }],
    ['BUNDLE_ELECTORATE_WRONG', { ...first, epoch: 1 }],
    ['BUNDLE_ELECTORATE_WRONG', { ...first, seal: sealOf(0) }],
    ['BUNDLE_SEAL_MISSING', { ...later(3), seal: null }],
    ['BUNDLE_SEAL_WRONG', { ...later(3), seal: sealOf(1) }],
    ['BUNDLE_SEAL_WRONG', { ...later(3), seal: sealOf(2, { networkTag: filled(1) }) }]
  ]
  for (const [fault, bundle] of faults)
    assert.equal(judgeJoinBundle(bundle, genesis), { ok: false, fault })
})

test('a network that goes on from another begins in a later epoch, and needs no seal for it', () => {
  const refounded = { ...genesis, electorate: electorateOf(7) }
  assert.ok(judgeJoinBundle({ ...later(7), seal: null }, refounded).ok)
  const fault = 'BUNDLE_SEAL_WRONG'
  assert.equal(judgeJoinBundle(later(8), refounded), { ok: false, fault })
  assert.ok(judgeJoinBundle(later(9), refounded).ok)
})

test('the seal after genesis is believed for its signatures alone', () => {
  assert.equal(judgeJoinBundle(later(1), genesis), { ok: false, fault: 'BUNDLE_SEAL_WRONG' })
})

test.run()
