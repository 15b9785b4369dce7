/**
 * Gathering a join bundle: what a node says of its network, checked as far as it can be.
 *
 * @module
 */

import { formatGenesis, type GenesisDocument, peerAddressFault } from '../../config/index.ts'
import {
  decodeBlock,
  decodeCbor,
  decodeCertificate,
  decodeElectorate,
  type ElectorateRecord,
  electorates,
  epochKey,
  genesisElectorate,
  genesisHashOf,
  type JoinBundle,
  judgeJoinBundle,
  judgeSeal,
  networkTagOfGenesis,
  type SealProof,
  toHex
} from '../../protocol/index.ts'
import { NodeError } from '../errors.ts'
import { usage } from './command.ts'
import { createValueReader, requestNode } from './node-request.ts'

const DEADLINE_MS = 10_000
const ADDRESSES_MAX = 64

/**
 * Makes the bundle of an epoch. Everything is by the node's word; what can be checked of it is, before
 * anybody else has to.
 *
 * @throws NodeError REQUEST_FAILED when it does not hold together
 */
export async function gatherBundle({
  genesis,
  epoch,
  addresses,
  url
}: {
  readonly genesis: GenesisDocument
  readonly epoch: number
  readonly addresses: readonly string[]
  readonly url: string
}): Promise<JoinBundle> {
  const record = await readElectorate(url, epoch)
  const bundle: JoinBundle = {
    networkId: genesis.networkId,
    genesisHash: genesisHashOf(genesis),
    genesisDocument: formatGenesis(genesis),
    epoch,
    electorateBytes: record.electorateBytes,
    seal: epoch === genesisElectorate(genesis).epoch ? null : await readSeal(url, record),
    addresses: await addressesOf(record, addresses)
  }
  const judged = judgeJoinBundle(bundle, {
    networkId: genesis.networkId,
    genesisHash: genesisHashOf(genesis),
    networkTag: networkTagOfGenesis(genesis),
    electorate: genesisElectorate(genesis)
  })
  if (!judged.ok) throw wrongAnswer(url, `what it says does not hold together (${judged.fault})`)
  if (bundle.seal !== null) await checkSeal(url, bundle.seal, { genesis, epoch })
  return bundle
}

/** The seal of any epoch is checked by the electorate that it ended. */
async function checkSeal(
  url: string,
  seal: SealProof,
  { genesis, epoch }: { readonly genesis: GenesisDocument; readonly epoch: number }
): Promise<void> {
  const before = decodeElectorate((await readElectorate(url, epoch - 1)).electorateBytes)
  const networkTag = networkTagOfGenesis(genesis)
  const judged = before && judgeSeal(seal, { networkTag, electorate: before })
  if (judged?.ok !== true) throw wrongAnswer(url, 'the seal of the epoch does not stand')
}

async function readElectorate(url: string, epoch: number): Promise<ElectorateRecord> {
  const value = await createValueReader(url)(electorates.name, epochKey(epoch))
  if (value === null) throw wrongAnswer(url, `it has no electorate of epoch ${epoch}`)
  try {
    return electorates.decode(value)
  } catch (error) {
    throw wrongAnswer(url, `the electorate of epoch ${epoch} cannot be read`, error)
  }
}

async function readSeal(
  url: string,
  { sinceHeight, electorateBytes }: ElectorateRecord
): Promise<SealProof> {
  const answer = await requestNode(url, `/v1/blocks/${sinceHeight}`, {
    accept: 'application/cbor',
    deadlineMs: DEADLINE_MS
  })
  const value = decodeCbor(answer.body)
  const [blockBytes, finalisationBytes] = Array.isArray(value) ? value : []
  const block = blockBytes instanceof Uint8Array ? decodeBlock(blockBytes) : undefined
  const finalisation =
    finalisationBytes instanceof Uint8Array ? decodeCertificate(finalisationBytes) : undefined
  if (block === undefined || finalisation === undefined)
    throw wrongAnswer(
      url,
      `block ${sinceHeight}, which began the epoch, is not there with its seal`
    )
  return { headerBytes: block.headerBytes, finalisation, electorateBytes }
}

/** The members' end points, each with the peer id that its key makes; and whatever was named. */
async function addressesOf(
  { electorateBytes }: ElectorateRecord,
  named: readonly string[]
): Promise<readonly string[]> {
  for (const address of named) {
    const fault = peerAddressFault(address)
    if (fault !== undefined) throw usage(`--address: "${address}" ${fault}`)
  }
  // Loaded here alone: it takes a tenth of a second.
  const { peerIdOf } = await import('../network/peer-key.ts')
  const ofMembers = (decodeElectorate(electorateBytes)?.seats ?? []).flatMap(
    ({ memberId, endpoints }) =>
      endpoints
        .filter((text) => text.startsWith('/'))
        .map((text) => (text.includes('/p2p/') ? text : `${text}/p2p/${peerIdOf(toHex(memberId))}`))
  )
  const callable = ofMembers.filter((address) => peerAddressFault(address) === undefined)
  return [...new Set([...named, ...callable])].slice(0, ADDRESSES_MAX)
}

function wrongAnswer(url: string, what: string, cause?: unknown): NodeError {
  return new NodeError('REQUEST_FAILED', `${url}: ${what}`, { cause })
}
