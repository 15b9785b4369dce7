/**
 * `thingmoot device guardians act` and `invite`: what guardians do together, and for whom.
 *
 * @module
 */

import type { Command } from 'commander'
import {
  decodeGuardianShare,
  draftGuardianAct,
  finishGuardianAct,
  type GuardianShare,
  isKeyOfShare,
  signGuardianAct
} from '../../client/index.ts'
import {
  type CoseSignature,
  equalBytes,
  type GUARDIAN_ACTS,
  type PrivateKey,
  publicKeyOf,
  toHex
} from '../../protocol/index.ts'
import { readKeyFile } from '../storage/key-file.ts'
import {
  addCommand,
  type CommandPorts,
  gather,
  parseDurationMs,
  parseHex,
  usage
} from './command.ts'
import { presenceOf, withDeviceBeside } from './device-present.ts'
import { at, explainOwnerCode, shortDevice } from './device-words.ts'
import { readNamedFile } from './files.ts'
import { absolute } from './settings.ts'
import { showPlanned } from './wallet-acts.ts'
import {
  addLookOptions,
  addOwnerOptions,
  type LookDesk,
  type LookOptions,
  lookAt,
  namedDevice,
  type OwnerOptions,
  openLook,
  sendProved,
  withOwnerDesk
} from './wallet-desk.ts'

interface ActOptions extends LookOptions {
  readonly share: readonly string[]
  readonly key: readonly string[]
  readonly device?: string
  readonly newOwner?: string
  readonly wait: string
  readonly dryRun?: boolean
}

interface PresentGuardian {
  readonly share: GuardianShare
  readonly key: PrivateKey
  readonly publicKey: Uint8Array
}

const ACTS: Readonly<Record<string, keyof typeof GUARDIAN_ACTS>> = {
  cancel: 'cancel',
  lost: 'lost',
  'replace-owner': 'replaceOwner'
}

/** Adds `act` and `invite` to the commands of guardians. */
export function addGuardianActCommands(group: Command, ports: CommandPorts): void {
  addLookOptions(addCommand(group, 'act', 'guardians act together'))
    .argument('<act>', `one of ${Object.keys(ACTS).join(', ')}`)
    .option('--share <file>', 'share of a guardian; repeat', gather, [])
    .option('--key <file>', 'key of a guardian; repeat', gather, [])
    .option('--new-owner <hash>', 'with replace-owner: what guardians invite gave')
    .option('--device <dir>', 'with replace-owner: folder of the device, which must be present')
    .option('--wait <span>', 'how long to wait until it is final', '30s')
    .option('--dry-run', 'show what would be signed, and sign and send nothing')
    .action((act: string, options: ActOptions) => actTogether(act, options, ports))
  addOwnerOptions(
    addCommand(group, 'invite', 'the hash by which guardians make this wallet the owner')
  )
    .argument('<device>', 'id of the device')
    .action((device: string, options: OwnerOptions) => invite(device, options, ports))
}

function invite(device: string, options: OwnerOptions, ports: CommandPorts): Promise<void> {
  return withOwnerDesk(options, ports, async (desk) => {
    const deviceId = namedDevice(device, desk)
    const { ownership } = await lookAt(deviceId, desk)
    const ownerKeyHash = desk.wallet.ownerKeyHash(deviceId, ownership.ownerSequence + 1)
    desk.output.answer({
      json: { deviceId, ownerKeyHash },
      lines: () => [
        `To make this wallet the owner of ${shortDevice(deviceId)}, its guardians use: ${toHex(ownerKeyHash)}`,
        'After their delay: thingmoot wallet restore --device, with the words of this wallet.'
      ]
    })
  })
}

async function actTogether(text: string, options: ActOptions, ports: CommandPorts): Promise<void> {
  const act = ACTS[text]
  if (act === undefined) throw usage(`guardians can ${Object.keys(ACTS).join(', ')}`)
  const isReplacing = act === 'replaceOwner'
  if (isReplacing !== (options.newOwner !== undefined && options.device !== undefined))
    throw usage('--new-owner and --device go with replace-owner, and both are needed there')
  const waitMs = parseDurationMs(options.wait)
  const desk = { ...(await openLook(options, ports, waitMs)), waitMs }
  const present = await gatherGuardians(options, desk)
  const deviceId = (present[0] as PresentGuardian).share.deviceId
  const { ownership } = await lookAt(deviceId, desk)
  const order = {
    networkTag: desk.network.networkTag,
    deviceId,
    guardianSequence: ownership.guardianSequence + 1,
    act,
    ownerKeyHash:
      options.newOwner === undefined ? null : parseHex(options.newOwner, 32, '--new-owner')
  }
  if (options.dryRun === true) {
    showPlanned(desk, deviceId, { order: { kind: `guardian-act ${text}`, ...order } })
    return
  }
  const draft = draftGuardianAct(order, present)
  const presence = await presenceFor(draft.signedBody, options, desk)
  const signed = present.map(({ key, publicKey }) => ({
    publicKey,
    signature: signGuardianAct(key, draft)
  }))
  const transaction = finishGuardianAct(draft, signed, presence)
  const end = await sendProved(desk, [transaction], 'guardian-act')
  const after = await lookAt(deviceId, desk)
  const { pendingOwner } = after.ownership
  const readyAtMs = isReplacing ? (pendingOwner?.readyAtMs ?? null) : null
  desk.output.answer({
    json: { isSent: true, act: text, deviceId, readyAtMs, ...end },
    lines: (paint) => [
      `${paint.green('✔')} ${present.length} guardians of ${shortDevice(deviceId)} have acted: ${text}, final in block ${end.height}.`,
      readyAtMs === null
        ? 'The owner sees it: thingmoot device show.'
        : `The new owner can act from ${at(readyAtMs)} on; till then the present one may cancel, unless all guardians signed.`
    ]
  })
}

async function presenceFor(
  signedBody: Uint8Array,
  { device }: ActOptions,
  { network }: LookDesk
): Promise<CoseSignature | null> {
  if (device === undefined) return null
  const presence = await withDeviceBeside(device, network, (beside) =>
    presenceOf(beside, null)(signedBody)
  )
  if (presence === undefined) throw usage(explainOwnerCode('PRESENCE_REFUSED'))
  return presence
}

/** Each share with the key that fits it; all of one device of this network. */
async function gatherGuardians(
  { share: sharePaths, key: keyPaths }: ActOptions,
  { network }: LookDesk
): Promise<readonly PresentGuardian[]> {
  if (sharePaths.length === 0) throw usage('bring shares and keys: --share <file> --key <file> …')
  const keys: PrivateKey[] = []
  for (const path of keyPaths)
    keys.push({
      algorithm: 'Ed25519',
      bytes: await readKeyFile({ path: absolute(path), protection: { kind: 'plain' } })
    })
  const present: PresentGuardian[] = []
  for (const path of sharePaths) {
    const share = decodeGuardianShare(await readNamedFile(absolute(path)))
    if (share === undefined) throw usage(`${path}: is no share of a guardian`)
    if (!equalBytes(share.networkTag, network.networkTag))
      throw usage(`${path}: is of another network`)
    const first = present[0]?.share
    if (first !== undefined && !equalBytes(first.deviceId, share.deviceId))
      throw usage(`${path}: is of another device than the share before`)
    const key = keys.find((one) => isKeyOfShare(publicKeyOf(one), share))
    if (key === undefined) throw usage(`${path}: no --key fits this share`)
    present.push({ share, key, publicKey: publicKeyOf(key) })
  }
  return present
}
