/**
 * `thingmoot bundle`: what a newcomer needs, in one file or link.
 *
 * @module
 */

import type { Command } from 'commander'
import { formatGenesis, type GenesisDocument, peerAddressFault } from '../../config/index.ts'
import {
  decodeBlock,
  decodeCbor,
  decodeCertificate,
  decodeElectorate,
  type ElectorateRecord,
  electorates,
  encodeJoinBundle,
  epochKey,
  genesisElectorate,
  genesisHashOf,
  JOIN_BUNDLE_MAX_BYTES,
  type JoinBundle,
  judgeJoinBundle,
  judgeSeal,
  networkTagOfGenesis,
  type SealProof,
  toHex
} from '../../protocol/index.ts'
import { NodeError } from '../errors.ts'
import { bundleToLink } from './bundle-link.ts'
import { addCommand, type CommandPorts, gather, usage } from './command.ts'
import { writeNewFile } from './files.ts'
import { addReadOptions, openReading, type ReadOptions } from './member-desk.ts'
import { createValueReader, requestNode } from './node-request.ts'
import { count } from './output.ts'
import { absolute, readGenesis, readSettings } from './settings.ts'

interface BundleOptions extends ReadOptions {
  readonly out?: string
  readonly link?: boolean
  readonly address: readonly string[]
}

const DEADLINE_MS = 10_000
const ADDRESSES_MAX = 64

/** Adds `bundle`. */
export function addBundleCommand(program: Command, ports: CommandPorts): void {
  addReadOptions(
    addCommand(program, 'bundle', 'what a newcomer needs to join, in a file or a link')
  )
    .option('--genesis <file>', 'genesis of the network (default: as in the settings)')
    .option('--out <file>', 'where to write it (default: <network>.bundle)')
    .option('--link', 'print it as a link instead')
    .option(
      '--address <multiaddr>',
      "address to call first, beside the members'; repeat",
      gather,
      []
    )
    .action((options: BundleOptions) => makeBundle(options, ports))
}

async function makeBundle(options: BundleOptions, ports: CommandPorts): Promise<void> {
  const { config } = await readSettings(options, ports)
  const { genesis, genesisHash } = await readGenesis(config.genesis, config.networkId)
  const { url, governance, output } = await openReading(options, ports)
  if ((await governance.status()).genesisHash !== genesisHash)
    throw new NodeError(
      'GENESIS_WRONG',
      `${url}: is a node of another network than ${config.genesis}`
    )
  const { epoch } = await governance.overview()
  const bundle = await gatherBundle({ genesis, epoch, addresses: options.address, url })
  const encoded = encodeJoinBundle(bundle)
  if (encoded.length > JOIN_BUNDLE_MAX_BYTES)
    throw usage(`the bundle would have ${encoded.length} bytes, more than a bundle may have`)
  const link = options.link === true ? bundleToLink(encoded) : null
  const path = link === null ? absolute(options.out ?? `${bundle.networkId}.bundle`) : null
  if (path !== null) await writeNewFile({ path, content: encoded })
  const { networkId, addresses } = bundle
  output.answer({
    json: { path, link, networkId, genesisHash, epoch, addresses, bytes: encoded.length },
    lines: (paint) =>
      link === null
        ? [
            `${paint.green('✔')} ${path}: ${networkId} in epoch ${epoch}, with ${count(addresses.length, 'address')} to call.`,
            ...(addresses.length === 0 ? [noAddress(paint.yellow('!'))] : []),
            `Whoever has it: thingmoot join ${path}. It holds no secret, and nobody signed it: hand it over where it cannot be exchanged.`
          ]
        : [link]
  })
  if (link !== null && addresses.length === 0) output.note(noAddress('!'))
}

/** Everything is by the node's word; what can be checked of it is, before anybody else has to. */
async function gatherBundle({
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
    seal: epoch === 0 ? null : await readSeal(url, record),
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

function noAddress(mark: string): string {
  return `${mark} The members name no address on the ledger, so the bundle has none: name one with --address <multiaddr>/p2p/<peer id>.`
}

function wrongAnswer(url: string, what: string, cause?: unknown): NodeError {
  return new NodeError('REQUEST_FAILED', `${url}: ${what}`, { cause })
}
