/**
 * `thingmoot init`: a settings file and a data directory with keys, made once.
 *
 * Whatever could be refused is judged before anything is written, and nothing
 * that exists is overwritten; the settings file comes last, so that a node
 * with settings is a whole one.
 *
 * @module
 */

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { type Config, type GenesisDocument, loadConfig } from '../../config/index.ts'
import { equalBytes, keyHash } from '../../protocol/index.ts'
import { NodeError } from '../errors.ts'
import {
  createNodeKeys,
  fingerprintOf,
  type KeyPair,
  keyPairOf,
  type NodeKeys,
  RECOVERY_KEY_FILE,
  readNodeKeys,
  writeNodeKeys
} from '../node-keys.ts'
import { createDataDirectory, dataPaths } from '../storage/data-directory.ts'
import { type KeyProtection, readKeyFile } from '../storage/key-file.ts'
import { addCommand, type CommandPorts, type CommonOptions } from './command.ts'
import { fileExists, writeNewFile } from './files.ts'
import { addProtectionOptions, chosenProtection, type ProtectionOptions } from './keys.ts'
import { createOutput, type Output, table } from './output.ts'
import {
  absolute,
  addSettingFlags,
  readGenesis,
  settingFlagsOf,
  settingsFileOf
} from './settings.ts'
import { formatSettings } from './settings-file.ts'

/** What a new node is made from. */
export interface NewNode {
  /** Where the settings file shall be. */
  readonly settingsPath: string
  readonly config: Config
  /** The settings that the file shall name. */
  readonly chosen: ReadonlySet<string>
  /** A folder of keys that were made before; without one they are made now. */
  readonly keysFolder?: string | undefined
  readonly protection: KeyProtection
}

/** A node that was made. */
export interface CreatedNode {
  readonly nodeId: Uint8Array
  readonly fingerprint: string
  readonly networkId: string
  readonly genesisHash: string
  readonly role: 'member' | 'observer'
  /** Key hash of the recovery key; null when that was taken away before. */
  readonly recoveryKeyHash: Uint8Array | null
}

/** What may be said of a node that is made. */
export interface InitOptions extends CommonOptions, ProtectionOptions {
  readonly keys?: string
}

type KeysAtHand = NodeKeys & { readonly recovery: KeyPair | null }

/** Settings that a node's file always names, so that it means the same from anywhere. */
const ALWAYS: readonly string[] = ['genesis', 'dataDirectory']
const PATHS: readonly string[] = ['genesis', 'dataDirectory', 'network.bootstrapFile']

/** Adds `init`. */
export function addInitCommand(program: Command, ports: CommandPorts): void {
  const command = addCommand(
    program,
    'init',
    'make the settings, keys and data directory of a node'
  )
  addProtectionOptions(command).option('--keys <dir>', 'take the keys that `keys new` made')
  addSettingFlags(command).action((options: InitOptions) => init(options, ports))
}

/**
 * Makes a node: data directory, keys and settings file.
 *
 * @throws NodeError FILE_EXISTS, DATA_DIRECTORY_EXISTS, GENESIS_WRONG, KEY_FILE_WRONG or of the disk
 */
export async function createNode(options: NewNode): Promise<CreatedNode> {
  const { settingsPath, config, protection } = options
  if (existsSync(settingsPath)) throw fileExists(settingsPath)
  const { genesis, genesisHash } = await readGenesis(config.genesis, config.networkId)
  const keys = await takeKeys(options.keysFolder, protection)
  const role = judgeSeat(genesis, keys)
  const nodeId = keys.identity.publicKey
  const fingerprint = fingerprintOf(nodeId)
  const { networkId } = genesis
  await createDataDirectory(
    { path: config.dataDirectory, networkId, genesisHash, keyFingerprint: fingerprint },
    { writeKeys: (folder) => writeNodeKeys(folder, keys, protection) }
  )
  await writeNewFile({ path: settingsPath, content: formatSettings(config, options.chosen) })
  const recoveryKeyHash = keys.recovery && keyHash(keys.recovery.publicKey)
  return { nodeId, fingerprint, networkId, genesisHash, role, recoveryKeyHash }
}

async function init(options: InitOptions, ports: CommandPorts): Promise<void> {
  const values = options
  const settingsPath = absolute(settingsFileOf(values, ports.environment))
  const { config, chosen } = chooseSettings(options, settingsPath, ports)
  const created = await createNode({
    settingsPath,
    config,
    chosen,
    keysFolder: options.keys,
    protection: await chosenProtection(options, config.keys.passphraseFile)
  })
  report(createOutput(options, ports), { settingsPath, config, created })
}

/** The settings by environment and flags; a file there is none yet. */
export function chooseSettings(
  options: InitOptions,
  settingsPath: string,
  { environment }: CommandPorts
): { config: Config; chosen: ReadonlySet<string> } {
  const flags = settingFlagsOf(options)
  if (options.passphraseFile !== undefined) flags['keys.passphraseFile'] ??= options.passphraseFile
  const first = loadConfig({ filePath: settingsPath, fileText: undefined, environment, flags })
  const said = [...first.origins].filter(([, origin]) => origin !== 'default').map(([path]) => path)
  const chosen = new Set([...ALWAYS, ...said])
  for (const path of [...PATHS, 'keys.passphraseFile']) {
    const value = path
      .split('.')
      .reduce<unknown>((tree, key) => (tree as Record<string, unknown>)[key], first.config)
    // The file has its own folder: what counted from here would count from there.
    if (chosen.has(path) && typeof value === 'string') flags[path] = absolute(value)
  }
  const { config } = loadConfig({ filePath: settingsPath, fileText: undefined, environment, flags })
  return { config, chosen }
}

async function takeKeys(
  folder: string | undefined,
  protection: KeyProtection
): Promise<KeysAtHand> {
  if (folder === undefined) return createNodeKeys()
  const keys = await readNodeKeys(folder, protection)
  const path = join(folder, RECOVERY_KEY_FILE)
  const recovery = existsSync(path) ? keyPairOf(await readKeyFile({ path, protection })) : null
  return { ...keys, recovery }
}

/** Whether the network knows this node as a member, and then with this vote key. */
function judgeSeat(genesis: GenesisDocument, keys: KeysAtHand): CreatedNode['role'] {
  const own = keys.identity.publicKey
  const seat = genesis.members.find(({ memberId }) => equalBytes(memberId, own))
  if (seat === undefined) return 'observer'
  const voteKey = keys.voteKeys.get(0)?.publicKey
  if (voteKey === undefined || !equalBytes(voteKey, seat.voteKey))
    throw new NodeError(
      'KEY_FILE_WRONG',
      `vote-0.key is not the vote key that ${genesis.networkId} has for this member in its genesis`
    )
  return 'member'
}

function report(
  output: Output,
  made: {
    readonly settingsPath: string
    readonly config: Config
    readonly created: CreatedNode
  }
): void {
  const { settingsPath, config, created } = made
  const { dataDirectory } = config
  output.answer({
    json: { settingsFile: settingsPath, dataDirectory, ...created },
    lines: (paint) => [
      `${paint.green('✔')} a node of ${created.networkId}, as ${created.role}`,
      ...table(
        [
          ['settings', settingsPath],
          ['data', dataDirectory],
          ['keys', dataPaths(dataDirectory).keys],
          ['node id', Buffer.from(created.nodeId).toString('hex')],
          ['fingerprint', created.fingerprint]
        ],
        paint
      ),
      `Keep ${RECOVERY_KEY_FILE} elsewhere; this node does not need it to run.`,
      `Next: thingmoot start --config ${settingsPath}`
    ]
  })
}
