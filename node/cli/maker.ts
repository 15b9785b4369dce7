/**
 * `thingmoot maker`: the keys of a device maker, kept in a folder.
 *
 * A reference maker for tests and pilots: one key, one class of devices.
 *
 * @module
 */

import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Command } from 'commander'
import { createVendor, systemRandomBytes, type Vendor } from '../../client/index.ts'
import { type PrivateKey, publicKeyOf, toHex, vendorKeysHash } from '../../protocol/index.ts'
import { writeFailure } from '../storage/disk-errors.ts'
import { readKeyFile, writeKeyFile } from '../storage/key-file.ts'
import { addCommand, type CommandPorts, type CommonOptions } from './command.ts'
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
const PRESENT_KEY_FILE = 'vendor-0.key'
const NEXT_KEY_FILE = 'vendor-1.key'

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
  for (const name of [PRESENT_KEY_FILE, NEXT_KEY_FILE])
    await writeKeyFile(keyFile(folder, name), systemRandomBytes(SEED_BYTES))
  return openMaker(folder)
}

/**
 * Opens a maker.
 *
 * @throws NodeError KEY_FILE_WRONG
 */
export async function openMaker(folder: string): Promise<Maker> {
  const read = async (name: string): Promise<PrivateKey> => ({
    algorithm: 'Ed25519',
    bytes: await readKeyFile(keyFile(folder, name))
  })
  const present = await read(PRESENT_KEY_FILE)
  const next = await read(NEXT_KEY_FILE)
  return {
    vendor: createVendor([present], THRESHOLD),
    nextKeysHash: vendorKeysHash([publicKeyOf(next)], THRESHOLD)
  }
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
