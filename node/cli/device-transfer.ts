/**
 * `thingmoot device transfer` and `device accept`: a device changes hands.
 *
 * The buyer gives a key, the seller makes an offer to it, and the buyer accepts with the device
 * present. One offer is open at a time, and it is taken back by the seller alone.
 *
 * @module
 */

import type { Command } from 'commander'
import { createTaggedHash, ownershipAt, toHex } from '../../protocol/index.ts'
import { addCommand, type CommandPorts, parseDurationMs, parseHex, usage } from './command.ts'
import {
  catchUp,
  comingKeysOf,
  type DeviceBeside,
  presenceOf,
  withDeviceBeside
} from './device-present.ts'
import { forgetReaders } from './device-share.ts'
import { at, explainOwnerCode, shortDevice } from './device-words.ts'
import { readNamedFile } from './files.ts'
import { absolute } from './settings.ts'
import { beginOwning, orderAct, sendAndSee, showPlanned } from './wallet-acts.ts'
import {
  addOwnerOptions,
  lookAt,
  namedDevice,
  type OwnerDesk,
  type OwnerOptions,
  withOwnerDesk
} from './wallet-desk.ts'

interface TransferOptions extends OwnerOptions {
  readonly to?: string
  readonly for: string
  readonly terms?: string
  readonly cancel?: boolean
}

interface AcceptOptions extends OwnerOptions {
  readonly invite?: boolean
  readonly device?: string
}

const NO_TERMS = new Uint8Array(32)
const hashTerms = createTaggedHash('tm/terms/1')

/** Adds `device transfer` and `device accept`. */
export function addDeviceTransferCommands(group: Command, ports: CommandPorts): void {
  addOwnerOptions(addCommand(group, 'transfer', 'offer a device to one buyer, or take it back'))
    .argument('<device>', 'id of the device, or its beginning')
    .option('--to <hash>', 'the key hash that the buyer gave: thingmoot device accept --invite')
    .option('--for <span>', 'how long the offer stands', '7d')
    .option('--terms <file>', 'what the two agreed on; only its hash goes onto the ledger')
    .option('--cancel', 'take the open offer back')
    .action((device: string, options: TransferOptions) =>
      withOwnerDesk(options, ports, (desk) => transfer(device, options, desk))
    )
  addOwnerOptions(addCommand(group, 'accept', 'take over a device that was offered to this wallet'))
    .argument('<device>', 'id of the device')
    .option('--invite', 'only give the key hash to which the seller makes the offer')
    .option('--device <dir>', 'folder of the device: it must be present')
    .action((device: string, options: AcceptOptions) =>
      withOwnerDesk(options, ports, async (desk) => {
        const deviceId = namedDevice(device, desk)
        if (options.invite === true) return invite(deviceId, desk)
        if (options.device === undefined)
          throw usage('say where the device is: --device <dir>; or --invite')
        await withDeviceBeside(options.device, desk.network, (beside) =>
          accept(deviceId, beside, desk)
        )
      })
    )
}

async function transfer(device: string, options: TransferOptions, desk: OwnerDesk): Promise<void> {
  const { to, cancel } = options
  if ((to === undefined) === (cancel !== true)) throw usage('say either --to <hash> or --cancel')
  const deviceId = namedDevice(device, desk)
  if (to === undefined) {
    await orderAct(desk, deviceId, () => ({
      order: { kind: 'transfer-cancel' },
      done: 'is not offered any more',
      next: 'Nobody can accept the offer that was open.'
    }))
    return
  }
  const buyerKeyHash = parseHex(to, 32, '--to')
  const termsHash =
    options.terms === undefined ? NO_TERMS : hashTerms(await readNamedFile(absolute(options.terms)))
  await orderAct(desk, deviceId, ({ timeMs }) => {
    const notAfterMs = timeMs + parseDurationMs(options.for)
    return {
      order: { kind: 'transfer-offer', buyerKeyHash, termsHash, notAfterMs },
      done: `is offered until ${at(notAfterMs)}`,
      next: `The buyer takes it over with the device at hand: thingmoot device accept ${toHex(deviceId)} --device <dir>`,
      json: { notAfterMs }
    }
  })
}

async function invite(deviceId: Uint8Array, desk: OwnerDesk): Promise<void> {
  const { ownership } = await lookAt(deviceId, desk)
  const buyerKeyHash = desk.wallet.buyerKeyHash(deviceId, ownership.ownerSequence)
  desk.output.answer({
    json: { deviceId, buyerKeyHash },
    lines: () => [
      `For an offer of device ${shortDevice(deviceId)} to this wallet, give the seller: ${toHex(buyerKeyHash)}`,
      `The seller: thingmoot device transfer ${toHex(deviceId)} --to ${toHex(buyerKeyHash)}`
    ]
  })
}

async function accept(deviceId: Uint8Array, beside: DeviceBeside, desk: OwnerDesk): Promise<void> {
  const { wallet, network, output } = desk
  const { networkTag } = network
  const facts = await lookAt(deviceId, desk)
  const ownership = ownershipAt(facts.ownership, facts.timeMs)
  const coming = await comingKeysOf(beside)
  if (desk.isDryRun) {
    const isOpen = ownership.openOffer !== null
    const order = { kind: 'transfer-accept', offer: ownership.openOffer, coming }
    showPlanned(desk, deviceId, { order, fault: isOpen ? null : 'OFFER_NONE' })
    return
  }
  if (ownership.openOffer === null) throw usage(explainOwnerCode('OFFER_OTHER'))
  const signed = await beginOwning(desk, deviceId, () =>
    wallet.accept(
      { networkTag, deviceId, ownership, coming, guardians: null },
      presenceOf(beside, coming)
    )
  )
  const end = await sendAndSee(desk, deviceId, { transactions: [signed], name: 'transfer-accept' })
  await catchUp(beside, desk)
  await forgetReaders(beside.folder)
  output.answer({
    json: { isSent: true, act: 'transfer-accept', deviceId, ...end },
    lines: (paint) => [
      `${paint.green('✔')} device ${shortDevice(deviceId)} is yours, with new keys, final in block ${end.height}.`,
      "Nothing of the seller's is left: readers, controllers, guardians and profile are yours to set.",
      'Where it seals what it says, it is silent until you share it: thingmoot device share.'
    ]
  })
}
