/**
 * Closing the epoch of a stopped node: what it has to show, and its last signature in that epoch.
 *
 * The vote log is closed, durably, before anything is signed: whoever had shown a closing and voted
 * on could make a block final that the new network does not know.
 *
 * @module
 */

import {
  type Block,
  type Certificate,
  type Closing,
  type CoseSignature,
  closingAad,
  decodeBlock,
  decodeCertificate,
  type Electorate,
  encodeClosingStatement,
  encodeSigStructure,
  fromHex,
  judgeCertificate
} from '../../protocol/index.ts'
import { batchKey, bodyKey } from '../ledger/keyspace.ts'
import type { Floor } from '../ledger/open-ledger.ts'
import type { ActSigner } from '../membership/own-acts.ts'
import type { Database } from '../storage/database.ts'
import type { VoteLog } from '../storage/vote-log.ts'
import type { CarriedBlock, ClosingFile } from './closing-file.ts'

/** A stopped node whose epoch is to be closed. */
export interface StoppedNode {
  readonly networkTag: Uint8Array
  readonly electorate: Electorate
  readonly ledger: Database
  readonly voteLog: Pick<VoteLog, 'load' | 'markClosed'>
  readonly floor: Floor
  readonly floorId: Uint8Array
}

/** Whoever signs, and with which keys it goes on. */
export interface ClosingSigners {
  readonly identity: ActSigner
  readonly voteKey: ActSigner
  readonly nextVoteKeyHash: Uint8Array
}

/** The certificate of the highest view of a block that this node holds; null for none in this epoch. */
export async function highestCertificate(node: StoppedNode): Promise<Certificate | null> {
  const { networkTag, electorate, floor, voteLog } = node
  const { certificates } = await voteLog.load({ epoch: electorate.epoch, view: floor.view })
  const held = certificates
    .filter(({ epoch, kind }) => epoch === electorate.epoch && kind !== 'nullification')
    .map(({ bytes }) => decodeCertificate(bytes))
    .filter((certificate) => certificate !== undefined)
  const { finalisation } = floor
  if (finalisation !== null && finalisation.vote.epoch === electorate.epoch) held.push(finalisation)
  let highest: Certificate | null = null
  for (const certificate of held) {
    const isHigher = certificate.vote.view > (highest?.vote.view ?? -1)
    if (isHigher && judgeCertificate(certificate, networkTag, electorate).ok) highest = certificate
  }
  return highest
}

/** Closes the vote log for good, then signs. */
export async function closeEpoch(
  node: StoppedNode,
  signers: ClosingSigners,
  closedAtMs: number
): Promise<ClosingFile> {
  const certificate = await highestCertificate(node)
  await node.voteLog.markClosed()
  const { networkTag, electorate, floor, floorId } = node
  const statement = {
    networkTag,
    epoch: electorate.epoch,
    electorateHash: electorate.hash,
    memberId: signers.identity.publicKey,
    voteKey: signers.voteKey.publicKey,
    nextVoteKeyHash: signers.nextVoteKeyHash,
    certificate,
    floor: { height: floor.height, blockId: floorId },
    closedAtMs
  }
  const signedBody = encodeClosingStatement(statement)
  const sign = (role: 'member' | 'vote-key', signer: ActSigner): CoseSignature => ({
    algorithm: 'Ed25519',
    signature: signer.sign(encodeSigStructure('Ed25519', closingAad(role, networkTag), signedBody))
  })
  const closing: Closing = {
    statement,
    signedBody,
    memberSignature: sign('member', signers.identity),
    voteKeySignature: sign('vote-key', signers.voteKey)
  }
  return { closing, blocks: carriedBlocks(node, certificate) }
}

/** The blocks from the certified one down to the last final one; none when one of them is not here. */
function carriedBlocks(
  { ledger, floorId }: StoppedNode,
  certificate: Certificate | null
): readonly CarriedBlock[] {
  const tipId = certificate?.vote.subject && fromHex(certificate.vote.subject.blockId)
  const blocks: CarriedBlock[] = []
  let id = tipId ?? floorId
  while (!Buffer.from(id).equals(floorId)) {
    const blockBytes = ledger.getSync(bodyKey(Buffer.from(id).toString('hex')))
    const block = blockBytes && decodeBlock(blockBytes)
    const batches = block && batchesOf(ledger, block)
    if (blockBytes === undefined || block === undefined || batches === undefined) return []
    blocks.unshift({ blockBytes, batches })
    id = block.header.parentId
  }
  return blocks
}

/** Every batch of a block; undefined when one is not here. */
function batchesOf(ledger: Database, block: Block): readonly Uint8Array[] | undefined {
  const batches = block.batches.map(({ id }) => ledger.getSync(batchKey(id)))
  return batches.every((batch) => batch !== undefined) ? batches : undefined
}
