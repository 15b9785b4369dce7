/**
 * `thingmoot wallet`: an owner's wallet, from the first words to a copy elsewhere.
 *
 * @module
 */

import type { Command } from 'commander'
import {
  createWallet,
  drawWords,
  exportWalletFile,
  importWallet,
  openWallet,
  readWalletFile,
  recoveryHashesOf,
  recoverySeedOf,
  systemRandomBytes,
  type Wallet,
  walletSeedOf
} from '../../client/index.ts'
import { equalBytes, toHex } from '../../protocol/index.ts'
import { NodeError } from '../errors.ts'
import { readProtection } from '../node-keys.ts'
import {
  addCommand,
  type CommandPorts,
  type CommonOptions,
  gather,
  parseHex,
  usage
} from './command.ts'
import { at, explainOwnerCode, shortDevice } from './device-words.ts'
import { readNamedFile, writeNewFile } from './files.ts'
import { count, createOutput, type Paint, table } from './output.ts'
import { absolute } from './settings.ts'
import { addWalletOptions, type LookOptions, lookAt, openLook } from './wallet-desk.ts'
import { type WalletPlace, withWallet, withWalletFolder } from './wallet-folder.ts'
import { readWordsFile, writeWordsFile } from './wallet-phrase.ts'
import { addWalletProveCommand } from './wallet-prove.ts'

type WalletOptions = CommonOptions & WalletPlace

interface NewOptions extends WalletOptions {
  readonly plain?: boolean
  readonly wordsFile?: string
  readonly recoveryFile?: string
}

interface RestoreOptions extends WalletOptions, Partial<LookOptions> {
  readonly plain?: boolean
  readonly wordsFile: string
  readonly recoveryFile?: string
  readonly device: readonly string[]
}

interface CarryOptions extends WalletOptions {
  readonly file: string
  readonly plain?: boolean
  readonly filePassphraseFile: string
}

/** Devices that a wallet can give a recovery key without the phrase at hand. */
const RECOVERY_KEYS = 256
const SECRET_MODE = 0o600

/** Adds `wallet new`, `show`, `restore`, `export` and `import`. */
export function addWalletCommand(program: Command, ports: CommandPorts): void {
  const group = program.command('wallet').description("an owner's wallet: one-time keys of devices")
  addPlainOption(addWalletOptions(addCommand(group, 'new', 'make a wallet and its two phrases')))
    .option('--words-file <file>', 'write its 24 words there instead of showing them')
    .option('--recovery-file <file>', 'write the 24 words of recovery there; keep them elsewhere')
    .action((options: NewOptions) => makeWallet(options, ports))
  addWalletOptions(
    addCommand(group, 'show', 'the devices of a wallet, and what is in flight')
  ).action((options: WalletOptions) =>
    withWallet(options, async (wallet, path) => showWallet(wallet, path, options, ports))
  )
  addPlainOption(addWalletOptions(addCommand(group, 'restore', 'a wallet from its words')))
    .requiredOption('--words-file <file>', 'file with the 24 words of the wallet')
    .option('--recovery-file <file>', 'file with the 24 words of recovery, for devices to come')
    .option('--device <id>', 'a device that it owned; repeat', gather, [])
    .option('--node <url>', 'with --device: any node of the network')
    .option('--genesis <file>', 'genesis of the network (default: as in the settings)')
    .action((options: RestoreOptions) => restore(options, ports))
  addWalletOptions(addCommand(group, 'export', 'a wallet as one age file under a passphrase'))
    .requiredOption('--file <file>', 'new file to write')
    .requiredOption('--file-passphrase-file <file>', 'file with the passphrase of the new file')
    .action((options: CarryOptions) => exportWallet(options, ports))
  addPlainOption(addWalletOptions(addCommand(group, 'import', 'a wallet from such a file')))
    .requiredOption('--file <file>', 'file that thingmoot wallet export made')
    .requiredOption('--file-passphrase-file <file>', 'file with its passphrase')
    .action((options: CarryOptions) => carryIn(options, ports))
  addWalletProveCommand(group, ports)
}

function addPlainOption(command: Command): Command {
  return command.option('--plain', 'leave the wallet unencrypted, for test networks')
}

/** Leaving a wallet open must be said. */
function assertProtected({
  plain,
  passphraseFile
}: WalletOptions & { readonly plain?: boolean }): void {
  if (plain === true && passphraseFile !== undefined)
    throw usage('--plain and --passphrase-file exclude each other')
  if (plain !== true && passphraseFile === undefined)
    throw usage('say how the wallet is kept: --passphrase-file <file>, or --plain for a test')
}

async function makeWallet(options: NewOptions, ports: CommandPorts): Promise<void> {
  assertProtected(options)
  const { wordsFile, recoveryFile } = options
  const [words, recovery] = [drawWords(systemRandomBytes), drawWords(systemRandomBytes)]
  const folder = await withWalletFolder(options, async (walletPorts, path) => {
    const seed = walletSeedOf(words)
    const recoveryHashes = recoveryHashesOf(recoverySeedOf(recovery), RECOVERY_KEYS)
    // The words first: a wallet whose words nobody has is worth less than none.
    if ((await walletPorts.storage.read()) !== undefined)
      throw new NodeError('FILE_EXISTS', `${path}: holds a wallet; nothing is changed`)
    if (wordsFile !== undefined) await writeWordsFile(wordsFile, words)
    if (recoveryFile !== undefined) await writeWordsFile(recoveryFile, recovery)
    await createWallet({ seed, recoveryHashes }, walletPorts)
    return path
  })
  createOutput(options, ports).answer({
    json: {
      folder,
      ...(wordsFile === undefined ? { words } : { wordsFile }),
      ...(recoveryFile === undefined ? { recoveryWords: recovery } : { recoveryFile })
    },
    lines: (paint) => [
      `${paint.green('✔')} a wallet in ${folder}.`,
      ...phraseLines(paint, 'Its words, from which it can be restored:', words, wordsFile),
      ...phraseLines(
        paint,
        'The words of recovery, to be kept in another place: with them and the wallet a stolen or broken device gets new keys:',
        recovery,
        recoveryFile
      ),
      'They are shown once. Next: thingmoot device claim --wallet … --box … --device …'
    ]
  })
}

function phraseLines(
  paint: Paint,
  title: string,
  words: string,
  file: string | undefined
): readonly string[] {
  if (file !== undefined) return [title, `  ${file}`]
  const list = words.split(' ')
  const rows = [0, 6, 12, 18].map((start) => `  ${list.slice(start, start + 6).join(' ')}`)
  return [title, ...rows.map((row) => paint.bold(row))]
}

function showWallet(
  wallet: Wallet,
  folder: string,
  options: WalletOptions,
  ports: CommandPorts
): void {
  const devices = wallet.devices.map((device) => ({
    deviceId: device.deviceId,
    isOurs: device.isOurs,
    isPending: device.beginning !== null,
    sequence: device.sequence,
    inFlight: device.inFlight.map(({ kind, ownerSequence, transactionId }) => ({
      kind,
      ownerSequence,
      transactionId
    })),
    waitUntilMs: device.waitUntilMs
  }))
  const { known, taken } = wallet.recovery
  createOutput(options, ports).answer({
    json: { folder, devices, recovery: wallet.recovery },
    lines: (paint) => [
      `${count(devices.length, 'device')} in ${folder}; recovery keys for ${known - taken} more.`,
      ...table(
        devices.map((device): [string, string] => [toHex(device.deviceId), wordsOf(device)]),
        paint
      ),
      'How a device stands on the ledger: thingmoot device show <id> --node <url>'
    ]
  })
}

function wordsOf(device: {
  readonly isOurs: boolean
  readonly isPending: boolean
  readonly inFlight: readonly unknown[]
  readonly waitUntilMs: number
}): string {
  if (device.isPending) return 'claimed or accepted, not seen to count yet'
  if (!device.isOurs) return 'not owned any more'
  const waiting = device.waitUntilMs === 0 ? '' : `, waits until ${at(device.waitUntilMs)}`
  return `owned, ${count(device.inFlight.length, 'act')} in flight${waiting}`
}

async function restore(options: RestoreOptions, ports: CommandPorts): Promise<void> {
  const seed = walletSeedOf(await readWordsFile(options.wordsFile))
  const recoveryHashes =
    options.recoveryFile === undefined
      ? []
      : recoveryHashesOf(recoverySeedOf(await readWordsFile(options.recoveryFile)), RECOVERY_KEYS)
  const ids = options.device.map((text) => parseHex(text, 32, '--device'))
  const { node } = options
  if (ids.length > 0 && node === undefined) throw usage('--device goes with --node')
  await withWalletFolder(options, async (walletPorts, folder) => {
    const isThere = (await walletPorts.storage.read()) !== undefined
    if (!isThere) assertProtected(options)
    const wallet = isThere
      ? await openWallet(walletPorts)
      : await createWallet({ seed, recoveryHashes }, walletPorts)
    if (!equalBytes(wallet.exported.seed, seed))
      throw usage(`${folder}: holds a wallet of other words`)
    if (node !== undefined) await adoptAll(wallet, ids, { ...options, node }, ports)
    createOutput(options, ports).answer({
      json: { folder, devices: wallet.devices.map(({ deviceId }) => deviceId) },
      lines: (paint) => [
        `${paint.green('✔')} a wallet of these words in ${folder}, with ${count(wallet.devices.length, 'device')}.`,
        'It signs for each of them ten minutes from now at the earliest: what another copy sent has an end by then.',
        'Use no other copy any more. A device that is missing: the same command with --device <id>.'
      ]
    })
  })
}

async function adoptAll(
  wallet: Wallet,
  ids: readonly Uint8Array[],
  options: LookOptions,
  ports: CommandPorts
): Promise<void> {
  const desk = await openLook(options, ports)
  for (const deviceId of ids) {
    const facts = await lookAt(deviceId, desk)
    const adopted = await wallet.adopt({ networkTag: desk.network.networkTag, deviceId }, facts)
    if (!adopted.ok && adopted.fault !== 'DEVICE_OWNED_ALREADY')
      throw usage(`${shortDevice(deviceId)}: ${explainOwnerCode(adopted.fault)}`)
  }
}

function exportWallet(options: CarryOptions, ports: CommandPorts): Promise<void> {
  return withWallet(options, async (wallet) => {
    const passphrase = await passphraseOf(options)
    const path = absolute(options.file)
    const content = await exportWalletFile(wallet.exported, passphrase)
    await writeNewFile({ path, content, mode: SECRET_MODE })
    createOutput(options, ports).answer({
      json: { file: path, devices: wallet.devices.length },
      lines: (paint) => [
        `${paint.green('✔')} ${count(wallet.devices.length, 'device')} in ${path}, under its passphrase.`,
        'One wallet writes at a time: once it is imported elsewhere, do not use this one any more.'
      ]
    })
  })
}

async function carryIn(options: CarryOptions, ports: CommandPorts): Promise<void> {
  assertProtected(options)
  const text = new TextDecoder().decode(await readNamedFile(absolute(options.file)))
  const state = await readWalletFile(text, await passphraseOf(options))
  if (state === undefined)
    throw new NodeError(
      'KEY_FILE_WRONG',
      `${options.file}: the passphrase is wrong, or it is no wallet`
    )
  await withWalletFolder(options, async (walletPorts, folder) => {
    const wallet = await importWallet(state, walletPorts)
    createOutput(options, ports).answer({
      json: { folder, devices: wallet.devices.map(({ deviceId }) => deviceId) },
      lines: (paint) => [
        `${paint.green('✔')} ${count(wallet.devices.length, 'device')} in ${folder}.`,
        'It signs for each of them ten minutes from now at the earliest, and no other copy may be used any more.'
      ]
    })
  })
}

async function passphraseOf({ filePassphraseFile }: CarryOptions): Promise<string> {
  const protection = await readProtection(filePassphraseFile)
  if (protection.kind === 'plain') throw usage('an exported wallet has a passphrase')
  return protection.passphrase
}
