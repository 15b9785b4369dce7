/**
 * `thingmoot credential issue`, `revoke` and `publish`: what an issuer says, takes back, and puts onto
 * the ledger, which is the hash of its sheet and nothing else.
 *
 * @module
 */

import { existsSync } from 'node:fs'
import type { Command } from 'commander'
import {
  infoHashOf,
  isJsonObject,
  issueCredential,
  type JsonObject,
  type JsonValue,
  proveRecord,
  revokeIn,
  signVendorSet,
  systemRandomBytes
} from '../../client/index.ts'
import { toHex, vendors } from '../../protocol/index.ts'
import { NodeError } from '../errors.ts'
import {
  addCommand,
  type CommandPorts,
  type CommonOptions,
  gather,
  parseCount,
  parseDurationMs,
  usage
} from './command.ts'
import { fileExists, readNamedFile, writeNewFile } from './files.ts'
import { openIssuer, sheetOf, writeList } from './issuer-folder.ts'
import { awaitedIndex, openMakerAt, writePresentIndex } from './maker.ts'
import { createOutput } from './output.ts'
import { absolute, addConfigOption, networkOf } from './settings.ts'
import { addLookOptions, type LookOptions, openLook, sendProved } from './wallet-desk.ts'

interface IssueOptions extends CommonOptions {
  readonly maker: string
  readonly genesis?: string
  readonly holder: string
  readonly type: string
  readonly claim: readonly string[]
  readonly index: string
  readonly for: string
  readonly out: string
}

interface RevokeOptions extends CommonOptions {
  readonly maker: string
  readonly index: string
}

interface PublishOptions extends LookOptions {
  readonly maker: string
  readonly sheet: string
  readonly list: string
  readonly wait: string
}

/** Credentials that a new list of revocations has room for. */
const LIST_COUNT = 4_096
const PRIVATE_MODE = 0o600

/** Adds the commands of issuers. */
export function addCredentialIssuerCommands(group: Command, ports: CommandPorts): void {
  addConfigOption(addCommand(group, 'issue', 'issue a credential to the key of a holder'))
    .requiredOption('--maker <dir>', 'folder of the issuer, made by thingmoot maker new')
    .option('--genesis <file>', 'genesis of the network (default: as in the settings)')
    .requiredOption('--holder <file>', 'key that the holder made by thingmoot credential ask')
    .requiredOption('--type <uri>', 'what kind of credential it is')
    .requiredOption('--claim <name=value>', 'what it says; repeat', gather, [])
    .requiredOption('--index <number>', 'its own place in the list of revocations')
    .option('--for <span>', 'how long it holds', '365d')
    .requiredOption('--out <file>', 'new file for the credential')
    .action((options: IssueOptions) => issue(options, ports))
  addCommand(group, 'revoke', 'take a credential back, as of the next publish')
    .requiredOption('--maker <dir>', 'folder of the issuer')
    .requiredOption('--index <number>', 'its place in the list of revocations')
    .action((options: RevokeOptions) => revoke(options, ports))
  addLookOptions(addCommand(group, 'publish', "have the ledger know an issuer's keys and list"))
    .requiredOption('--maker <dir>', 'folder of the issuer')
    .requiredOption('--sheet <file>', 'new file for the sheet, to hand to holders')
    .requiredOption('--list <file>', 'new file for the list of revocations, to hand to holders')
    .option('--wait <span>', 'how long to wait until it is final', '30s')
    .action((options: PublishOptions) => publish(options, ports))
}

async function issue(options: IssueOptions, ports: CommandPorts): Promise<void> {
  const { networkId } = await networkOf(options, ports)
  const issuer = await openIssuer(absolute(options.maker), LIST_COUNT)
  const statusIndex = indexIn(options.index, issuer.list)
  const nowMs = Date.now()
  const issued = issueCredential(
    {
      ...{ networkId, ...issuer, statusIndex, nowMs, type: options.type },
      claims: Object.fromEntries(options.claim.map(claimOf)),
      holder: readJson(await readNamedFile(options.holder), options.holder),
      notAfterMs: nowMs + parseDurationMs(options.for)
    },
    systemRandomBytes
  )
  if (!issued.ok)
    throw usage(
      issued.fault === 'HOLDER_KEY_WRONG'
        ? `${options.holder}: is no key of a holder`
        : '--claim: a claim takes a name that credentials use themselves'
    )
  const path = absolute(options.out)
  await writeNewFile({ path, content: `${issued.value}\n`, mode: PRIVATE_MODE })
  createOutput(options, ports).answer({
    json: { file: path, issuer: issuer.vendorId, type: options.type, index: statusIndex },
    lines: (paint) => [
      `${paint.green('✔')} a credential in ${path}, for its holder alone.`,
      'Next, if not yet done: thingmoot credential publish --maker … --node …'
    ]
  })
}

async function revoke(options: RevokeOptions, ports: CommandPorts): Promise<void> {
  const folder = absolute(options.maker)
  const { list } = await openIssuer(folder, LIST_COUNT)
  const index = indexIn(options.index, list)
  await writeList(folder, revokeIn(list, index))
  createOutput(options, ports).answer({
    json: { index, revoked: true },
    lines: (paint) => [
      `${paint.green('✔')} credential ${index} is revoked in this folder.`,
      'Verifiers refuse it as soon as thingmoot credential publish is final.'
    ]
  })
}

async function publish(options: PublishOptions, ports: CommandPorts): Promise<void> {
  const folder = absolute(options.maker)
  const [sheetPath, listPath] = [absolute(options.sheet), absolute(options.list)]
  // Said before the act goes out, not after it.
  for (const path of [sheetPath, listPath]) if (existsSync(path)) throw fileExists(path)
  const desk = await openLook(options, ports, parseDurationMs(options.wait))
  const { network, transport, output } = desk
  const issuer = await openIssuer(folder, LIST_COUNT)
  const sheet = sheetOf(issuer, network.networkId)
  const standing = { ledger: network.ledger, transport }
  const proved = await proveRecord(vendors, issuer.vendorId, standing)
  if (!proved.ok)
    throw new NodeError('VERIFICATION_FAILED', `the node's answer proves nothing: ${proved.fault}`)
  const { record } = proved.value
  if (record === undefined)
    throw new NodeError('REQUEST_FAILED', `the ledger has no maker ${toHex(issuer.vendorId)}`)
  const index = await awaitedIndex(folder, record.nextKeysHash)
  const { vendor, nextKeysHash } = await openMakerAt(folder, index)
  const vendorSequence = record.vendorSequence + 1
  const act = { vendorSequence, nextKeysHash, infoHash: infoHashOf(sheet) }
  const waitMs = parseDurationMs(options.wait)
  const signed = signVendorSet(network.networkTag, vendor, act)
  const end = await sendProved({ network, transport, waitMs }, [signed], 'vendor-set')
  await writePresentIndex(folder, index)
  await writeNewFile({ path: sheetPath, content: sheet })
  await writeNewFile({ path: listPath, content: issuer.list })
  output.answer({
    json: { issuer: issuer.vendorId, sheet: sheetPath, list: listPath, height: end.height },
    lines: (paint) => [
      `${paint.green('✔')} the ledger knows the keys and the list of ${toHex(issuer.vendorId)}, final in block ${end.height}.`,
      `Hand ${sheetPath} and ${listPath} to holders: they show them along, and older ones count no more.`
    ]
  })
}

function indexIn(text: string, list: Uint8Array): number {
  const index = parseCount(text, '--index')
  if (index >= 8 * list.length) throw usage(`--index: the list has ${8 * list.length} places`)
  return index
}

function claimOf(text: string): [string, JsonValue] {
  const at = text.indexOf('=')
  if (at < 1) throw usage(`--claim: "${text}" is not name=value`)
  return [text.slice(0, at), text.slice(at + 1)]
}

function readJson(bytes: Uint8Array, path: string): JsonObject {
  try {
    const read: unknown = JSON.parse(new TextDecoder().decode(bytes))
    if (isJsonObject(read)) return read
  } catch (error) {
    throw usage(`${path}: is no JSON`, error)
  }
  throw usage(`${path}: is no JSON object`)
}
