/**
 * Settings on the command line: a flag for each, and the way from file, environment and flags to
 * one Config.
 *
 * @module
 */

import { resolve } from 'node:path'
import { type Command, Option } from 'commander'
import {
  describeSettings,
  type Environment,
  type GenesisDocument,
  homePaths,
  type LoadedConfig,
  loadConfig,
  parseGenesis,
  type SettingDescription
} from '../../config/index.ts'
import { genesisHashOf, toHex } from '../../protocol/index.ts'
import { NodeError } from '../errors.ts'
import { readOptionalText } from './files.ts'

/** What reading the settings needs of the process. */
export interface SettingsPorts {
  readonly environment: Environment
}

/** Settings with the file they were looked for in. */
export interface ReadSettings extends LoadedConfig {
  readonly filePath: string
  readonly fileFound: boolean
}

/** A genesis with the hash that names its network. */
export interface ReadGenesis {
  readonly genesis: GenesisDocument
  /** Lower-case hexadecimal. */
  readonly genesisHash: string
}

/** Values of options by their names, as commander gives them. */
export type OptionValues = object

const CONFIG_OPTION = [
  '--config <file>',
  'settings file (default: $THINGMOOT_CONFIG or the usual place)'
] as const

/** Adds `--config`. */
export function addConfigOption(command: Command): Command {
  return command.option(...CONFIG_OPTION)
}

/** Adds `--config` and a flag for every setting. */
export function addSettingFlags(command: Command): Command {
  addConfigOption(command)
  for (const setting of describeSettings())
    command.addOption(
      new Option(`${setting.flag} <${placeholderOf(setting)}>`, meaningOf(setting)).helpGroup(
        'Settings:'
      )
    )
  return command
}

/** The values of the setting flags among a command's options, by the path of the setting. */
export function settingFlagsOf(options: OptionValues): Record<string, unknown> {
  const values = options as Readonly<Record<string, unknown>>
  const flags: Record<string, unknown> = {}
  for (const { path, flag } of describeSettings()) {
    const value = values[new Option(`${flag} <value>`).attributeName()]
    if (value !== undefined) flags[path] = value
  }
  return flags
}

/** Where the settings file is: named, or in the environment, or in its usual place. */
export function settingsFileOf(options: OptionValues, environment: Environment): string {
  const { THINGMOOT_CONFIG: ofEnvironment } = environment
  return namedFile(options) || ofEnvironment || homePaths(environment).settingsFile
}

/**
 * Reads the settings. A file that was named has to exist.
 *
 * @throws ConfigError, or NodeError CONFIGURATION_WRONG for a missing file
 */
export async function readSettings(
  options: OptionValues,
  { environment }: SettingsPorts
): Promise<ReadSettings> {
  const filePath = settingsFileOf(options, environment)
  const fileText = await readOptionalText(filePath)
  if (fileText === undefined && namedFile(options) !== undefined)
    throw new NodeError('CONFIGURATION_WRONG', `${filePath}: there is no such settings file`)
  const flags = settingFlagsOf(options)
  const loaded = loadConfig({ filePath, fileText, environment, flags })
  return { ...loaded, filePath, fileFound: fileText !== undefined }
}

/**
 * Reads the genesis file of a network.
 *
 * @throws ConfigError, or NodeError GENESIS_WRONG for a missing file or another network
 */
export async function readGenesis(
  path: string,
  networkId: string | null = null
): Promise<ReadGenesis> {
  const text = await readOptionalText(path)
  if (text === undefined)
    throw new NodeError(
      'GENESIS_WRONG',
      `${path}: there is no such genesis file; name the network's with --genesis`
    )
  const genesis = parseGenesis(text, path)
  if (networkId !== null && genesis.networkId !== networkId)
    throw new NodeError(
      'GENESIS_WRONG',
      `${path}: is the genesis of ${genesis.networkId}, the settings ask for ${networkId}`
    )
  return { genesis, genesisHash: toHex(genesisHashOf(genesis)) }
}

/**
 * The genesis that a command is about: named, or as the settings have it.
 *
 * @throws ConfigError, or NodeError GENESIS_WRONG
 */
export async function networkOf(
  options: OptionValues & { readonly genesis?: string },
  ports: SettingsPorts
): Promise<GenesisDocument> {
  if (options.genesis !== undefined) return (await readGenesis(options.genesis)).genesis
  const { config } = await readSettings(options, ports)
  return (await readGenesis(config.genesis, config.networkId)).genesis
}

function namedFile(options: OptionValues): string | undefined {
  return 'config' in options && typeof options.config === 'string' ? options.config : undefined
}

/** A path as it is from anywhere. */
export function absolute(path: string): string {
  return resolve(path)
}

function placeholderOf({ type, range }: SettingDescription): string {
  if (type.startsWith('boolean')) return 'true|false'
  if (type.startsWith('text') && range !== '') return range.replaceAll(', ', '|')
  return type.replace(' or null', '')
}

function meaningOf({ meaning, type, range, unit, default: value }: SettingDescription): string {
  const measure = type.startsWith('number') ? [range, unit].filter(Boolean).join(' ') : ''
  return `${meaning} (${[measure, `default ${value}`].filter(Boolean).join(', ')})`
}
