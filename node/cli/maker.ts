/**
 * `thingmoot maker`: the keys of a device maker, kept in a folder.
 *
 * A reference maker for tests and pilots: one key, one class of devices.
 *
 * @module
 */

import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Command } from 'commander'
import { createVendor, systemRandomBytes, type Vendor } from '../../client/index.ts'
import {
  equalBytes,
  type PrivateKey,
  publicKeyOf,
  toHex,
  vendorKeysHash
} from '../../protocol/index.ts'
import { NodeError } from '../errors.ts'
import { writeFailure } from '../storage/disk-errors.ts'
import { writeFileDurably } from '../storage/durable-file.ts'
import { readKeyFile, writeKeyFile } from '../storage/key-file.ts'
import { addCommand, type CommandPorts, type CommonOptions } from './command.ts'
import { readOptionalText } from './files.ts'
import { createOutput, table } from './output.ts'
import { absolute } from './settings.ts'

/** A maker of this machine. */
export interface Maker {
  readonly vendor: Vendor
  /** The commitment to the keys that it will show next. */
  readonly nextKeysHash: Uint8Array
}

interface MakerOptions extends CommonOptions {
  readonly maker: string
}

const SEED_BYTES = 32
const THRESHOLD = 1
const PRIVATE_MODE = 0o700
const PRIVATE_FILE_MODE = 0o600
const PRESENT_FILE = 'present'

/** Adds `maker new` and `maker show`. */
export function addMakerCommand(program: Command, ports: CommandPorts): void {
  const group = program.command('maker').description('the keys of a maker of devices')
  addCommand(group, 'new', 'make the keys of a maker')
    .requiredOption('--maker <dir>', 'folder to make for its keys')
    .action(async (options: MakerOptions) => {
      report(await createMaker(absolute(options.maker)), options, ports)
    })
  addCommand(group, 'show', 'the public part of a maker')
    .requiredOption('--maker <dir>', 'folder of its keys')
    .action(async (options: MakerOptions) => {
      report(await openMaker(absolute(options.maker)), options, ports)
    })
}

/**
 * Makes the keys of a maker in a folder. Existing ones are never overwritten.
 *
 * @throws NodeError KEY_FILE_WRONG, DISK_FULL or DISK_WRITE_FAILED
 */
export async function createMaker(folder: string): Promise<Maker> {
  await mkdir(folder, { recursive: true, mode: PRIVATE_MODE }).catch((error) => {
    throw writeFailure(folder, error)
  })
  for (const name of [nameOfKey(0), nameOfKey(1)])
    await writeKeyFile(keyFile(folder, name), systemRandomBytes(SEED_BYTES))
  return openMaker(folder)
}

/**
 * Opens a maker with the keys that are its on the ledger, as far as this folder knows.
 *
 * @throws NodeError KEY_FILE_WRONG, STORAGE_DAMAGED
 */
export async function openMaker(folder: string): Promise<Maker> {
  return openMakerAt(folder, await presentIndex(folder))
}

/**
 * Opens a maker as it is once the keys of an index are shown. Its id stays that of its first keys.
 *
 * @throws NodeError KEY_FILE_WRONG
 */
export async function openMakerAt(folder: string, index: number): Promise<Maker> {
  const { vendorId } = createVendor([await readVendorKey(folder, 0)], THRESHOLD)
  const present = createVendor([await readVendorKey(folder, index)], THRESHOLD)
  const next = await readVendorKey(folder, index + 1)
  return {
    vendor: { ...present, vendorId },
    nextKeysHash: vendorKeysHash([publicKeyOf(next)], THRESHOLD)
  }
}

/**
 * The index of the key to which the ledger is committed; the key after it is made where it is missing.
 *
 * @param committed - the commitment of the maker's record; null before its first act
 * @throws NodeError KEY_FILE_WRONG where it is to keys of somebody else
 */
export async function awaitedIndex(folder: string, committed: Uint8Array | null): Promise<number> {
  const index = committed === null ? 0 : await indexOfCommitted(folder, committed)
  const path = join(folder, nameOfKey(index + 1))
  if (!existsSync(path))
    await writeKeyFile(keyFile(folder, nameOfKey(index + 1)), systemRandomBytes(SEED_BYTES))
  return index
}

/** Remembers which keys the maker has shown, once that is final. */
export async function writePresentIndex(folder: string, index: number): Promise<void> {
  const path = join(folder, PRESENT_FILE)
  await writeFileDurably({ path, content: `${index}\n`, mode: PRIVATE_FILE_MODE })
}

/** A rotation that counted may not be remembered: the key after the one that is known may be it, or the next. */
async function indexOfCommitted(folder: string, committed: Uint8Array): Promise<number> {
  const present = await presentIndex(folder)
  for (const index of [present + 1, present, present + 2]) {
    if (!existsSync(join(folder, nameOfKey(index)))) continue
    const hash = vendorKeysHash([publicKeyOf(await readVendorKey(folder, index))], THRESHOLD)
    if (equalBytes(hash, committed)) return index
  }
  throw new NodeError('KEY_FILE_WRONG', `${folder}: the ledger waits for a key that is not here`)
}

async function presentIndex(folder: string): Promise<number> {
  const text = ((await readOptionalText(join(folder, PRESENT_FILE))) ?? '0').trim()
  if (!/^(0|[1-9]\d{0,8})$/.test(text))
    throw new NodeError('STORAGE_DAMAGED', `${join(folder, PRESENT_FILE)}: holds no number`)
  return Number(text)
}

async function readVendorKey(folder: string, index: number): Promise<PrivateKey> {
  return { algorithm: 'Ed25519', bytes: await readKeyFile(keyFile(folder, nameOfKey(index))) }
}

function nameOfKey(index: number): string {
  return `vendor-${index}.key`
}

function keyFile(folder: string, name: string): Parameters<typeof readKeyFile>[0] {
  return { path: join(folder, name), protection: { kind: 'plain' } }
}

function report({ vendor }: Maker, options: MakerOptions, ports: CommandPorts): void {
  const vendorId = toHex(vendor.vendorId)
  createOutput(options, ports).answer({
    json: { vendorId, keys: vendor.publicKeys, threshold: vendor.threshold },
    lines: (paint) => [
      `Maker ${vendorId}`,
      ...table(
        vendor.publicKeys.map((key): [string, string] => ['key', toHex(key)]),
        paint
      ),
      'It may work once its grant is in the genesis:',
      `  thingmoot genesis create --vendor-grant ${vendorId} …`
    ]
  })
}
