/**
 * `thingmoot keys`: makes the keys of a node, and lists those of a data directory.
 *
 * @module
 */

import { randomBytes } from 'node:crypto'
import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Command } from 'commander'
import { NodeError } from '../errors.ts'
import {
  createNodeKeys,
  keyPairOf,
  type NewNodeKeys,
  RECOVERY_KEY_FILE,
  readProtection,
  writeNodeKeys
} from '../node-keys.ts'
import { dataPaths } from '../storage/data-directory.ts'
import { hasErrno, writeFailure } from '../storage/disk-errors.ts'
import { IDENTITY_KEY_FILE, type KeyProtection, readKeyFile } from '../storage/key-file.ts'
import {
  addCommand,
  type CommandPorts,
  type CommonOptions,
  gather,
  parseCount,
  parseHex,
  usage
} from './command.ts'
import { fileExists, writeNewFile } from './files.ts'
import { type FounderPlace, founderOf, founderToFields } from './founder.ts'
import { createOutput, table, toJson } from './output.ts'
import { absolute, addConfigOption, readSettings } from './settings.ts'

/** How keys that are made now shall be protected. */
export interface ProtectionOptions {
  readonly passphraseFile?: string
  readonly plainKeys?: boolean
}

interface NewOptions extends CommonOptions, ProtectionOptions {
  readonly out: string
  readonly region: string
  readonly weight: string
  readonly operator?: string
  readonly endpoint: readonly string[]
}

interface ListOptions extends CommonOptions {
  readonly keys?: string
  readonly passphraseFile?: string
}

/** One key file as it is listed. */
interface ListedKey {
  readonly file: string
  readonly publicKey: Uint8Array
}

const FOLDER_MODE = 0o700
const OPERATOR_ID_BYTES = 16
const KEY_FILE = /^(identity|recovery|vote-\d+)\.key$/
const FOUNDER_FILE = 'founder.json'

/** Adds `keys new` and `keys list`. */
export function addKeysCommand(program: Command, ports: CommandPorts): void {
  const group = program.command('keys').description('make or list the keys of a node')
  addProtectionOptions(
    addCommand(group, 'new', 'make the keys of a node and print their public part for a genesis')
  )
    .requiredOption('--out <dir>', 'folder to make for the keys')
    .option('--region <name>', 'where the node stands', 'local')
    .option('--weight <number>', 'its weight in votes', '1')
    .option('--operator <hex>', 'operator id, 16 bytes (default: a fresh one)')
    .option('--endpoint <address>', 'where it is reached; repeat', gather, [])
    .action((options: NewOptions) => makeKeys(options, ports))
  addConfigOption(addCommand(group, 'list', 'the keys of this node, their public part'))
    .option('--keys <dir>', 'folder of keys (default: that of the data directory)')
    .option('--passphrase-file <file>', 'file with the passphrase of the keys')
    .action((options: ListOptions) => listKeys(options, ports))
}

/** Adds the two ways of protecting new keys. */
export function addProtectionOptions(command: Command): Command {
  return command
    .option('--passphrase-file <file>', 'encrypt the keys (age) under the passphrase in this file')
    .option('--plain-keys', 'leave the keys unencrypted, for test networks')
}

/**
 * The protection that was asked for; leaving keys open must be said.
 *
 * @throws NodeError USAGE_WRONG or KEY_FILE_WRONG
 */
export async function chosenProtection(
  { plainKeys = false }: ProtectionOptions,
  passphraseFile: string | null
): Promise<KeyProtection> {
  if (passphraseFile !== null && plainKeys)
    throw usage('--plain-keys and a passphrase file exclude each other')
  if (passphraseFile === null && !plainKeys)
    throw usage('say how the keys are kept: --passphrase-file <file>, or --plain-keys for a test')
  return readProtection(passphraseFile)
}

/**
 * Makes the keys of a node in a folder of their own, with `founder.json` beside them.
 *
 * @throws NodeError FILE_EXISTS, DISK_FULL or DISK_WRITE_FAILED
 */
export async function createKeyFolder(
  folder: string,
  place: FounderPlace,
  protection: KeyProtection
): Promise<NewNodeKeys> {
  await makeKeyFolder(folder)
  const keys = createNodeKeys()
  await writeNodeKeys(folder, keys, protection)
  const content = `${toJson(founderToFields(founderOf(keys, place)))}\n`
  await writeNewFile({ path: join(folder, FOUNDER_FILE), content })
  return keys
}

/**
 * Reads all keys that `keys new` made; the recovery key may have been taken away since.
 *
 * @throws NodeError KEY_FILE_WRONG
 */
async function listKeyFiles(
  folder: string,
  protection: KeyProtection
): Promise<readonly ListedKey[]> {
  const names = await readdir(folder).catch((error) => {
    throw new NodeError('KEY_FILE_WRONG', `${folder}: the key folder cannot be read`, {
      cause: error
    })
  })
  const listed: ListedKey[] = []
  for (const file of names.filter((name) => KEY_FILE.test(name)).toSorted()) {
    const seed = await readKeyFile({ path: join(folder, file), protection })
    listed.push({ file, publicKey: keyPairOf(seed).publicKey })
  }
  return listed
}

async function makeKeys(options: NewOptions, ports: CommandPorts): Promise<void> {
  const protection = await chosenProtection(options, options.passphraseFile ?? null)
  const place: FounderPlace = {
    operatorId:
      options.operator === undefined
        ? new Uint8Array(randomBytes(OPERATOR_ID_BYTES))
        : parseHex(options.operator, OPERATOR_ID_BYTES, '--operator'),
    region: options.region,
    weight: parseCount(options.weight, '--weight'),
    endpoints: options.endpoint
  }
  const folder = absolute(options.out)
  const fields = founderToFields(founderOf(await createKeyFolder(folder, place, protection), place))
  const output = createOutput(options, ports)
  // The public part alone goes to stdout, so that it can be piped into a file as it is.
  output.answer({ json: fields, lines: () => [toJson(fields)] })
  output.note(`✔ keys in ${folder}; what stands above is also in ${join(folder, FOUNDER_FILE)}`)
  output.note(`  keep ${RECOVERY_KEY_FILE} off this machine: it is only for recovering the seat`)
  output.note(`  next: thingmoot genesis create --founder ${join(folder, FOUNDER_FILE)} …`)
}

async function listKeys(options: ListOptions, ports: CommandPorts): Promise<void> {
  const { config } = await readSettings(options, ports)
  const folder = options.keys ?? dataPaths(config.dataDirectory).keys
  const protection = await readProtection(options.passphraseFile ?? config.keys.passphraseFile)
  const listed = await listKeyFiles(folder, protection)
  createOutput(options, ports).answer({
    json: { folder, protection: protection.kind, keys: listed },
    lines: (paint) => [
      `${folder}: ${protection.kind === 'plain' ? 'not encrypted' : 'encrypted'}`,
      ...table(
        listed.map(({ file, publicKey }) => [
          file,
          `${Buffer.from(publicKey).toString('hex')}  ${paint.dim(purposeOf(file))}`
        ]),
        paint
      )
    ]
  })
}

async function makeKeyFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: FOLDER_MODE })
  } catch (error) {
    if (hasErrno(error, 'EEXIST')) throw fileExists(folder)
    throw writeFailure(folder, error)
  }
  const names = await readdir(folder).catch((error) => {
    throw writeFailure(folder, error)
  })
  const [found] = names.filter((name) => KEY_FILE.test(name) || name === FOUNDER_FILE)
  if (found !== undefined) throw fileExists(join(folder, found))
}

function purposeOf(file: string): string {
  if (file === IDENTITY_KEY_FILE) return 'the node itself'
  if (file === RECOVERY_KEY_FILE) return 'recovers the seat; keep it elsewhere'
  return `votes in epoch ${/\d+/.exec(file)?.[0] ?? '?'}`
}
