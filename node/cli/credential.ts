/**
 * `thingmoot credential`: claims about an owner, issued to it and shown by it to one verifier at a time.
 *
 * @module
 */

import type { Command } from 'commander'
import * as z from 'zod'
import {
  drawHolderJwk,
  judgeCredential,
  presentCredential,
  proveIssuerSheet,
  statusIndexOf,
  statusPartOf,
  systemRandomBytes
} from '../../client/index.ts'
import { fromHex, toHex } from '../../protocol/index.ts'
import { NodeError } from '../errors.ts'
import {
  addCommand,
  type CommandPorts,
  type CommonOptions,
  gather,
  parseHex,
  usage
} from './command.ts'
import { addCredentialIssuerCommands } from './credential-issuer.ts'
import { readNamedFile, writeNewFile } from './files.ts'
import { createOutput, table } from './output.ts'
import { absolute } from './settings.ts'
import { addLookOptions, addWalletOptions, type LookOptions, openLook } from './wallet-desk.ts'
import { type WalletPlace, withWallet } from './wallet-folder.ts'

interface AskOptions extends CommonOptions, WalletPlace {
  readonly out: string
}

interface PresentOptions extends CommonOptions, WalletPlace {
  readonly credential: string
  readonly sheet: string
  readonly list: string
  readonly show: readonly string[]
  readonly for: string
  readonly nonce: string
  readonly out: string
}

interface CheckOptions extends LookOptions {
  readonly for: string
  readonly nonce: string
  readonly type: string
  readonly issuer: string
}

const PRIVATE_MODE = 0o600
const SHOWN_BYTES_MAX = 262_144
const LIST_BYTES_MAX = 131_072

const hexText = z
  .string()
  .regex(/^([0-9a-f]{2})*$/)
  .max(64)

/** What a holder hands over: the presentation, and what proves of whom it is and that it still holds. */
const shownShape = z.strictObject({
  presentation: z.string(),
  sheet: z.string(),
  status: z.strictObject({ chunk: hexText, path: z.array(hexText).max(32) })
})

const FAULTS: Readonly<Record<string, string>> = {
  HOLDER_OTHER: 'the credential was issued to another wallet',
  CLAIM_UNKNOWN: 'the credential says nothing under that name',
  CREDENTIAL_MALFORMED: 'it is no credential',
  CREDENTIAL_FORGED: 'no key of the issuer signed it',
  CREDENTIAL_OF_OTHER_TYPE: 'it is a credential of another kind',
  CREDENTIAL_EXPIRED: 'its time is over',
  CREDENTIAL_NOT_YET: 'its time has not begun',
  CREDENTIAL_REVOKED: 'its issuer has revoked it',
  STATUS_UNPROVED: 'the list that came with it is not the one that the ledger knows',
  KEY_BINDING_WRONG: 'it was not shown by its holder',
  KEY_BINDING_OF_OTHER: 'it was shown to another verifier, for another nonce, or too long ago',
  ISSUER_SHEET_OTHER: 'the ledger knows another sheet of the issuer: the holder needs the newest',
  ISSUER_UNKNOWN: 'the ledger has no such issuer',
  ISSUER_REMOVED: 'the members have removed the issuer',
  ISSUER_SHEET_MALFORMED: 'it comes without the sheet of an issuer',
  LEDGER_STALE: 'the node answers with an old state: ask another node, or wait until it is back'
}

/** Adds `credential` and all that stands below it. */
export function addCredentialCommand(program: Command, ports: CommandPorts): void {
  const group = program
    .command('credential')
    .description('claims about an owner, shown by it to one verifier at a time')
  addWalletOptions(addCommand(group, 'ask', 'make the key of one credential to come'))
    .requiredOption('--out <file>', 'new file for the key, to hand to the issuer')
    .action((options: AskOptions) => ask(options, ports))
  addCredentialIssuerCommands(group, ports)
  addWalletOptions(addCommand(group, 'present', 'show some of a credential to one verifier'))
    .requiredOption('--credential <file>', 'the credential')
    .requiredOption('--sheet <file>', "its issuer's newest sheet")
    .requiredOption('--list <file>', "its issuer's newest list of revocations")
    .option('--show <name>', 'a claim to show; repeat, all others stay hidden', gather, [])
    .requiredOption('--for <verifier>', 'who asked: what is shown is worth nothing to others')
    .requiredOption('--nonce <text>', 'what the verifier drew')
    .requiredOption('--out <file>', 'new file to hand to the verifier')
    .action((options: PresentOptions) => present(options, ports))
  addLookOptions(addCommand(group, 'check', 'check what a holder shows'))
    .argument('<file>', 'what thingmoot credential present made')
    .requiredOption('--for <verifier>', 'how you are called')
    .requiredOption('--nonce <text>', 'what you drew; take each once only')
    .requiredOption('--type <uri>', 'the kind of credential that you want')
    .requiredOption('--issuer <id>', 'the issuer whose word you take: the id of a maker')
    .action((path: string, options: CheckOptions) => check(path, options, ports))
}

async function ask(options: AskOptions, ports: CommandPorts): Promise<void> {
  await withWallet(options, async (wallet) => {
    const jwk = drawHolderJwk(wallet.exported.seed, systemRandomBytes)
    const path = absolute(options.out)
    await writeNewFile({ path, content: `${JSON.stringify(jwk)}\n`, mode: PRIVATE_MODE })
    createOutput(options, ports).answer({
      json: { file: path },
      lines: () => [
        `A key for one credential, in ${path}: hand it to the issuer.`,
        'Take a fresh one for each credential, or two issuers see that they speak of the same owner.'
      ]
    })
  })
}

async function present(options: PresentOptions, ports: CommandPorts): Promise<void> {
  const credential = textOf(await readNamedFile(options.credential)).trim()
  const sheet = textOf(await readNamedFile(options.sheet))
  const list = await readNamedFile(options.list, LIST_BYTES_MAX)
  const index = statusIndexOf(credential)
  if (index === undefined) throw usage(`${options.credential}: is no credential`)
  if (list.length % 32 !== 0 || index >= 8 * list.length)
    throw usage(`${options.list}: is no list that this credential stands in`)
  const { chunk, path: way } = statusPartOf(list, index)
  await withWallet(options, async (wallet) => {
    const asked = {
      verifier: options.for,
      nonce: options.nonce,
      shown: options.show,
      nowMs: Date.now()
    }
    const shown = presentCredential(wallet.exported.seed, credential, asked)
    if (!shown.ok) throw usage(`${options.credential}: ${FAULTS[shown.fault] ?? shown.fault}`)
    const status = { chunk: toHex(chunk), path: way.map(toHex) }
    const content = `${JSON.stringify({ presentation: shown.value, sheet, status })}\n`
    const path = absolute(options.out)
    await writeNewFile({ path, content, mode: PRIVATE_MODE })
    createOutput(options, ports).answer({
      json: { file: path, verifier: options.for, shown: options.show },
      lines: (paint) => [
        `${paint.green('✔')} ${options.show.length === 0 ? 'that you hold it' : options.show.join(', ')}, shown to ${options.for} in ${path}; it holds for five minutes.`
      ]
    })
  })
}

async function check(path: string, options: CheckOptions, ports: CommandPorts): Promise<void> {
  const wanted = parseHex(options.issuer, 32, '--issuer')
  const { presentation, sheet, status } = await readShown(path)
  const desk = await openLook(options, ports)
  const { network, transport, output } = desk
  const nowMs = Date.now()
  const standing = { ledger: network.ledger, transport }
  const issuer = await proveIssuerSheet(new TextEncoder().encode(sheet), nowMs, standing)
  if (!issuer.ok) throw refusal(path, issuer.fault)
  if (toHex(issuer.value.vendorId) !== toHex(wanted))
    throw new NodeError('VERIFICATION_FAILED', `${path}: it is by another issuer`)
  const asked = { verifier: options.for, nonce: options.nonce, type: options.type, nowMs }
  const judged = judgeCredential(presentation, { sheet: issuer.value, status }, asked)
  if (!judged.ok) throw refusal(path, judged.fault)
  const { cnf: _key, status: _status, ...claims } = judged.value
  output.answer({
    json: { proved: true, claims },
    lines: (paint) => [
      `${paint.green('✔')} shown by its holder to ${options.for}, not revoked, by an issuer that the ledger knows:`,
      ...table(
        Object.entries(claims).map(([name, value]): [string, string] => [
          // As JSON, so that nothing in it speaks to the terminal.
          JSON.stringify(name).slice(1, -1),
          JSON.stringify(value)
        ]),
        paint
      )
    ]
  })
}

async function readShown(path: string): Promise<{
  readonly presentation: string
  readonly sheet: string
  readonly status: { readonly chunk: Uint8Array; readonly path: readonly Uint8Array[] }
}> {
  const text = textOf(await readNamedFile(path, SHOWN_BYTES_MAX))
  const read = shownShape.safeParse(jsonOf(text))
  if (!read.success)
    throw new NodeError('VERIFICATION_FAILED', `${path}: is nothing that a holder shows`)
  const { presentation, sheet, status } = read.data
  const bytes = (hex: string): Uint8Array => fromHex(hex) ?? new Uint8Array(0)
  return {
    presentation,
    sheet,
    status: { chunk: bytes(status.chunk), path: status.path.map(bytes) }
  }
}

function refusal(path: string, code: string): NodeError {
  const what = FAULTS[code] ?? 'it proves nothing'
  return new NodeError('VERIFICATION_FAILED', `${path}: ${what} (${code})`)
}

/** What a stranger handed over, undefined where it is no JSON. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // The parser reports a stranger's text by throwing; to us that is a plain "no".
    return undefined
  }
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes)
}
