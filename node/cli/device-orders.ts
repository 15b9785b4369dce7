/**
 * `thingmoot device lost`, `found`, `quarantine`, `profile` and `retire`: what an owner orders by the
 * wallet, and where that is not enough, with a rotation key.
 *
 * @module
 */

import type { Command } from 'commander'
import {
  type DeviceFacts,
  isPresetName,
  PRESET_NAMES,
  planReveal,
  presetOverlay
} from '../../client/index.ts'
import {
  addCommand,
  type CommandPorts,
  gather,
  parseCount,
  parseDurationMs,
  usage
} from './command.ts'
import { at, explainOwnerCode } from './device-words.ts'
import { orderAct, type PlannedAct } from './wallet-acts.ts'
import { addOwnerOptions, namedDevice, type OwnerOptions, withOwnerDesk } from './wallet-desk.ts'
import { gatherSigners, type SignerOptions } from './wallet-signers.ts'

interface QuarantineOptions extends OwnerOptions {
  readonly for?: string
  readonly lift?: boolean
  readonly acknowledge?: string
  readonly confirm?: boolean
}

interface ProfileOptions extends OwnerOptions {
  readonly preset?: string
  readonly clear?: boolean
  readonly classVersion?: string
  readonly region: readonly string[]
}

type RetireOptions = OwnerOptions & SignerOptions & { readonly yes?: boolean }

/** Adds the commands by which an owner orders something of a device. */
export function addDeviceOrderCommands(group: Command, ports: CommandPorts): void {
  addPlain(group, ports, {
    name: 'lost',
    description: 'mark a device lost: it is not heard, bought or commanded',
    order: { kind: 'lost' },
    done: 'is marked lost',
    next: 'What it says waits until thingmoot device found; who finds it can neither use nor sell it.'
  })
  addPlain(group, ports, {
    name: 'found',
    description: 'the device is back: it is heard again',
    order: { kind: 'found' },
    done: 'is heard again',
    next: 'If it was in other hands, give it new keys: thingmoot device rotate.'
  })
  addOwnerOptions(addCommand(group, 'quarantine', 'stop a device for a time, or let it go on'))
    .argument('<device>', 'id of the device, or its beginning')
    .option('--for <span>', 'how long, such as 7d (default: 24h)')
    .option('--lift', 'let it go on now')
    .option('--acknowledge <rule>', 'the alerts of this rule are a false alarm')
    .option('--confirm', 'with --acknowledge: they are right')
    .action((device: string, options: QuarantineOptions) =>
      act(device, options, ports, (facts) => planQuarantine(facts, options))
    )
  addOwnerOptions(
    addCommand(group, 'profile', 'treat a device more strictly, or as its maker does')
  )
    .argument('<device>', 'id of the device, or its beginning')
    .option('--preset <name>', `one of ${PRESET_NAMES.join(', ')}`)
    .option('--region <name>', 'it may speak from here alone; repeat', gather, [])
    .option('--clear', "nothing of the owner's own: as its maker does")
    .option('--class-version <number>', 'take up this newer version of its class')
    .action((device: string, options: ProfileOptions) =>
      act(device, options, ports, (facts) => planProfile(facts, options))
    )
  addOwnerOptions(addCommand(group, 'retire', 'end a device for good; this cannot be undone'))
    .argument('<device>', 'id of the device, or its beginning')
    .option('--device <dir>', 'folder of the device, which signs with its rotation key')
    .option('--recovery-file <file>', 'file with the 24 words of recovery')
    .option('--yes', 'you know that it cannot be undone')
    .action((device: string, options: RetireOptions) => retire(device, options, ports))
}

/** Carries out a planned act of a wallet. */
function act(
  device: string,
  options: OwnerOptions,
  ports: CommandPorts,
  plan: (facts: DeviceFacts) => PlannedAct
): Promise<void> {
  return withOwnerDesk(options, ports, async (desk) => {
    await orderAct(desk, namedDevice(device, desk), plan)
  })
}

function addPlain(
  group: Command,
  ports: CommandPorts,
  plain: PlannedAct & { readonly name: string; readonly description: string }
): void {
  addOwnerOptions(addCommand(group, plain.name, plain.description))
    .argument('<device>', 'id of the device, or its beginning')
    .action((device: string, options: OwnerOptions) => act(device, options, ports, () => plain))
}

const DAY_MS = 86_400_000
const RULE_MAX = 255

function planQuarantine({ timeMs }: DeviceFacts, options: QuarantineOptions): PlannedAct {
  const asked = [options.for, options.lift, options.acknowledge].filter((one) => one !== undefined)
  if (asked.length > 1) throw usage('say one of --for, --lift and --acknowledge')
  if (options.acknowledge !== undefined) return planAcknowledge(options.acknowledge, options)
  if (options.lift === true)
    return {
      order: { kind: 'quarantine', untilMs: 0 },
      done: 'goes on',
      next: 'What it says counts again.'
    }
  const untilMs = timeMs + (options.for === undefined ? DAY_MS : parseDurationMs(options.for))
  return {
    order: { kind: 'quarantine', untilMs },
    done: `is quarantined until ${at(untilMs)}`,
    next: 'Nothing it says counts till then; thingmoot device quarantine --lift ends it before.',
    json: { untilMs }
  }
}

function planAcknowledge(text: string, { confirm }: QuarantineOptions): PlannedAct {
  const rule = parseCount(text, '--acknowledge')
  if (rule > RULE_MAX) throw usage('--acknowledge: there is no such rule')
  const verdict = confirm === true ? 1 : 0
  return {
    order: { kind: 'alert-ack', rule, verdict },
    done:
      confirm === true
        ? 'is rightly suspected, its owner says'
        : 'is wrongly suspected, its owner says',
    next:
      confirm === true
        ? 'That changes nothing by itself: thingmoot device recover gives it new keys.'
        : 'Alerts by this rule count no more for a day.'
  }
}

function planProfile(facts: DeviceFacts, options: ProfileOptions): PlannedAct {
  const { preset, clear, region } = options
  if ([preset, clear].filter((one) => one !== undefined).length > 1)
    throw usage('--preset and --clear exclude each other')
  if (preset !== undefined && !isPresetName(preset))
    throw usage(`--preset: there is no "${preset}", only ${PRESET_NAMES.join(', ')}`)
  const { device, ownership, classVersion } = facts
  const canSeal = classVersion.canSeal === 1
  const base =
    preset === undefined || !isPresetName(preset)
      ? ownership.overlay
      : presetOverlay(preset, canSeal)
  const kept = clear === true ? null : base
  if (region.length > 0 && kept === null)
    throw usage('--region goes with --preset, or with a profile that is set already')
  const overlay =
    kept === null || region.length === 0 ? kept : { ...kept, regions: [...new Set(region)].sort() }
  const isMute = overlay?.sealing === 1 && device.keyCommitment === null
  return {
    order: {
      kind: 'profile-set',
      classVersion:
        options.classVersion === undefined
          ? device.classVersion
          : parseCount(options.classVersion, '--class-version'),
      updateVendorId: ownership.updateVendorId,
      overlay
    },
    done: overlay === null ? 'is treated as its maker does' : 'is treated more strictly',
    next: isMute
      ? 'It must seal now: its readings are void until thingmoot device share gives it a data key.'
      : 'Tightened fields count from its next message on.',
    ...(isMute ? { warnings: ['the device has no data key yet, and could not say a reading'] } : {})
  }
}

function retire(device: string, options: RetireOptions, ports: CommandPorts): Promise<void> {
  return withOwnerDesk(options, ports, async (desk) => {
    if (options.yes !== true && !desk.isDryRun)
      throw usage('a retired device is never heard again, by anybody: say --yes')
    await gatherSigners(options, desk, (signers) =>
      orderAct(desk, namedDevice(device, desk), ({ ownership }) => {
        const plan = planReveal(ownership, signers(ownership))
        if (!plan.ok) throw usage(explainOwnerCode(plan.fault))
        return {
          order: { kind: 'retire', revealed: plan.value.revealed },
          cosigners: plan.value.signers,
          done: 'is retired',
          next: 'Its history stays; nothing more will ever be added to it.'
        }
      })
    )
  })
}
