/**
 * `thingmoot device list`: the reference devices in the folders beneath one.
 *
 * @module
 */

import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Command } from 'commander'
import { addCommand, type CommandPorts, type CommonOptions, usage } from './command.ts'
import { readBorn } from './device-folder.ts'
import { count, createOutput, table } from './output.ts'
import { absolute } from './settings.ts'

interface ListedDevice {
  readonly folder: string
  readonly deviceId: string
  readonly networkId: string
  readonly isClaimSigned: boolean
}

/** Adds `device list`. */
export function addDeviceListCommand(group: Command, ports: CommandPorts): void {
  addCommand(group, 'list', 'the devices in the folders beneath one')
    .argument('[folder]', 'where to look', '.')
    .action((folder: string, options: CommonOptions) => list(absolute(folder), options, ports))
}

async function list(parent: string, options: CommonOptions, ports: CommandPorts): Promise<void> {
  const entries = await readdir(parent, { withFileTypes: true }).catch((error: unknown) => {
    throw usage(`${parent}: cannot be read (${error instanceof Error ? error.message : error})`)
  })
  const devices: ListedDevice[] = []
  for (const entry of entries.filter((other) => other.isDirectory())) {
    const born = await readBorn(join(parent, entry.name))
    if (born === undefined) continue
    const { deviceId, networkId, acts, claimId } = born
    const isClaimSigned = acts !== null || claimId !== undefined
    devices.push({ folder: entry.name, deviceId, networkId, isClaimSigned })
  }
  createOutput(options, ports).answer({
    json: devices,
    lines: (paint) => [
      `${count(devices.length, 'device')} in ${parent}`,
      ...table(
        devices.map(({ folder, deviceId, networkId, isClaimSigned }) => [
          folder,
          `${deviceId}  ${networkId}${isClaimSigned ? '' : ', not claimed'}`
        ]),
        paint
      )
    ]
  })
}
