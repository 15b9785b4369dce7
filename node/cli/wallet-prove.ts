/**
 * `thingmoot wallet prove`: shows one verifier that this wallet owns some devices.
 *
 * @module
 */

import type { Command } from 'commander'
import { OWNER_PROOF_DEVICES_MAX, type OwnedPlace, signOwnerProof } from '../../client/index.ts'
import { fromHex } from '../../protocol/index.ts'
import { addCommand, type CommandPorts, gather, usage } from './command.ts'
import { explainOwnerCode } from './device-words.ts'
import { writeNewFile } from './files.ts'
import { count } from './output.ts'
import { absolute } from './settings.ts'
import {
  addLookOptions,
  addWalletOptions,
  type LookOptions,
  lookAt,
  namedDevice,
  openLook
} from './wallet-desk.ts'
import { type WalletPlace, withWallet } from './wallet-folder.ts'

interface ProveOptions extends LookOptions, WalletPlace {
  readonly device: readonly string[]
  readonly for: string
  readonly challenge: string
  readonly out: string
}

const PRIVATE_MODE = 0o600

/** Adds `wallet prove`. */
export function addWalletProveCommand(group: Command, ports: CommandPorts): void {
  addLookOptions(
    addWalletOptions(addCommand(group, 'prove', 'show one verifier that you own some devices'))
  )
    .requiredOption('--device <id>', 'a device of the wallet, or its beginning; repeat', gather, [])
    .requiredOption('--for <verifier>', 'who asked: the proof is worth nothing to anybody else')
    .requiredOption('--challenge <hex>', 'what the verifier drew, by thingmoot owner challenge')
    .requiredOption('--out <file>', 'new file for the proof')
    .action((options: ProveOptions) => prove(options, ports))
}

async function prove(options: ProveOptions, ports: CommandPorts): Promise<void> {
  const challenge = fromHex(options.challenge.toLowerCase())
  if (challenge === undefined) throw usage('--challenge: is no hexadecimal')
  if (options.device.length === 0 || options.device.length > OWNER_PROOF_DEVICES_MAX)
    throw usage(`--device: name 1 to ${OWNER_PROOF_DEVICES_MAX} devices`)
  const desk = await openLook(options, ports)
  await withWallet(options, async (wallet) => {
    const places: OwnedPlace[] = []
    for (const text of options.device) {
      const deviceId = namedDevice(text, { wallet })
      const { ownership, timeMs } = await lookAt(deviceId, desk)
      places.push({ deviceId, ownership, timeMs })
    }
    const { networkTag } = desk.network
    const asked = { verifier: options.for, challenge, networkTag, nowMs: Date.now() }
    const proof = signOwnerProof(wallet.exported, places, asked)
    if (!proof.ok) throw usage(explainOwnerCode(proof.fault))
    const path = absolute(options.out)
    await writeNewFile({ path, content: proof.value, mode: PRIVATE_MODE })
    desk.output.answer({
      json: { file: path, verifier: options.for, devices: places.map(({ deviceId }) => deviceId) },
      lines: (paint) => [
        `${paint.green('✔')} a proof for ${options.for} that one wallet owns ${count(places.length, 'device')}, in ${path}; it holds for five minutes.`,
        'Whoever gets it sees that these devices belong together, and may tell others: give it to that verifier alone.'
      ]
    })
  })
}
