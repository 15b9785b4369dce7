/**
 * `thingmoot genesis create`: founders, grants and parameters into one genesis file.
 *
 * @module
 */

import type { Command } from 'commander'
import { formatGenesis, type GenesisDocument, parseGenesis } from '../../config/index.ts'
import {
  type Genesis,
  type GenesisMember,
  genesisHashOf,
  PARAMETERS,
  type Parameters,
  plainTrustPolicy,
  toHex,
  type VendorGrant
} from '../../protocol/index.ts'
import {
  addCommand,
  type CommandPorts,
  type CommonOptions,
  gather,
  parseCount,
  parseHex,
  usage
} from './command.ts'
import { readNamedFile, writeNewFile } from './files.ts'
import { parseFounder } from './founder.ts'
import { count, createOutput, table } from './output.ts'
import { absolute, readGenesis } from './settings.ts'

/** What a new network starts from. */
export interface NewGenesis {
  readonly networkId: string
  readonly founders: readonly GenesisMember[]
  readonly vendorGrants: readonly VendorGrant[]
  /** Those that shall not have their default. */
  readonly parameters: Partial<Parameters>
  readonly faultModel: 'byzantine' | 'crash'
  readonly trust: Genesis['trust']
  readonly timeMs: number
  /** Beside the regions of the founders. */
  readonly regions: readonly string[]
}

/** A genesis file that was written. */
export interface CreatedGenesis {
  readonly genesis: GenesisDocument
  /** Lower-case hexadecimal. */
  readonly genesisHash: string
}

interface CreateOptions extends CommonOptions {
  readonly network: string
  readonly founder: readonly string[]
  readonly vendorGrant: readonly string[]
  readonly parameter: readonly string[]
  readonly region: readonly string[]
  readonly faultModel: string
  readonly trustModel: string
  readonly time?: string
  readonly out: string
}

const VENDOR_ID_BYTES = 32
/** Enough for a maker of a pilot: births, claims per day, units of 256 bytes per hour. */
const GRANT_DEFAULTS = { births: 10_000, claims: 1000, rate: 100_000 } as const

/** Adds `genesis create` and `genesis show`. */
export function addGenesisCommand(program: Command, ports: CommandPorts): void {
  const group = program.command('genesis').description('make or read the genesis of a network')
  addCommand(group, 'create', 'write the genesis file of a new network')
    .requiredOption('--network <id>', 'name of the network, of a-z, 0-9 and -')
    .requiredOption(
      '--founder <file>',
      'founder, as `keys new` printed it; repeat for each',
      gather
    )
    .option(
      '--vendor-grant <grant>',
      'what a maker may do: <vendorId>[,births=<n>][,claims=<n a day>][,rate=<units an hour>]; repeat',
      gather,
      []
    )
    .option(
      '--parameter <name=value>',
      'a parameter that shall not have its default; repeat',
      gather,
      []
    )
    .option('--region <name>', "a region beside the founders'; repeat", gather, [])
    .option('--fault-model <model>', 'byzantine or crash', 'byzantine')
    .option('--trust-model <model>', 'open-vote, vouch, anchored or hybrid', 'open-vote')
    .option('--time <iso>', 'when it begins (default: now)')
    .requiredOption('--out <file>', 'where to write it')
    .action((options: CreateOptions) => create(options, ports))
  addCommand(group, 'show', 'what a genesis file says, and its hash')
    .argument('<file>')
    .action((file: string, options: CommonOptions) => show(file, options, ports))
}

/**
 * Writes a genesis file that {@link parseGenesis} accepts. An existing file is not overwritten.
 *
 * @throws ConfigError GENESIS_WRONG, NodeError FILE_EXISTS, DISK_FULL or DISK_WRITE_FAILED
 */
export async function createGenesisFile(
  path: string,
  options: NewGenesis
): Promise<CreatedGenesis> {
  const { networkId, founders, vendorGrants, faultModel, trust, timeMs } = options
  const defaults = Object.fromEntries(PARAMETERS.map(({ name, default: value }) => [name, value]))
  const text = formatGenesis({
    networkId,
    timeMs,
    faultModel,
    trust,
    vendorTrust: plainTrustPolicy('open-vote'),
    parameters: { ...(defaults as Parameters), ...options.parameters },
    members: founders,
    vendorGrants,
    regions: [...new Set([...founders.map(({ region }) => region), ...options.regions])].toSorted()
  })
  const genesis = parseGenesis(text, path)
  await writeNewFile({ path, content: text })
  return { genesis, genesisHash: toHex(genesisHashOf(genesis)) }
}

async function create(options: CreateOptions, ports: CommandPorts): Promise<void> {
  const founders: GenesisMember[] = []
  for (const path of options.founder)
    founders.push(parseFounder(new TextDecoder().decode(await readNamedFile(path)), path))
  const out = absolute(options.out)
  const { genesis, genesisHash } = await createGenesisFile(out, {
    networkId: options.network,
    founders,
    vendorGrants: options.vendorGrant.map(parseGrant),
    parameters: Object.fromEntries(options.parameter.map(parseParameter)),
    // what is no model is named by the judge of the genesis
    faultModel: options.faultModel as GenesisDocument['faultModel'],
    trust: plainTrustPolicy(options.trustModel as 'open-vote' | 'vouch' | 'anchored'),
    timeMs: options.time === undefined ? Date.now() : parseTime(options.time),
    regions: options.region
  })
  createOutput(options, ports).answer({
    json: { path: out, networkId: genesis.networkId, genesisHash, members: founders.length },
    lines: (paint) => [
      `${paint.green('✔')} ${out}: network ${genesis.networkId} of ${count(founders.length, 'member')}`,
      `  genesis hash ${genesisHash}`,
      `Give this file to every operator. Then: thingmoot init --genesis ${out} --keys <dir>`
    ]
  })
}

async function show(path: string, options: CommonOptions, ports: CommandPorts): Promise<void> {
  const { genesis, genesisHash } = await readGenesis(path)
  createOutput(options, ports).answer({
    json: { ...genesis, genesisHash },
    lines: (paint) => [
      `Network ${genesis.networkId} begins ${new Date(genesis.timeMs).toISOString()} with ${count(genesis.members.length, 'member')}.`,
      ...table(
        [
          ['genesis hash', genesisHash],
          ['fault model', genesis.faultModel],
          ['regions', genesis.regions.join(', ')],
          ...genesis.members.map(({ memberId, region, weight }): [string, string] => [
            'member',
            `${toHex(memberId)} in ${region}, weight ${weight}`
          ]),
          ...genesis.vendorGrants.map(({ vendorId, birthCap }): [string, string] => [
            'maker',
            `${toHex(vendorId)}, up to ${count(birthCap, 'birth')}`
          ])
        ],
        paint
      )
    ]
  })
}

function parseGrant(text: string): VendorGrant {
  const [id = '', ...parts] = text.split(',')
  const numbers: Record<keyof typeof GRANT_DEFAULTS, number> = { ...GRANT_DEFAULTS }
  for (const part of parts) {
    const [name = '', value = ''] = part.split('=')
    if (!(name in numbers))
      throw usage(`--vendor-grant: "${name}" is unknown, there are births, claims and rate`)
    numbers[name as keyof typeof GRANT_DEFAULTS] = parseCount(value, `--vendor-grant ${name}`)
  }
  return {
    vendorId: parseHex(id, VENDOR_ID_BYTES, '--vendor-grant'),
    birthCap: numbers.births,
    claimsPerDay: numbers.claims,
    rateUnitsPerHour: numbers.rate
  }
}

function parseParameter(text: string): [string, number] {
  const [name = '', value = ''] = text.split('=')
  if (!PARAMETERS.some((parameter) => parameter.name === name))
    throw usage(`--parameter: "${name}" is no parameter of a network`)
  return [name, parseCount(value, `--parameter ${name}`)]
}

function parseTime(text: string): number {
  const timeMs = Date.parse(text)
  if (!Number.isSafeInteger(timeMs)) throw usage(`--time: "${text}" is no time`)
  return timeMs
}
