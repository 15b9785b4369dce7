/**
 * `thingmoot device guardians`: friends who can cancel, mark a device lost, or replace a lost owner.
 *
 * Each guardian makes a key and tells its hash; the owner gives back a share. To act, guardians bring
 * shares and keys together; for a new owner the device must be present too.
 *
 * @module
 */

import { join } from 'node:path'
import type { Command } from 'commander'
import {
  createGuardians,
  encodeGuardianShare,
  guardianHashOf,
  systemRandomBytes
} from '../../client/index.ts'
import { GUARDIANS_MAX, toHex } from '../../protocol/index.ts'
import { SEED_BYTES, writeKeyFile } from '../storage/key-file.ts'
import {
  addCommand,
  type CommandPorts,
  type CommonOptions,
  gather,
  parseCount,
  parseDurationMs,
  parseHex,
  usage
} from './command.ts'
import { addGuardianActCommands } from './device-guardian-acts.ts'
import { writeNewFile } from './files.ts'
import { count, createOutput } from './output.ts'
import { absolute } from './settings.ts'
import { orderAct } from './wallet-acts.ts'
import {
  addOwnerOptions,
  namedDevice,
  type OwnerDesk,
  type OwnerOptions,
  withOwnerDesk
} from './wallet-desk.ts'

interface SetOptions extends OwnerOptions {
  readonly guardian: readonly string[]
  readonly threshold?: string
  readonly delay: string
  readonly out?: string
  readonly none?: boolean
}

/** Adds `device guardians key`, `set`, `cancel-recovery`, `act` and `invite`. */
export function addDeviceGuardiansCommand(parent: Command, ports: CommandPorts): void {
  const group = parent.command('guardians').description('who helps when a wallet is lost or stolen')
  addCommand(group, 'key', 'a guardian makes a key of its own and tells its hash')
    .requiredOption('--out <file>', 'new file for the key')
    .action((options: CommonOptions & { readonly out: string }) => makeKey(options, ports))
  addOwnerOptions(addCommand(group, 'set', 'name the guardians of a device, or none any more'))
    .argument('<device>', 'id of the device, or its beginning')
    .option('--guardian <hash>', 'hash of the key of a guardian; repeat', gather, [])
    .option('--threshold <number>', 'how many it takes (default: more than half)')
    .option('--delay <span>', 'how long the owner has to object', '3d')
    .option('--out <dir>', 'folder for the shares, a file each')
    .option('--none', 'no guardians any more')
    .action((device: string, options: SetOptions) =>
      withOwnerDesk(options, ports, (desk) => setGuardians(device, options, desk))
    )
  addOwnerOptions(
    addCommand(group, 'cancel-recovery', 'the owner is there: no new owner by guardians')
  )
    .argument('<device>', 'id of the device, or its beginning')
    .action((device: string, options: OwnerOptions) =>
      withOwnerDesk(options, ports, async (desk) => {
        await orderAct(desk, namedDevice(device, desk), () => ({
          order: { kind: 'recovery-cancel' },
          done: 'stays yours',
          next: 'If its guardians are not on your side, name others: thingmoot device guardians set.'
        }))
      })
    )
  addGuardianActCommands(group, ports)
}

async function makeKey(
  options: CommonOptions & { readonly out: string },
  ports: CommandPorts
): Promise<void> {
  const path = absolute(options.out)
  const bytes = systemRandomBytes(SEED_BYTES)
  await writeKeyFile({ path, protection: { kind: 'plain' } }, bytes)
  const hash = guardianHashOf({ algorithm: 'Ed25519', bytes })
  createOutput(options, ports).answer({
    json: { file: path, guardianHash: hash },
    lines: (paint) => [
      `${paint.green('✔')} the key is in ${path}; keep it, and show it to nobody.`,
      `Give the owner its hash: ${toHex(hash)}`
    ]
  })
}

async function setGuardians(device: string, options: SetOptions, desk: OwnerDesk): Promise<void> {
  const deviceId = namedDevice(device, desk)
  if (options.none === true) {
    if (options.guardian.length > 0) throw usage('--none and --guardian exclude each other')
    await orderAct(desk, deviceId, ({ ownership }) => ({
      order: { kind: 'guardians-set', guardians: null },
      done: 'has no guardians',
      next: whenTheyChange(ownership.guardians?.delayMs)
    }))
    return
  }
  const { guardians, shares } = treeOf(deviceId, options, desk)
  const { out } = options
  if (out === undefined) throw usage('say where the shares shall lie: --out <dir>')
  const paths = shares.map(({ index }) => join(absolute(out), `guardian-${index}.share`))
  // Before the act: whose shares are lost cannot be helped by guardians that the ledger knows.
  if (!desk.isDryRun)
    for (const [place, share] of shares.entries())
      await writeNewFile({ path: paths[place] as string, content: encodeGuardianShare(share) })
  await orderAct(desk, deviceId, ({ ownership }) => ({
    order: { kind: 'guardians-set', guardians },
    done: `has ${count(guardians.count, 'guardian')}, of whom ${guardians.threshold} can act`,
    next: `Give each its share, they are no secrets: ${absolute(out)}. ${whenTheyChange(ownership.guardians?.delayMs)}`,
    json: { guardians, shares: paths }
  }))
}

function treeOf(
  deviceId: Uint8Array,
  options: SetOptions,
  { network }: OwnerDesk
): ReturnType<typeof createGuardians> {
  const hashes = options.guardian.map((text) => parseHex(text, 32, '--guardian'))
  const number = hashes.length
  if (number < 1 || number > GUARDIANS_MAX || new Set(hashes.map(toHex)).size !== number)
    throw usage(`name one to ${GUARDIANS_MAX} different guardians with --guardian, or say --none`)
  const threshold =
    options.threshold === undefined
      ? Math.floor(number / 2) + 1
      : parseCount(options.threshold, '--threshold')
  if (threshold < 1 || threshold > number)
    throw usage(`--threshold: ${number} guardians cannot be ${threshold}`)
  const terms = { threshold, delayMs: parseDurationMs(options.delay) }
  return createGuardians({ networkTag: network.networkTag, deviceId }, hashes, terms)
}

function whenTheyChange(presentDelayMs: number | undefined): string {
  return presentDelayMs === undefined
    ? 'They can act from now on.'
    : 'Those named before can still object: it takes effect after their delay.'
}
