/**
 * How an owner's act goes out: judged, signed and stored, sent after those before it, and proved.
 *
 * @module
 */

import type {
  BeginOwningFault,
  DeviceFacts,
  OwnerOrder,
  RotationSigner,
  SignedTransaction
} from '../../client/index.ts'
import { equalBytes, toHex, type Verdict } from '../../protocol/index.ts'
import { usage } from './command.ts'
import { explainOwnerCode, shortDevice } from './device-words.ts'
import { lookAsOwner, type OwnerDesk, type ProvedEnd, sendProved } from './wallet-desk.ts'

/** An act that is to be signed. */
export interface PlannedAct {
  readonly order: OwnerOrder
  readonly cosigners?: readonly RotationSigner[]
  /** What has happened, once it has: "is marked lost". */
  readonly done: string
  /** What comes next: a sentence. */
  readonly next: string
  /** More for programs. */
  readonly json?: Readonly<Record<string, unknown>>
  /** What an owner should know before, a sentence each. */
  readonly warnings?: readonly string[]
}

/**
 * Looks at a device, has an act planned from what was seen, and carries it out; or shows it, where
 * that is all that is wanted.
 *
 * @throws NodeError or ClientError
 */
export async function orderAct(
  desk: OwnerDesk,
  deviceId: Uint8Array,
  plan: (facts: DeviceFacts) => PlannedAct | Promise<PlannedAct>
): Promise<ProvedEnd | undefined> {
  const { wallet, output } = desk
  const facts = await lookAsOwner(deviceId, desk)
  const fault = wallet.judgeAct(deviceId)
  const planned = await plan(facts)
  if (desk.isDryRun) {
    showPlanned(desk, deviceId, { ...planned, fault: fault ?? null })
    return undefined
  }
  if (fault !== undefined && fault !== 'CHAIN_FULL') throw usage(explainOwnerCode(fault))
  for (const warning of planned.warnings ?? []) output.note(`! ${warning}`)
  const transactions = await signOnce(desk, deviceId, planned)
  const end = await sendAndSee(desk, deviceId, { transactions, name: planned.order.kind })
  output.answer({
    json: { isSent: true, act: planned.order.kind, deviceId, ...end, ...planned.json },
    lines: (paint) => [
      `${paint.green('✔')} device ${shortDevice(deviceId)} ${planned.done}, final in block ${end.height}.`,
      planned.next
    ]
  })
  return end
}

/**
 * Sends transactions of a device, and takes in what became of them, however they ended.
 *
 * @throws NodeError or ClientError
 */
export async function sendAndSee(
  desk: OwnerDesk,
  deviceId: Uint8Array,
  what: { readonly transactions: readonly SignedTransaction[]; readonly name: string }
): Promise<ProvedEnd> {
  try {
    return await sendProved(desk, what.transactions, what.name)
  } finally {
    // Only to have a tidy wallet: what this cannot learn now, the next command learns.
    await lookAsOwner(deviceId, desk).catch(() => undefined)
  }
}

/**
 * The claim or acceptance of a device: one that is stored already, or a new one.
 *
 * @throws NodeError USAGE_WRONG
 */
export async function beginOwning(
  desk: OwnerDesk,
  deviceId: Uint8Array,
  sign: () => Promise<Verdict<BeginOwningFault, SignedTransaction>>
): Promise<SignedTransaction> {
  const known = desk.wallet.devices.find((device) => equalBytes(device.deviceId, deviceId))
  if (known?.beginning !== null && known?.beginning !== undefined) {
    const { stage } = (await desk.transport.transactionStatus(known.beginning.transactionId)) ?? {}
    // What a node still carries may count: only what it knows nothing of, or has ended, is signed anew.
    if (stage !== undefined && stage !== 'final' && stage !== 'dropped') return known.beginning
  }
  const signed = await sign()
  if (!signed.ok) throw usage(explainOwnerCode(signed.fault))
  return signed.value
}

/** Shows what would be signed. */
export function showPlanned(
  { output, url }: Pick<OwnerDesk, 'output' | 'url'>,
  deviceId: Uint8Array,
  planned: {
    readonly order: { readonly kind: string }
    readonly warnings?: readonly string[]
    readonly fault?: string | null
  }
): void {
  const { order, warnings = [], fault = null } = planned
  output.answer({
    json: { isSent: false, act: order.kind, deviceId, node: url, order, warnings, fault },
    lines: (paint) => [
      paint.bold('Nothing was signed or sent.'),
      `A ${order.kind} for device ${toHex(deviceId)} would go to ${url}.`,
      ...(fault === null ? [] : [`! It could not be signed now: ${explainOwnerCode(fault)}.`]),
      ...warnings.map((warning) => `! ${warning}`)
    ]
  })
}

/** An act of the same kind that is last in flight is sent again, so a command that is repeated acts once. */
async function signOnce(
  { wallet, output }: OwnerDesk,
  deviceId: Uint8Array,
  { order, cosigners = [] }: PlannedAct
): Promise<readonly SignedTransaction[]> {
  const device = wallet.devices.find((one) => equalBytes(one.deviceId, deviceId))
  const inFlight = device?.inFlight ?? []
  if (inFlight.at(-1)?.kind === order.kind) {
    output.note(`  a ${order.kind} is in flight already: it is sent again, nothing new is signed`)
    return inFlight
  }
  const act = await wallet.act(deviceId, order, cosigners)
  if (!act.ok) throw usage(explainOwnerCode(act.fault))
  return [...inFlight, act.value]
}
