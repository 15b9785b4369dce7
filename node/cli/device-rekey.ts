/**
 * `thingmoot device rotate` and `device recover`: new keys for a device, by its owner and a rotation
 * key together.
 *
 * @module
 */

import type { Command } from 'commander'
import { type DeviceFacts, type OwnerOrder, planRekeying } from '../../client/index.ts'
import {
  BRANCHES,
  keyHash,
  publicKeyOf,
  RECOVERY_REASONS,
  type Rekeying
} from '../../protocol/index.ts'
import { addCommand, type CommandPorts, parseCount, usage } from './command.ts'
import { bytesOf } from './device-folder.ts'
import { catchUp, comingKeysOf, type DeviceBeside } from './device-present.ts'
import { branchOf, explainOwnerCode } from './device-words.ts'
import { orderAct, type PlannedAct } from './wallet-acts.ts'
import {
  addOwnerOptions,
  namedDevice,
  type OwnerDesk,
  type OwnerOptions,
  withOwnerDesk
} from './wallet-desk.ts'
import { gatherForNewKeys, type SignerOptions, type SignersAtHand } from './wallet-signers.ts'

type RekeyOptions = OwnerOptions & SignerOptions

interface RecoverOptions extends RekeyOptions {
  readonly reason: string
  readonly branch?: string
  readonly disputeFrom?: string
}

const REASONS: Readonly<Record<string, number>> = {
  unknown: RECOVERY_REASONS.unknown,
  clone: RECOVERY_REASONS.clone,
  'key-theft': RECOVERY_REASONS.keyTheft,
  malware: RECOVERY_REASONS.malware,
  'false-alarm': RECOVERY_REASONS.falseAlarm,
  restored: RECOVERY_REASONS.deviceRestored
}
const NO_EVIDENCE = new Uint8Array(32)

/** Adds `device rotate` and `device recover`. */
export function addDeviceRekeyCommands(group: Command, ports: CommandPorts): void {
  addSigners(addOwnerOptions(addCommand(group, 'rotate', 'give a device new keys'))).action(
    (device: string, options: RekeyOptions) =>
      rekey(device, options, ports, (part) => ({ kind: 'rotate', ...part }))
  )
  addSigners(
    addOwnerOptions(
      addCommand(group, 'recover', 'give a device new keys after a theft, a clone or a false alarm')
    )
  )
    .option('--reason <reason>', `one of ${Object.keys(REASONS).join(', ')}`, 'unknown')
    .option('--branch <name>', 'the true branch: ledger or rival', 'ledger')
    .option('--dispute-from <sequence>', 'from where on the other branch is disowned')
    .action((device: string, options: RecoverOptions) =>
      rekey(device, options, ports, (part, facts) => recoverOrder(part, facts, options))
    )
}

function addSigners(command: Command): Command {
  return command
    .argument('<device>', 'id of the device, or its beginning')
    .option('--device <dir>', 'folder of the device: it makes the new keys')
    .option('--recovery-file <file>', 'file with the 24 words of recovery')
}

function rekey(
  device: string,
  options: RekeyOptions,
  ports: CommandPorts,
  orderOf: (part: Rekeying, facts: DeviceFacts) => OwnerOrder
): Promise<void> {
  return withOwnerDesk(options, ports, (desk) =>
    gatherForNewKeys(options, desk, async (beside, signers) => {
      const end = await orderAct(desk, namedDevice(device, desk), (facts) =>
        planNewKeys(facts, { desk, beside, signers, orderOf })
      )
      // The act is final: the device begins its incarnation at once, where it is at hand.
      if (end !== undefined) await catchUp(beside, desk)
    })
  )
}

async function planNewKeys(
  facts: DeviceFacts,
  how: {
    readonly desk: OwnerDesk
    readonly beside: DeviceBeside
    readonly signers: SignersAtHand
    readonly orderOf: (part: Rekeying, facts: DeviceFacts) => OwnerOrder
  }
): Promise<PlannedAct> {
  const { desk, beside, signers, orderOf } = how
  const { ownership, device } = facts
  const coming = await comingKeysOf(beside)
  const rotationKey = { algorithm: 'Ed25519', bytes: bytesOf(beside.born.rotationKey) } as const
  const plan = planRekeying({ ownership, incarnation: device.incarnation }, signers(ownership), {
    newSigningKeyHash: coming.signingKeyHash,
    newEncryptionKey: coming.encryptionKey,
    deviceRotationKeyHash: coming.rotationKeyHash,
    oldDeviceRotationKeyHash: keyHash(publicKeyOf(rotationKey)),
    freeRecoveryHash: desk.wallet.freeRecoveryHash
  })
  if (!plan.ok) throw usage(explainOwnerCode(plan.fault))
  const { part } = plan.value
  const order = orderOf(part, facts)
  const isContained = order.kind === 'recover' && order.reason === RECOVERY_REASONS.malware
  return {
    order,
    cosigners: plan.value.signers,
    done: `has new keys and is in incarnation ${part.newIncarnation}`,
    next: isContained
      ? 'It is to show that it is clean within 30 days: till then only its firmware report counts.'
      : 'It goes on by itself; keys that were copied from it are worth nothing. Readers need a new grant: thingmoot device share.',
    json: { incarnation: part.newIncarnation }
  }
}

function recoverOrder(
  part: Rekeying,
  { device }: DeviceFacts,
  { reason, branch = 'ledger', disputeFrom }: RecoverOptions
): OwnerOrder {
  const number = REASONS[reason]
  if (number === undefined)
    throw usage(`--reason: there is no "${reason}", only ${Object.keys(REASONS).join(', ')}`)
  const goodBranch = branchOf(branch)
  if (goodBranch === undefined) throw usage('--branch is ledger or rival')
  const disowned = goodBranch === BRANCHES.rival ? device.sequence : (device.rival?.sequence ?? 0)
  const disputed = disputeFrom === undefined ? 0 : parseCount(disputeFrom, '--dispute-from')
  if (disputed > disowned)
    throw usage(`--dispute-from: the branch that is not chosen ends at ${disowned}`)
  return {
    kind: 'recover',
    ...part,
    evidenceId: device.quarantine?.evidenceId ?? NO_EVIDENCE,
    goodBranch,
    disputedFromSequence: disputed,
    reason: number
  }
}
