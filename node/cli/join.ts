/**
 * `thingmoot join`: a node of a network that somebody else founded, from a bundle to a seat.
 *
 * With a bundle it makes the node, an observer. With --apply it asks the members for a seat, by the
 * running node; with --follow it tells how the question stands until it is decided.
 *
 * @module
 */

import { randomBytes } from 'node:crypto'
import { dirname, join } from 'node:path'
import type { Command } from 'commander'
import type { GenesisDocument } from '../../config/index.ts'
import { type JoinBundle, toHex } from '../../protocol/index.ts'
import { writeApplicationFile } from './application-file.ts'
import { type ApplyOptions, applyForSeat } from './apply.ts'
import { addCommand, type CommandPorts, gather, parseHex, usage } from './command.ts'
import { fileExists, readOptionalText, writeNewFile } from './files.ts'
import { type CreatedNode, chooseSettings, createNode, type InitOptions } from './init.ts'
import { addProtectionOptions, chosenProtection } from './keys.ts'
import { openBundle } from './open-bundle.ts'
import { count, createOutput, table } from './output.ts'
import { absolute, addSettingFlags, settingsFileOf } from './settings.ts'

interface JoinOptions extends InitOptions, ApplyOptions {
  readonly apply?: boolean
}

/** A node that was made from a bundle. */
interface JoinedNode {
  readonly settingsPath: string
  readonly dataDirectory: string
  readonly bundle: JoinBundle
  readonly created: CreatedNode
  /** Why there is no application.json; null when there is one. */
  readonly notApplying: string | null
}

const OPERATOR_ID_BYTES = 16

/** Adds `join`. */
export function addJoinCommand(program: Command, ports: CommandPorts): void {
  const command = addCommand(
    program,
    'join',
    'make a node of a network from a join bundle; later, ask its members for a seat'
  ).argument('[bundle]', 'file, link or link in a QR code that a member made with thingmoot bundle')
  addProtectionOptions(command)
    .option('--keys <dir>', 'take the keys that `keys new` made')
    .option('--region <name>', 'where the node stands, one of the regions of the network')
    .option('--endpoint <multiaddr>', 'where others reach it; repeat', gather, [])
    .option('--operator <hex>', 'operator id, 16 bytes (default: a fresh one)')
    .option('--apply', 'ask for a seat, by the node that runs on this data directory')
    .option('--proof <file>', "certificate in DER, this node's own first; repeat", gather, [])
    .option('--follow', 'tell how the application stands until it is decided')
    .option('--node <url>', 'node to hand the application to (default: the own one)')
    .option('--wait <span>', 'how long to wait until the application is final', '30s')
    .option('--dry-run', 'with --apply: show what would be sent, and send nothing')
  addSettingFlags(command).action((bundle: string | undefined, options: JoinOptions) =>
    bundle === undefined ? continueJoining(options, ports) : joinNetwork(bundle, options, ports)
  )
}

async function continueJoining(options: JoinOptions, ports: CommandPorts): Promise<void> {
  if (options.apply !== true && options.follow !== true)
    throw usage('name a bundle to begin with, or say --apply or --follow for a node that is there')
  await applyForSeat({ ...options, isApplying: options.apply === true }, ports)
}

async function joinNetwork(
  source: string,
  options: JoinOptions,
  ports: CommandPorts
): Promise<void> {
  if (options.apply === true || options.follow === true)
    throw usage('--apply and --follow come later: first the node must run and catch up')
  const { bundle, genesis } = await openBundle(source)
  const settingsPath = absolute(settingsFileOf(options, ports.environment))
  if ((await readOptionalText(settingsPath)) !== undefined) throw fileExists(settingsPath)
  const folder = dirname(settingsPath)
  const files = await writeNetworkFiles(folder, bundle)
  const { config, chosen } = chooseSettings({ ...options, ...files }, settingsPath, ports)
  const created = await createNode({
    settingsPath,
    config,
    chosen,
    keysFolder: options.keys,
    protection: await chosenProtection(options, config.keys.passphraseFile)
  })
  const { dataDirectory } = config
  const notApplying = await prepareApplication(options, { genesis, created, dataDirectory })
  report({ settingsPath, dataDirectory, bundle, created, notApplying }, options, ports)
}

/** Beside the settings: both belong to the network, and no other node of this machine is hurt. */
async function writeNetworkFiles(
  folder: string,
  { networkId, genesisDocument, addresses }: JoinBundle
): Promise<{ readonly genesis: string; readonly networkBootstrapFile?: string }> {
  const genesis = join(folder, 'genesis.json')
  await keepFile(genesis, genesisDocument)
  if (addresses.length === 0) return { genesis }
  const networkBootstrapFile = join(folder, 'bootstrap.json')
  await keepFile(
    networkBootstrapFile,
    `${JSON.stringify({ networkId, addresses }, undefined, 2)}\n`
  )
  return { genesis, networkBootstrapFile }
}

/** A file that says the same already is left from a run that came to no end. */
async function keepFile(path: string, content: string): Promise<void> {
  const present = await readOptionalText(path)
  if (present === undefined) await writeNewFile({ path, content })
  else if (present !== content) throw fileExists(path)
}

async function prepareApplication(
  options: JoinOptions,
  {
    genesis,
    created,
    dataDirectory
  }: {
    readonly genesis: GenesisDocument
    readonly created: CreatedNode
    readonly dataDirectory: string
  }
): Promise<string | null> {
  const [only] = genesis.regions
  const region = options.region ?? (genesis.regions.length === 1 ? only : undefined)
  if (region === undefined) return `say where it stands: --region ${genesis.regions.join('|')}`
  if (created.recoveryKeyHash === null) return 'the recovery key is not among the keys'
  const operatorId =
    options.operator === undefined
      ? new Uint8Array(randomBytes(OPERATOR_ID_BYTES))
      : parseHex(options.operator, OPERATOR_ID_BYTES, '--operator')
  await writeApplicationFile(dataDirectory, {
    region,
    endpoints: options.endpoint,
    operatorId: toHex(operatorId),
    recoveryKeyHash: toHex(created.recoveryKeyHash),
    proofs: []
  })
  return null
}

function report(
  { settingsPath, dataDirectory, bundle, created, notApplying }: JoinedNode,
  options: JoinOptions,
  ports: CommandPorts
): void {
  const { networkId, epoch, addresses } = bundle
  createOutput(options, ports).answer({
    json: { settingsFile: settingsPath, dataDirectory, epoch, addresses, ...created },
    lines: (paint) => [
      `${paint.green('✔')} a node of ${networkId}, which was in epoch ${epoch} when the bundle was made`,
      ...table(
        [
          ['settings', settingsPath],
          ['data', dataDirectory],
          ['node id', toHex(created.nodeId)],
          ['genesis', created.genesisHash],
          ['calls first', count(addresses.length, 'address')]
        ],
        paint
      ),
      `Compare the genesis hash with somebody of ${networkId} whom you trust: the bundle is signed by nobody.`,
      ...(addresses.length === 0
        ? [
            `${paint.yellow('!')} The bundle names nobody to call: set network.bootstrap before the start.`
          ]
        : []),
      `Next: thingmoot start --config ${settingsPath}`,
      'It follows the network as an observer; no seat is asked for by itself. Once it is ready:',
      `  thingmoot join --apply --follow --config ${settingsPath}`,
      ...(notApplying === null ? [] : [`  ${paint.yellow('!')} and ${notApplying}`]),
      'Then keep recovery.key elsewhere; this node does not need it to run.'
    ]
  })
}
