/**
 * `thingmoot token`: makes, lists and revokes what opens a node's API.
 *
 * @module
 */

import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import type { Command } from 'commander'
import { toHex } from '../../protocol/index.ts'
import { isScopable, ROLES, type Role } from '../api/access/role.ts'
import {
  createToken,
  RATE_CLASSES,
  TOKEN_BYTES,
  TOKEN_DEVICES_MAX,
  type TokenRecord
} from '../api/access/token.ts'
import { readTokens, TOKENS_MAX, tokenFileOf, writeTokens } from '../api/access/token-file.ts'
import { systemClock } from '../clock.ts'
import { NodeError } from '../errors.ts'
import {
  addCommand,
  type CommandPorts,
  type CommonOptions,
  gather,
  parseDurationMs,
  parseHex,
  usage
} from './command.ts'
import { createOutput, table } from './output.ts'
import { addConfigOption, readSettings } from './settings.ts'

interface NewOptions extends CommonOptions {
  readonly role: string
  readonly device: readonly string[]
  readonly expires: string
  readonly rate: string
  readonly name: string
}

const NAME_LENGTH_MAX = 64
const DEVICE_ID_BYTES = 32
const NEVER = 'never'
const LIFE_MAX_MS = 3_650 * 86_400_000

/** Adds `token new`, `token list` and `token revoke`. */
export function addTokenCommand(program: Command, ports: CommandPorts): void {
  const group = program.command('token').description('make, list or revoke what opens the API')
  addConfigOption(addCommand(group, 'new', 'make a token and print it, this once'))
    .option('--role <role>', `one of ${ROLES.join(', ')}`, 'read')
    .option('--device <hex>', 'only for this device; repeat', gather, [])
    .option('--expires <time>', `after how long it ends, or ${NEVER}`, '90d')
    .option('--rate <class>', `one of ${RATE_CLASSES.join(', ')}`, 'normal')
    .option('--name <text>', 'whom it is for', '')
    .action((options: NewOptions) => makeToken(options, ports))
  addConfigOption(addCommand(group, 'list', 'the tokens of this node, without what opens')).action(
    (options: CommonOptions) => listTokens(options, ports)
  )
  addConfigOption(
    addCommand(group, 'revoke <id>', 'end a token, within a second also of a running node')
  ).action((id: string, options: CommonOptions) => revokeToken(id, options, ports))
}

async function makeToken(options: NewOptions, ports: CommandPorts): Promise<void> {
  const path = await findFile(options, ports)
  const wish = readWish(options)
  const tokens = await readTokens(path)
  if (tokens.length >= TOKENS_MAX)
    throw usage(`there are ${TOKENS_MAX} tokens already; revoke some first`)
  const { text, record } = createToken(wish, randomBytes(TOKEN_BYTES))
  await writeTokens(path, [...tokens, record])
  const output = createOutput(options, ports)
  output.answer({ json: { token: text, ...shown(record) }, lines: () => [text] })
  output.note(`✔ token ${record.id}, role ${record.role}; it is shown this once and kept nowhere`)
  output.note('  use: curl -H "Authorization: Bearer <token>" …')
}

async function listTokens(options: CommonOptions, ports: CommandPorts): Promise<void> {
  const tokens = await readTokens(await findFile(options, ports))
  createOutput(options, ports).answer({
    json: { tokens: tokens.map(shown) },
    lines: (paint) =>
      tokens.length === 0
        ? ['No tokens; make one with thingmoot token new.']
        : table(
            tokens.map((token) => [token.id, describe(token)]),
            paint
          )
  })
}

async function revokeToken(id: string, options: CommonOptions, ports: CommandPorts): Promise<void> {
  const path = await findFile(options, ports)
  const tokens = await readTokens(path)
  const left = tokens.filter((token) => token.id !== id)
  if (left.length === tokens.length)
    throw usage(`there is no token ${id}; see thingmoot token list`)
  await writeTokens(path, left)
  createOutput(options, ports).answer({
    json: { revoked: id },
    lines: () => [`Token ${id} opens nothing any more.`]
  })
}

async function findFile(options: CommonOptions, ports: CommandPorts): Promise<string> {
  const { config } = await readSettings(options, ports)
  const { dataDirectory } = config
  if (!existsSync(dataDirectory))
    throw new NodeError(
      'DATA_DIRECTORY_MISSING',
      `${dataDirectory}: no data directory; make one with thingmoot init`
    )
  return tokenFileOf(dataDirectory)
}

function readWish({
  role,
  device,
  expires,
  rate,
  name
}: NewOptions): Parameters<typeof createToken>[0] {
  const known = ROLES.find((one): one is Role => one === role)
  if (known === undefined) throw usage(`--role: "${role}" is none of ${ROLES.join(', ')}`)
  const rateClass = RATE_CLASSES.find((one) => one === rate)
  if (rateClass === undefined)
    throw usage(`--rate: "${rate}" is none of ${RATE_CLASSES.join(', ')}`)
  if (name.length > NAME_LENGTH_MAX) throw usage(`--name: at most ${NAME_LENGTH_MAX} characters`)
  if (device.length > TOKEN_DEVICES_MAX) throw usage(`--device: at most ${TOKEN_DEVICES_MAX}`)
  if (device.length > 0 && !isScopable(known))
    throw usage('--device: only tokens of role read or owner can be for some devices alone')
  const devices = device.map((hex) => toHex(parseHex(hex, DEVICE_ID_BYTES, '--device')))
  const createdAtMs = systemClock.timeMs()
  return {
    name,
    role: known,
    devices: devices.length === 0 ? null : devices,
    rateClass,
    createdAtMs,
    expiresAtMs: expires === NEVER ? null : createdAtMs + lifeMsOf(expires)
  }
}

function lifeMsOf(text: string): number {
  const lifeMs = parseDurationMs(text)
  if (lifeMs > LIFE_MAX_MS) throw usage(`--expires: at most 3650d, or say ${NEVER}`)
  return lifeMs
}

function shown({ hash: _, ...token }: TokenRecord): Omit<TokenRecord, 'hash'> {
  return token
}

function describe({ name, role, devices, rateClass, expiresAtMs }: TokenRecord): string {
  const isOver = expiresAtMs !== null && expiresAtMs <= systemClock.timeMs()
  const until =
    expiresAtMs === null ? 'without end' : `until ${new Date(expiresAtMs).toISOString()}`
  return [
    role,
    devices === null ? 'all devices' : `${devices.length} devices`,
    `${rateClass} rate`,
    isOver ? 'expired' : until,
    name
  ]
    .filter((part) => part !== '')
    .join(', ')
}
