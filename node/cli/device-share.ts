/**
 * `thingmoot device share` and `unshare`: who reads what a reference device says from now on.
 *
 * The ledger knows readers by ids that tell nothing, so their keys are kept in the device's folder,
 * in `readers.json`. Each change is a grant of another data key. The owner's keys are those of a
 * wallet, or of the folder where device and owner are in one hand.
 *
 * @module
 */

import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Command } from 'commander'
import * as z from 'zod'
import {
  checkFollowing,
  checkReceipt,
  createHttpClient,
  createSeedSigner,
  type ReaderTerm,
  type SignOwnerAct,
  signGrant,
  systemRandomBytes
} from '../../client/index.ts'
import { ownerships, toHex } from '../../protocol/index.ts'
import { NodeError } from '../errors.ts'
import { writeFailure } from '../storage/disk-errors.ts'
import { writeFileDurably } from '../storage/durable-file.ts'
import {
  addCommand,
  type CommandPorts,
  type CommonOptions,
  parseDurationMs,
  parseHex,
  usage
} from './command.ts'
import { type BornDevice, bytesOf, type DeviceFolder, withDeviceFolder } from './device-folder.ts'
import type { LedgerPorts } from './device-ledger.ts'
import { readGrant, readProved } from './device-sealing.ts'
import { readOptionalText, trouble } from './files.ts'
import { trustNetwork } from './network-trust.ts'
import { count, createOutput, table } from './output.ts'
import { absolute, addConfigOption, readGenesis, readSettings } from './settings.ts'
import { withWalletSigner } from './wallet-grants.ts'

interface ShareOptions extends CommonOptions {
  readonly device: string
  readonly node: string
  readonly genesis?: string
  readonly for: string
  readonly wallet?: string
  readonly passphraseFile?: string
}

interface StoredReader {
  readonly readerKey: string
  readonly notAfterMs: number
}

const READERS_FILE = 'readers.json'
const SECRET_MODE = 0o600

const storedShape: z.ZodType<readonly StoredReader[]> = z.array(
  z.strictObject({ readerKey: z.string().regex(/^[0-9a-f]{64}$/), notAfterMs: z.int().min(0) })
)

/** Adds `device share` and `device unshare`. */
export function addDeviceShareCommands(group: Command, ports: CommandPorts): void {
  const add = (name: string, description: string): Command =>
    addConfigOption(addCommand(group, name, description))
      .argument('<reader-key>', 'as thingmoot reader new prints it')
      .requiredOption('--device <dir>', 'folder of the device')
      .requiredOption('--node <url>', 'node to ask, with proofs, and to hand the grant to')
      .option('--genesis <file>', 'genesis of the network (default: as in the settings)')
      .option('--wallet <dir>', 'folder of the wallet that owns the device')
      .option('--passphrase-file <file>', 'file with the passphrase of the wallet')
  add('share', 'let a reader read what the device says from now on')
    .option('--for <span>', 'how long nodes serve its key, such as 30d', '365d')
    .action((readerKey: string, options: ShareOptions) =>
      change(options, ports, (stored) => {
        const key = toHex(parseHex(readerKey, 32, '<reader-key>'))
        const notAfterMs = Date.now() + parseDurationMs(options.for)
        return [...stored.filter((one) => one.readerKey !== key), { readerKey: key, notAfterMs }]
      })
    )
  add('unshare', 'give the device a new key, and this reader none').action(
    (readerKey: string, options: ShareOptions) =>
      change(options, ports, (stored) => {
        const key = toHex(parseHex(readerKey, 32, '<reader-key>'))
        const others = stored.filter((one) => one.readerKey !== key)
        if (others.length === stored.length) throw usage('it is no reader of this device')
        return others
      })
  )
}

async function change(
  options: ShareOptions,
  ports: CommandPorts,
  changed: (stored: readonly StoredReader[]) => readonly StoredReader[]
): Promise<void> {
  const path = options.genesis ?? (await readSettings(options, ports)).config.genesis
  const network = trustNetwork((await readGenesis(path)).genesis)
  const ledger = { network, transport: createHttpClient({ baseUrls: [options.node] }) }
  const result = await withDeviceFolder(absolute(options.device), async (folder) => {
    const born = await folder.readBorn()
    if (born === undefined) throw usage(`${folder.path}: there is no device`)
    const file = join(folder.path, READERS_FILE)
    const now = Date.now()
    const stored = changed(await readReaders(file)).filter((one) => one.notAfterMs > now)
    const dataKeyEpoch = await withSigner(born, options, ledger, (sign) =>
      grant(born, stored, { ...ledger, sign })
    )
    await writeFileDurably({
      path: file,
      content: `${JSON.stringify(stored, undefined, 2)}\n`,
      mode: SECRET_MODE
    })
    return { deviceId: born.deviceId, dataKeyEpoch, readers: stored }
  })
  createOutput(options, ports).answer({
    json: result,
    lines: (paint) => [
      `${paint.green('✔')} ${count(result.readers.length, 'reader')} from data key ${result.dataKeyEpoch} on`,
      ...table(
        result.readers.map(({ readerKey, notAfterMs }): [string, string] => [
          readerKey,
          `until ${new Date(notAfterMs).toISOString()}`
        ]),
        paint
      ),
      'The device seals by it once it has seen the grant: thingmoot device sign --node …'
    ]
  })
}

/** Who signs for the owner: a wallet, or the seed in the folder where device and owner are in one hand. */
async function withSigner<Result>(
  born: BornDevice,
  { wallet, passphraseFile }: ShareOptions,
  ledger: LedgerPorts,
  use: (sign: SignOwnerAct) => Promise<Result>
): Promise<Result> {
  const [deviceId, networkTag] = [bytesOf(born.deviceId), bytesOf(born.networkTag)]
  if (wallet !== undefined) {
    const place = passphraseFile === undefined ? { wallet } : { wallet, passphraseFile }
    return withWalletSigner(place, deviceId, ledger, use)
  }
  if (born.claimId !== undefined)
    throw usage('a wallet owns the device: name it with --wallet <dir>')
  const ownership = await readProved(ownerships, deviceId, ledger)
  if (ownership === null) throw new NodeError('REQUEST_FAILED', 'the ledger has no such device')
  const owner = { networkTag, walletSeed: bytesOf(born.walletSeed) }
  return use(createSeedSigner(owner, ownership.ownerSequence))
}

/** Grants a new data key to exactly these, and has it proved. */
async function grant(
  born: BornDevice,
  stored: readonly StoredReader[],
  { sign, ...ledger }: LedgerPorts & { readonly sign: SignOwnerAct }
): Promise<number> {
  const [deviceId, networkTag] = [bytesOf(born.deviceId), bytesOf(born.networkTag)]
  const { device } = await readGrant(deviceId, ledger)
  const ownership = await readProved(ownerships, deviceId, ledger)
  if (ownership === null) throw new NodeError('REQUEST_FAILED', 'the ledger has no such device')
  const terms = stored.map(
    ({ readerKey, notAfterMs }): ReaderTerm => ({ readerKey: bytesOf(readerKey), notAfterMs })
  )
  const { dataKeyEpoch } = device
  const { encryptionKey } = ownership
  const signed = await signGrant({ networkTag, deviceId, dataKeyEpoch, encryptionKey }, terms, {
    sign,
    randomBytes: systemRandomBytes
  })
  if (!signed.ok) throw usage(`nothing is granted: ${explain(signed.fault)}`)
  await submitProved(signed.value, ledger)
  return dataKeyEpoch + 1
}

/** Hands in an act and has its outcome proved. */
async function submitProved(
  { transactionId, wire }: { readonly transactionId: Uint8Array; readonly wire: Uint8Array },
  { network, transport }: LedgerPorts
): Promise<void> {
  const report = await transport.submit(wire, 'final')
  if (report.kind === 'refused')
    throw new NodeError('REQUEST_FAILED', `the grant is refused: ${report.code}`)
  const encoded = await transport.receipt(transactionId)
  if (encoded === null)
    throw new NodeError('REQUEST_FAILED', 'the grant is not final yet; look again before another')
  const receipt = await checkFollowing(network.ledger, transport, (trusted) =>
    checkReceipt(trusted, transactionId, encoded)
  )
  if (!receipt.ok)
    throw new NodeError('VERIFICATION_FAILED', `a receipt proves nothing: ${receipt.fault}`)
  const { outcome, code } = receipt.value.outcome
  if (outcome !== 'applied')
    throw new NodeError('REQUEST_FAILED', `the grant ended ${outcome}, ${code}`)
}

/**
 * Forgets the readers of an owner before: the next grant is its successor's alone.
 *
 * @throws NodeError DISK_WRITE_FAILED
 */
export async function forgetReaders({ path }: DeviceFolder): Promise<void> {
  const file = join(path, READERS_FILE)
  await rm(file, { force: true }).catch((error) => {
    throw writeFailure(file, error)
  })
}

async function readReaders(file: string): Promise<readonly StoredReader[]> {
  const text = await readOptionalText(file)
  if (text === undefined) return []
  try {
    return storedShape.parse(JSON.parse(text))
  } catch (error) {
    throw trouble('STORAGE_DAMAGED', `${file}: is not as it was written`, error)
  }
}

function explain(fault: string): string {
  if (fault === 'PUBLIC_KEY_WEAK') return 'one of the keys is no sound X25519 key'
  return 'a device has at most 16 readers'
}
