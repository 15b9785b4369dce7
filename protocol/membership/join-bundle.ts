/**
 * Join bundles: what a newcomer needs to find a network, and to know that it is the right one.
 *
 * `[1, networkId, genesisHash, genesisDocument, epoch, electorateBytes, sealProof, addresses]`:
 * the genesis stands in it as the text of its file, since that file is what a node is started with;
 * the hash says which genesis it must be, and whoever opens the bundle compares the two. Beside it
 * stand the electorate of a recent epoch, the seal that began it (null for the epoch of genesis), and
 * addresses to call first.
 *
 * Nobody signs a bundle. Who follows the ledger from genesis, as a node does, needs nothing of it
 * but genesis and an address; who begins at its electorate trusts whoever handed it over.
 *
 * @module
 */

import { blockIdOf, decodeBlockHeader } from '../blocks/block.ts'
import { decodeCbor, encodeCbor } from '../codec/cbor.ts'
import { bytes, bytesBetween, list, nullable, text, tuple, uint } from '../codec/shape.ts'
import { equalBytes, toHex } from '../foundation/bytes.ts'
import { acceptAs, reject, type Verdict } from '../foundation/verdict.ts'
import {
  decodeSealProof,
  encodeSealProof,
  judgeSeal,
  type SealProof
} from '../proofs/seal-proof.ts'
import { decodeElectorate, type Electorate } from './electorate.ts'

/** What a newcomer is handed. */
export interface JoinBundle {
  readonly networkId: string
  readonly genesisHash: Uint8Array
  /** The genesis file, as its text. */
  readonly genesisDocument: string
  readonly epoch: number
  /** As the electorate hash covers it. */
  readonly electorateBytes: Uint8Array
  /** The seal that began the epoch; null for the epoch of genesis. */
  readonly seal: SealProof | null
  /** Whom to call first: multiaddrs with peer ids. */
  readonly addresses: readonly string[]
}

/** What a bundle can get wrong in itself. */
export type JoinBundleFault =
  | 'BUNDLE_NETWORK_WRONG'
  | 'BUNDLE_ELECTORATE_WRONG'
  | 'BUNDLE_SEAL_MISSING'
  | 'BUNDLE_SEAL_WRONG'

/** The size of a bundle, at most. */
export const JOIN_BUNDLE_MAX_BYTES = 262_144
/** The first position. */
const JOIN_BUNDLE_FORMAT = 1

const NETWORK_ID_MAX = 64
const ADDRESSES_MAX = 64
const ADDRESS_MAX = 512

const fields = tuple(
  uint(JOIN_BUNDLE_FORMAT, JOIN_BUNDLE_FORMAT),
  text(NETWORK_ID_MAX),
  bytes(32),
  text(JOIN_BUNDLE_MAX_BYTES),
  uint(),
  bytesBetween(1, JOIN_BUNDLE_MAX_BYTES),
  nullable(bytesBetween(1, JOIN_BUNDLE_MAX_BYTES)),
  list(text(ADDRESS_MAX), ADDRESSES_MAX)
)

/** The bytes of a bundle; whoever makes one sees to it that they are not too many. */
export function encodeJoinBundle(bundle: JoinBundle): Uint8Array {
  const { seal } = bundle
  return encodeCbor([
    JOIN_BUNDLE_FORMAT,
    bundle.networkId,
    bundle.genesisHash,
    bundle.genesisDocument,
    bundle.epoch,
    bundle.electorateBytes,
    seal === null ? null : encodeSealProof(seal),
    bundle.addresses
  ])
}

/** Reads a bundle from anybody; undefined when the bytes are no canonical one. */
export function decodeJoinBundle(encoded: Uint8Array): JoinBundle | undefined {
  if (encoded.length > JOIN_BUNDLE_MAX_BYTES) return undefined
  const read = fields(decodeCbor(encoded))
  if (read === undefined) return undefined
  const [, networkId, genesisHash, genesisDocument, epoch, electorateBytes, sealBytes, addresses] =
    read
  const seal = sealBytes === null ? null : decodeSealProof(sealBytes)
  if (seal === undefined) return undefined
  return { networkId, genesisHash, genesisDocument, epoch, electorateBytes, seal, addresses }
}

/**
 * Judges whether a bundle holds together.
 *
 * The signatures of its seal are checked where the electorate before it is known: for the epoch after
 * that of genesis. For later epochs the seal must be of this network and name this electorate.
 *
 * @param genesis - the network, as the genesis in the bundle makes it
 * @returns the electorate that the bundle speaks of
 */
export function judgeJoinBundle(
  bundle: JoinBundle,
  genesis: {
    readonly networkId: string
    readonly genesisHash: Uint8Array
    readonly networkTag: Uint8Array
    readonly electorate: Electorate
  }
): Verdict<JoinBundleFault, Electorate> {
  const { epoch, seal, electorateBytes } = bundle
  const isNetwork =
    bundle.networkId === genesis.networkId && equalBytes(bundle.genesisHash, genesis.genesisHash)
  if (!isNetwork) return reject('BUNDLE_NETWORK_WRONG')
  const electorate = decodeElectorate(electorateBytes)
  if (electorate === undefined || electorate.epoch !== epoch)
    return reject('BUNDLE_ELECTORATE_WRONG')
  const firstEpoch = genesis.electorate.epoch
  if (epoch === firstEpoch) {
    const isFirst = seal === null && equalBytes(electorate.hash, genesis.electorate.hash)
    return isFirst ? acceptAs(electorate) : reject('BUNDLE_ELECTORATE_WRONG')
  }
  if (seal === null) return reject('BUNDLE_SEAL_MISSING')
  if (!doesSealBegin(seal, electorate, genesis.networkTag)) return reject('BUNDLE_SEAL_WRONG')
  const { networkTag } = genesis
  const isForged =
    epoch === firstEpoch + 1 && !judgeSeal(seal, { networkTag, electorate: genesis.electorate }).ok
  return isForged ? reject('BUNDLE_SEAL_WRONG') : acceptAs(electorate)
}

/** Whether a seal is of this network and names the electorate; its signatures are not looked at. */
function doesSealBegin(
  { headerBytes, finalisation, electorateBytes }: SealProof,
  electorate: Electorate,
  networkTag: Uint8Array
): boolean {
  const header = decodeBlockHeader(headerBytes)
  if (header === undefined || header.seal === null) return false
  const { kind, subject } = finalisation.vote
  return (
    equalBytes(header.networkTag, networkTag) &&
    header.epoch + 1 === electorate.epoch &&
    equalBytes(header.seal, electorate.hash) &&
    equalBytes(electorateBytes, electorate.encoded) &&
    kind === 'finalise' &&
    subject?.blockId === toHex(blockIdOf(headerBytes))
  )
}
