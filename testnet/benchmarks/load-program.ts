/**
 * The command line of the load generator.
 *
 * @module
 */

import { Command } from 'commander'
import { gather, parseCount, usage } from '../../node/cli/command.ts'
import { fromHex } from '../../protocol/index.ts'
import { BATCH_DEFAULT } from './load-lanes.ts'

/** What a command line asks for. */
export interface LoadWish {
  readonly urls: readonly string[]
  /** Path of the genesis file; undefined to take the first node's word for it. */
  readonly genesis: string | undefined
  /** Folders with the keys of makers. */
  readonly makerFolders: readonly string[]
  /** Of makers that have never acted on this network. */
  readonly makerSeeds: readonly Uint8Array[]
  readonly devices: number
  readonly messages: number
  readonly inflight: number
  readonly seconds: number
  readonly rate: number | undefined
  readonly depth: number
  readonly batch: number
  readonly classRate: number | undefined
  readonly taken: string | undefined
  /** Whether it waits for a line on standard input when everything is signed. */
  readonly awaitsGo: boolean
  readonly isJson: boolean
}

interface Flags {
  readonly url?: readonly string[]
  readonly genesis?: string
  readonly maker?: readonly string[]
  readonly makerSeeds?: string
  readonly devices: string
  readonly messages: string
  readonly inflight: string
  readonly seconds: string
  readonly rate?: string
  readonly depth: string
  readonly batch: string
  readonly classRate?: string
  readonly taken?: string
  readonly awaitGo?: boolean
  readonly json?: boolean
}

/** As many as a node takes in one request, less those of a device that comes last. */
const BATCH_MAX = 192
const SEED_BYTES = 32
const URLS_MAX = 64
const MAKERS_MAX = 64
/** All are signed before the first leaves, and kept in memory: about half a kilobyte each. */
const SIGNED_MAX = 4_000_000

const HELP = `
Only a device that the network knows may speak, so the load brings its own: new ones at each run,
born by a maker whom the network has granted births and claimed like any other. They stay on the
ledger. One maker carries about 1,390 such messages a second, which is the most that a grant allows;
name several for more.

A testnet of this machine has a maker of its own:
  npm run testnet -- --headless --for 10m
  npm run load -- --url http://127.0.0.1:<port> --maker .testnet/maker --genesis .testnet/genesis.json

Any other network grants one in its genesis, or later by a vote of its members:
  thingmoot maker new --maker ./maker
  thingmoot genesis create --vendor-grant <maker> …
  thingmoot motion open vendor-admit --help`

/** Builds the program; commander's own ends are thrown. */
export function createLoadProgram(run: (wish: LoadWish) => Promise<void>): Command {
  return new Command('thingmoot load')
    .description('Pours signed device messages into a running network, as fast as it takes them')
    .helpOption('-h, --help', 'print this help')
    .exitOverride()
    .configureOutput({
      outputError: (text, write) => write(text.replace(/^error:/, 'thingmoot:'))
    })
    .option('--url <url>', 'a node that is to take messages; repeat for several', gather)
    .option('--maker <dir>', 'keys of a maker that the network has granted births', gather)
    .option('--genesis <file>', "the network's genesis (default: what the first node says it is)")
    .option('--maker-seeds <hex,…>', 'seeds of makers that never acted here, instead of --maker')
    .option('--devices <number>', 'devices that are registered and speak', '64')
    .option('--messages <number>', 'messages that each device signs before', '200')
    .option('--inflight <number>', 'requests under way at each node', '4')
    .option('--seconds <number>', 'how long it pours', '20')
    .option('--rate <number>', 'messages a second, whatever becomes of them (default: no limit)')
    .option('--depth <number>', 'messages of one device in a request', '1')
    .option('--batch <number>', 'messages in a request', String(BATCH_DEFAULT))
    .option('--class-rate <number>', 'with --maker-seeds: units an hour granted to each class')
    .option('--taken <file>', 'write the ids of what was taken there, 32 bytes each')
    .option('--await-go', 'when all is signed say "ready" and wait for a line on standard input')
    .option('--json', 'print nothing but the JSON line')
    .option('--verbose', 'with an error, show where in the program it arose')
    .addHelpText('after', HELP)
    .action((flags: Flags) => run(readFlags(flags)))
}

/**
 * Judges the flags.
 *
 * @throws NodeError USAGE_WRONG
 */
function readFlags(flags: Flags): LoadWish {
  const { url: urls = [], maker: makerFolders = [], genesis, taken } = flags
  const makerSeeds = flags.makerSeeds?.split(',').map(parseSeed) ?? []
  if (urls.length === 0 || urls.length > URLS_MAX)
    throw usage(`--url: name 1 to ${URLS_MAX} nodes, such as http://127.0.0.1:8080`)
  for (const url of urls)
    if (!/^https?:\/\//.test(url) || !URL.canParse(url))
      throw usage(`--url: "${url}" is not an address like http://127.0.0.1:8080`)
  const makers = makerFolders.length + makerSeeds.length
  if (makers === 0 || makers > MAKERS_MAX || (makerFolders.length > 0 && makerSeeds.length > 0))
    throw usage(`name 1 to ${MAKERS_MAX} makers, by --maker or by --maker-seeds; see --help`)
  const devices = within(flags.devices, '--devices', [1, 100_000])
  const messages = within(flags.messages, '--messages', [1, 1_000_000])
  if (devices * messages > SIGNED_MAX)
    throw usage(`--devices × --messages: no more than ${SIGNED_MAX} are signed at once`)
  return {
    urls: urls.map((url) => url.replace(/\/+$/, '')),
    genesis,
    makerFolders,
    makerSeeds,
    devices,
    messages,
    inflight: within(flags.inflight, '--inflight', [1, 32]),
    seconds: within(flags.seconds, '--seconds', [1, 86_400]),
    rate: maybe(flags.rate, (text) => within(text, '--rate', [1, 1_000_000])),
    depth: within(flags.depth, '--depth', [1, 64]),
    batch: within(flags.batch, '--batch', [1, BATCH_MAX]),
    classRate: maybe(flags.classRate, (text) => within(text, '--class-rate', [1, 10_000_000])),
    taken,
    awaitsGo: flags.awaitGo === true,
    isJson: flags.json === true
  }
}

function maybe<Value>(text: string | undefined, read: (text: string) => Value): Value | undefined {
  return text === undefined ? undefined : read(text)
}

function parseSeed(text: string): Uint8Array {
  const seed = fromHex(text)
  if (seed?.length !== SEED_BYTES) throw usage('--maker-seeds: each is 32 bytes in hexadecimal')
  return seed
}

function within(text: string, name: string, [min, max]: readonly [number, number]): number {
  const value = parseCount(text, name)
  if (value < min || value > max) throw usage(`${name}: ${value} is not within ${min} to ${max}`)
  return value
}
