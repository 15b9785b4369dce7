import { readFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { decodeBatch, isBatchSigned } from './blocks/batch.ts'
import { decodeBlock, judgeBlock } from './blocks/block.ts'
import { decodeCertificate, judgeCertificate } from './consensus/certificate.ts'
import { decodeMemberMessage } from './consensus/message.ts'
import { isVoteGenuine } from './consensus/vote.ts'
import { fromHex, toHex } from './foundation/bytes.ts'
import { decodeAcceptedReceipt, judgeAcceptedReceipt } from './proofs/accepted-receipt.ts'
import { decodeReadProof, judgeRead } from './proofs/read-proof.ts'
import { decodeReceiptProof, judgeReceipt } from './proofs/receipt-proof.ts'
import { consensusVectors, type Vector } from './testing/consensus-vectors.ts'
import { buildVectorChain } from './testing/vector-chain.ts'
import type { VectorInputs } from './testing/vector-inputs.ts'
import { judgeTransaction } from './transactions/transaction.ts'
import type { MemberIndex } from './types.ts'

const test = suite('golden vectors of blocks, votes and proofs')

type Hexes<Names extends string> = Readonly<Record<Names, string>>

interface Golden {
  readonly inputs: VectorInputs
  readonly transactions: readonly Hexes<'wire'>[]
  readonly batch: Hexes<'encoded' | 'id'>
  readonly blocks: readonly Hexes<'encoded' | 'id'>[]
  readonly votes: readonly { readonly signer: MemberIndex; readonly message: string }[]
  readonly certificates: Readonly<Record<string, string>>
  readonly messages: Hexes<'proposal' | 'certificate' | 'statusQuestion' | 'statusAnswer'> & {
    readonly proposalLeader: MemberIndex
  }
  readonly proofs: Hexes<'receipt' | 'readOfVendor' | 'readOfAbsentDevice' | 'accepted'>
}

const file = new URL('../../protocol/vectors/consensus.json', import.meta.url)
const golden = JSON.parse(readFileSync(file, 'utf8')) as Golden
const sections: Readonly<Record<string, Vector>> = JSON.parse(JSON.stringify(golden))
const chain = buildVectorChain(golden.inputs)
const { networkTag, electorate } = chain
const trusted = { networkTag, electorate }
const computed = consensusVectors(golden.inputs)

function hex(text: string): Uint8Array {
  const bytes = fromHex(text)
  if (bytes === undefined) throw new Error('a vector is hex')
  return bytes
}

/** The bytes with one bit of the last one turned. */
function spoilt(text: string): Uint8Array {
  const bytes = hex(text)
  bytes[bytes.length - 1] = (bytes[bytes.length - 1] as number) ^ 1
  return bytes
}

for (const [name, vectors] of Object.entries(computed))
  test(`${name}: the inputs make the very bytes that stand in the file`, () => {
    assert.equal(JSON.parse(JSON.stringify(vectors)), sections[name])
  })

test('the file holds nothing that is not computed', () => {
  const names = Object.keys(golden).filter((name) => name !== 'about' && name !== 'inputs')
  assert.equal(names.sort(), Object.keys(computed).sort())
})

test('transactions and their batch are judged good', () => {
  for (const { wire } of golden.transactions) assert.ok(judgeTransaction(hex(wire), networkTag).ok)
  const batch = decodeBatch(hex(golden.batch.encoded))
  assert.ok(batch && isBatchSigned(networkTag, batch))
  assert.is(batch?.id, golden.batch.id)
})

test('blocks are judged good, and read back as they were', () => {
  for (const { encoded, id } of golden.blocks) {
    const block = decodeBlock(hex(encoded))
    assert.is(block?.id, id)
    assert.ok(block && judgeBlock(block, networkTag, electorate).ok)
  }
})

test('votes are their signers’, and nobody else’s', () => {
  for (const { message, signer } of golden.votes) {
    const read = decodeMemberMessage(hex(message), signer)
    assert.is(read?.kind, 'vote')
    if (read?.kind !== 'vote') return
    assert.ok(isVoteGenuine(networkTag, electorate, read.vote))
    const other = { ...read.vote, signer: ((signer + 1) % 4) as MemberIndex }
    assert.not(isVoteGenuine(networkTag, electorate, other))
  }
})

test('certificates reach the quorum, and a turned bit spoils them', () => {
  for (const encoded of Object.values(golden.certificates)) {
    const certificate = decodeCertificate(hex(encoded))
    assert.ok(certificate && judgeCertificate(certificate, networkTag, electorate).ok)
    const forged = decodeCertificate(spoilt(encoded))
    assert.ok(forged && !judgeCertificate(forged, networkTag, electorate).ok)
  }
})

test('member messages are read, the proposal with its batch and justification', () => {
  const { messages } = golden
  const proposal = decodeMemberMessage(hex(messages.proposal), messages.proposalLeader)
  assert.is(proposal?.kind, 'proposal')
  if (proposal?.kind !== 'proposal') return
  assert.is(proposal.proposal.block.id, chain.block1.id)
  assert.ok(isVoteGenuine(networkTag, electorate, proposal.proposal.vote))
  assert.is(proposal.proposal.justification.length, 1)
  assert.equal(proposal.batches.map(toHex), [golden.batch.encoded])
  const from = 0 as MemberIndex
  for (const status of [messages.statusQuestion, messages.statusAnswer])
    assert.is(decodeMemberMessage(hex(status), from, messages.proposalLeader)?.kind, 'status')
  assert.is(decodeMemberMessage(hex(messages.certificate), from)?.kind, 'certificate')
})

test('a receipt proves its outcome, and no other network’s', () => {
  const proof = decodeReceiptProof(hex(golden.proofs.receipt))
  assert.ok(proof && judgeReceipt(proof, trusted).ok)
  assert.is(proof?.outcome.outcome, 'applied')
  const elsewhere = { ...trusted, networkTag: new Uint8Array(32) }
  assert.not(proof && judgeReceipt(proof, elsewhere).ok)
})

test('reads prove a value through a descendant, and an absence directly', () => {
  const vendor = decodeReadProof(hex(golden.proofs.readOfVendor))
  assert.ok(vendor && vendor.value !== null && vendor.finality.descendants.length === 1)
  assert.ok(vendor && judgeRead(vendor, trusted).ok)
  assert.not(vendor && judgeRead({ ...vendor, value: null }, trusted).ok)
  const absent = decodeReadProof(hex(golden.proofs.readOfAbsentDevice))
  assert.ok(absent && absent.value === null && judgeRead(absent, trusted).ok)
})

test('an accepted receipt holds for its transaction alone', () => {
  const receipt = decodeAcceptedReceipt(hex(golden.proofs.accepted))
  const [first, second] = chain.transactions
  assert.ok(receipt && first && second)
  if (!(receipt && first && second)) return
  assert.ok(judgeAcceptedReceipt(receipt, second, trusted).ok)
  assert.not(judgeAcceptedReceipt(receipt, first, trusted).ok)
})

test.run()
