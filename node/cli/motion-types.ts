/**
 * The types of motions on the command line: one subcommand for each, with its argument.
 *
 * @module
 */

import { type Command, Option } from 'commander'
import {
  contentHash,
  MEMBER_PROOFS_MAX,
  type Motion,
  PARAMETERS,
  type TrustPolicy,
  type TrustRoot
} from '../../protocol/index.ts'
import {
  addCommand,
  type CommonOptions,
  gather,
  parseCount,
  parseDurationMs,
  parseHex,
  usage
} from './command.ts'
import { readNamedFile } from './files.ts'
import type { GovernanceReader } from './governance-answers.ts'
import { idBytes, resolveId } from './short-id.ts'
import { parsePolicy, parseRoot } from './trust-options.ts'

/** Builds the motion that a command line asks for; the node is asked what abbreviated ids mean. */
export type MotionBuilder = (governance: GovernanceReader) => Promise<Motion>

interface MotionOptions extends CommonOptions {
  readonly reason?: string
  readonly large?: boolean
  readonly subject?: string
  readonly root?: readonly string[]
  readonly way?: readonly string[]
  readonly renewBy?: string
  readonly atHeight?: string
  readonly births?: string
  readonly claims?: string
  readonly rate?: string
  readonly proof?: readonly string[]
}

/** What a subcommand does with the motion of its line. */
export type MotionHandler<Options> = (build: MotionBuilder, options: Options) => Promise<void>

const ID_BYTES = 32
const NO_HASH = new Uint8Array(ID_BYTES)
const RENEW_BY_DEFAULT = '30d'

/** Adds a subcommand for every type of motion. */
export function addMotionTypes<Options extends CommonOptions>(
  group: Command,
  prepare: (command: Command) => Command,
  handle: MotionHandler<Options>
): void {
  const add = (
    [name, ...places]: readonly [string, ...string[]],
    description: string,
    build: (places: readonly string[], options: MotionOptions) => MotionBuilder
  ): Command => {
    const command = prepare(addCommand(group, name, description))
    for (const place of places) command.argument(place)
    return command.action((...given: unknown[]) => {
      const options = given[places.length] as Options & MotionOptions
      const texts = given.slice(0, places.length).flat() as string[]
      return handle(build(texts, options), options)
    })
  }
  addMemberMotions(add)
  addRuleMotions(add)
  addVendorMotions(add)
}

type Adder = (
  words: readonly [string, ...string[]],
  description: string,
  build: (places: readonly string[], options: MotionOptions) => MotionBuilder
) => Command

function addMemberMotions(add: Adder): void {
  add(['admit', '<application>'], 'seat whoever made an application', ([id = '']) => {
    return async (governance) => {
      const known = (await governance.applications()).map((one) => one.applicationId)
      const applicationId = idBytes(resolveId(id, known, 'open application'))
      return { type: 'admit', applicationId }
    }
  })
  add(['remove', '<member>'], 'take a member its seat', ([id = ''], { reason }) => {
    return async (governance) => ({
      type: 'remove',
      memberId: await memberOf(id, governance),
      reasonHash: hashReason(reason)
    })
  }).option('--reason <text>', 'why; only its hash is put on the ledger')
  add(['reweigh', '<member=weight...>'], 'change weights', (texts, { large = false }) => {
    return async (governance) => {
      const weights = []
      for (const text of texts) {
        const [id = '', weight = ''] = text.split('=')
        const memberId = await memberOf(id, governance)
        weights.push({ memberId, weight: parseCount(weight, text) })
      }
      return { type: 'reweigh', weights, isLargeMeant: large }
    }
  }).option('--large', 'shares and changes above a third are meant')
}

function addRuleMotions(add: Adder): void {
  add(['change-parameter', '<name=value>'], 'change a parameter', ([text = '']) => {
    const [name = '', value = ''] = text.split('=')
    const number = PARAMETERS.findIndex((parameter) => parameter.name === name)
    if (number < 0) throw usage(`"${name}" is no parameter of a network`)
    const motion = { type: 'change-parameter', number, value: parseCount(value, name) } as const
    return async () => motion
  })
  add(['change-fault-model', '<model>'], 'byzantine or crash', ([faultModel]) => {
    if (faultModel !== 'byzantine' && faultModel !== 'crash')
      throw usage(`"${faultModel}" is no fault model: there are byzantine and crash`)
    return async () => ({ type: 'change-fault-model', faultModel })
  })
  add(
    ['change-trust-model', '<model>'],
    'open-vote, vouch, anchored or hybrid',
    ([model = ''], options) => {
      const policy = policyOf(model, options)
      const { subject = 'members' } = options
      if (subject !== 'members' && subject !== 'vendors')
        throw usage(`--subject: "${subject}" is unknown, there are members and vendors`)
      const renewByMs = momentOf(options.renewBy ?? RENEW_BY_DEFAULT)
      return async () => ({ type: 'change-trust-model', subject, policy, renewByMs })
    }
  )
    .addOption(new Option('--subject <who>', 'members or vendors').default('members'))
    .option('--root <key:quota>', 'root of certificates in hexadecimal; repeat', gather, [])
    .option(
      '--way <models>',
      'of a hybrid: models that are needed together, a+b; repeat',
      gather,
      []
    )
    .option('--renew-by <when>', 'how long the seated may take, or a time', RENEW_BY_DEFAULT)
  add(['upgrade', '<version>'], 'agree on a version of the rules', ([text = ''], options) => {
    if (options.atHeight === undefined) throw usage('say from which height on: --at-height <n>')
    const activationHeight = parseCount(options.atHeight, '--at-height')
    const protocolVersion = parseCount(text, 'version')
    return async () => ({ type: 'upgrade', protocolVersion, activationHeight })
  }).option('--at-height <height>', 'from which height on')
}

function addVendorMotions(add: Adder): void {
  add(['vendor-admit', '<vendor>'], 'grant a maker its share', ([id = ''], options) => {
    const terms = {
      vendorId: parseHex(id, ID_BYTES, 'vendor'),
      birthCap: parseCount(options.births ?? '', '--births'),
      claimsPerDay: parseCount(options.claims ?? '', '--claims'),
      rateUnitsPerHour: parseCount(options.rate ?? '', '--rate')
    }
    return async () => {
      const proofs = await readProofs(options.proof ?? [])
      return { type: 'vendor-admit', ...terms, proofs }
    }
  })
    .option('--births <n>', 'births in all', '10000')
    .option('--claims <n>', 'claims a day', '1000')
    .option('--rate <n>', 'units of 256 bytes an hour', '100000')
    .option('--proof <file>', "certificate in DER, the maker's own first; repeat", gather, [])
  add(['vendor-remove', '<vendor>'], 'take a maker its share', ([id = '']) => {
    const vendorId = parseHex(id, ID_BYTES, 'vendor')
    return async () => ({ type: 'vendor-remove', vendorId })
  })
  add(['birth-revoke', '<batch>'], 'end every device of a birth batch', ([id = ''], { reason }) => {
    const birthBatchId = parseHex(id, ID_BYTES, 'batch')
    return async () => ({ type: 'birth-revoke', birthBatchId, reasonHash: hashReason(reason) })
  }).option('--reason <text>', 'why; only its hash is put on the ledger')
}

/** Why something is asked for: the ledger knows a hash alone. */
function hashReason(reason: string | undefined): Uint8Array {
  return reason === undefined ? NO_HASH : contentHash(new TextEncoder().encode(reason))
}

/**
 * Reads certificates in the order in which they are named.
 *
 * @throws NodeError USAGE_WRONG
 */
export async function readProofs(paths: readonly string[]): Promise<readonly Uint8Array[]> {
  if (paths.length > MEMBER_PROOFS_MAX)
    throw usage(`--proof: at most ${MEMBER_PROOFS_MAX} certificates can be shown`)
  const proofs: Uint8Array[] = []
  for (const path of paths) proofs.push(await readNamedFile(path))
  return proofs
}

async function memberOf(text: string, governance: GovernanceReader): Promise<Uint8Array> {
  const known = (await governance.overview()).members.map(({ memberId }) => memberId)
  return idBytes(resolveId(text, known, 'member'))
}

function policyOf(model: string, { way = [], root = [] }: MotionOptions): TrustPolicy {
  const roots: TrustRoot[] = root.map(parseRoot)
  return parsePolicy(model, way, roots)
}

/** A moment: a time in ISO 8601, or so long from now. */
function momentOf(text: string): number {
  const timeMs = /^\d{4}-/.test(text) ? Date.parse(text) : Date.now() + parseDurationMs(text)
  if (!Number.isSafeInteger(timeMs)) throw usage(`"${text}" is no time`)
  return timeMs
}
