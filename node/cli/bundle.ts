/**
 * `thingmoot bundle`: what a newcomer needs, in one file, link or code on the screen.
 *
 * @module
 */

import type { Command } from 'commander'
import {
  blockIdOf,
  encodeJoinBundle,
  JOIN_BUNDLE_MAX_BYTES,
  type JoinBundle,
  toHex
} from '../../protocol/index.ts'
import { NodeError } from '../errors.ts'
import { bundleToLink } from './bundle-link.ts'
import { addCommand, type CommandPorts, gather, usage } from './command.ts'
import { writeNewFile } from './files.ts'
import { gatherBundle } from './gather-bundle.ts'
import { addReadOptions, openReading, type ReadOptions } from './member-desk.ts'
import { count, createOutput, isColoured } from './output.ts'
import { qrLines } from './qr-lines.ts'
import { absolute, readGenesis, readSettings } from './settings.ts'
import { formatShortLink, isNodeAddress } from './short-link.ts'

interface BundleOptions extends ReadOptions {
  readonly out?: string
  readonly link?: boolean
  readonly qr?: boolean
  readonly at?: string
  readonly address: readonly string[]
}

const LOOPBACK = /^(?:localhost|127\.[0-9.]+|\[::1\])$/

/** Adds `bundle`. */
export function addBundleCommand(program: Command, ports: CommandPorts): void {
  addReadOptions(
    addCommand(program, 'bundle', 'what a newcomer needs to join, in a file, a link or a QR code')
  )
    .option('--genesis <file>', 'genesis of the network (default: as in the settings)')
    .option('--out <file>', 'where to write it (default: <network>.bundle)')
    .option('--link', 'print it as a link instead')
    .option('--qr', 'show a QR code instead: of a short link, by which join fetches it from a node')
    .option('--at <url>', 'with --qr: where newcomers reach that node (default: the one asked)')
    .option(
      '--address <multiaddr>',
      "address to call first, beside the members'; repeat",
      gather,
      []
    )
    .action((options: BundleOptions) => makeBundle(options, ports))
}

async function makeBundle(options: BundleOptions, ports: CommandPorts): Promise<void> {
  judgeOptions(options)
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
  if (options.qr === true) return showCode(bundle, { ...options, at: options.at ?? url }, ports)
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

/** Refuses options that contradict each other before anything is asked. */
function judgeOptions({ link, qr, out, at }: BundleOptions): void {
  const ways = [out !== undefined, link === true, qr === true].filter((isWanted) => isWanted)
  if (ways.length > 1) throw usage('--out, --link and --qr are three ways: choose one')
  if (at !== undefined && qr !== true) throw usage('--at goes with --qr')
  if (at !== undefined && !isNodeAddress(at))
    throw usage(`--at: "${at}" is no address like http://203.0.113.7:8080`)
}

function showCode(
  bundle: JoinBundle,
  options: BundleOptions & { readonly at: string },
  ports: CommandPorts
): void {
  const { networkId, epoch, seal, addresses } = bundle
  const { at, address: call } = options
  const genesisHash = toHex(bundle.genesisHash)
  const sealed = seal === null ? null : { epoch, blockId: toHex(blockIdOf(seal.headerBytes)) }
  const link = formatShortLink({ networkId, genesisHash, seal: sealed, at, call })
  const output = createOutput(options, ports)
  const isColourful = isColoured(ports.stdout, ports.environment)
  const code = qrLines(link, { isDarkOnLight: isColourful })
  if (code === undefined)
    throw usage(
      'the link is too long for a code of 80 columns: name fewer addresses, or a shorter --at'
    )
  output.answer({
    json: { link, networkId, genesisHash, epoch, at, addresses },
    lines: (paint) => [
      // In colours of its own a code can be read whatever those of the terminal are.
      ...code.map((line) => paint.bgWhiteBright(paint.black(line))),
      link,
      `Whoever has it: thingmoot join '<link>'. The rest comes from ${at}, and is refused unless it has these hashes.`
    ]
  })
  if (LOOPBACK.test(new URL(at).hostname))
    output.note(`! ${at} is reached from this machine alone: name an address with --at.`)
  if (addresses.length === 0) output.note(noAddress('!'))
}

function noAddress(mark: string): string {
  return `${mark} The members name no address on the ledger, so the bundle has none: name one with --address <multiaddr>/p2p/<peer id>.`
}
