/**
 * `thingmoot device claim`: whoever holds a box, and stands beside its device, becomes its owner.
 *
 * @module
 */

import type { Command } from 'commander'
import { type Box, decodeBox } from '../../client/index.ts'
import { deviceIdOf, equalBytes, fromHex, toHex } from '../../protocol/index.ts'
import { addCommand, type CommandPorts, usage } from './command.ts'
import { catchUp, type DeviceBeside, presenceOf, withDeviceBeside } from './device-present.ts'
import { shortDevice } from './device-words.ts'
import { readNamedFile } from './files.ts'
import { absolute } from './settings.ts'
import { beginOwning, sendAndSee, showPlanned } from './wallet-acts.ts'
import { addOwnerOptions, type OwnerDesk, type OwnerOptions, withOwnerDesk } from './wallet-desk.ts'

interface ClaimOptions extends OwnerOptions {
  readonly box: string
  readonly device: string
}

/** Adds `device claim`. */
export function addDeviceClaimCommand(group: Command, ports: CommandPorts): void {
  addOwnerOptions(addCommand(group, 'claim', 'become the first owner of a device'))
    .requiredOption('--box <file>', "what the box says: a file, or its QR code's hexadecimal")
    .requiredOption('--device <dir>', 'folder of the device: it must be present')
    .action((options: ClaimOptions) =>
      withOwnerDesk(options, ports, async (desk) => {
        const box = await readBox(options.box)
        await withDeviceBeside(options.device, desk.network, (beside) => claim(box, beside, desk))
      })
    )
}

async function claim(box: Box, beside: DeviceBeside, desk: OwnerDesk): Promise<void> {
  const { wallet, network, output } = desk
  const { birth } = box
  const deviceId = deviceIdOf(box.inceptionBytes)
  if (birth === null)
    throw usage('the box does not say where the device was born: ask its maker for a box that does')
  if (!equalBytes(deviceId, beside.deviceId))
    throw usage(`the box is of device ${shortDevice(deviceId)}, the folder of another`)
  if (desk.isDryRun) {
    const order = { kind: 'claim', birth, recoveryKeyHash: wallet.freeRecoveryHash ?? null }
    showPlanned(desk, deviceId, { order, warnings: warningsOf(desk) })
    return
  }
  const { networkTag } = network
  const claimOptions = { networkTag, box, birth, rotationThreshold: 1, guardians: null }
  const signed = await beginOwning(desk, deviceId, () =>
    wallet.claim(claimOptions, presenceOf(beside, null))
  )
  // The device keeps it too, so that its folder tells that it was claimed.
  const born = { ...beside.born, claimId: toHex(signed.transactionId) }
  await beside.folder.writeBorn(born)
  const end = await sendAndSee(desk, deviceId, { transactions: [signed], name: 'claim' })
  await catchUp({ ...beside, born }, desk)
  for (const warning of warningsOf(desk)) output.note(`! ${warning}`)
  output.answer({
    json: { isSent: true, act: 'claim', deviceId, ...end },
    lines: (paint) => [
      `${paint.green('✔')} device ${shortDevice(deviceId)} is yours, final in block ${end.height}: ${toHex(deviceId)}`,
      `It speaks now: thingmoot device sign --device ${beside.folder.path} --reading temperature=21.5`
    ]
  })
}

function warningsOf({ wallet }: OwnerDesk): readonly string[] {
  return wallet.freeRecoveryHash === undefined
    ? ['the wallet knows no more recovery keys: only the device itself can give itself new keys']
    : []
}

async function readBox(text: string): Promise<Box> {
  const given = /^[0-9a-f]+$/i.test(text) ? fromHex(text.toLowerCase()) : undefined
  const box = decodeBox(given ?? (await readNamedFile(absolute(text))))
  if (box === undefined) throw usage(`${text.slice(0, 60)}: is not what a box says`)
  return box
}
