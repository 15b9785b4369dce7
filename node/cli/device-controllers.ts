/**
 * `thingmoot device controllers`: whose keys may command a device.
 *
 * Adding and removing are acts of the owner: each replaces the whole list, and a key that stays keeps
 * its count.
 *
 * @module
 */

import type { Command } from 'commander'
import type { DeviceFacts } from '../../client/index.ts'
import { CONTROLLERS_MAX, compareBytes, equalBytes, fromHex, toHex } from '../../protocol/index.ts'
import { addCommand, type CommandPorts, parseDurationMs, usage } from './command.ts'
import { at, shortDevice } from './device-words.ts'
import { count, table } from './output.ts'
import { idBytes, resolveId } from './short-id.ts'
import { orderAct, type PlannedAct } from './wallet-acts.ts'
import {
  addLookOptions,
  addOwnerOptions,
  type LookOptions,
  lookAt,
  namedDevice,
  type OwnerOptions,
  openLook,
  withOwnerDesk
} from './wallet-desk.ts'

interface AddOptions extends OwnerOptions {
  readonly for: string
}

type Term = Pick<DeviceFacts['controllers'][number], 'controllerKey' | 'notAfterMs'>

/** Adds `device controllers add`, `remove` and `list`. */
export function addDeviceControllersCommand(group: Command, ports: CommandPorts): void {
  const controllers = group.command('controllers').description('whose keys may command a device')
  addOwnerOptions(addCommand(controllers, 'add', 'let a key command a device'))
    .argument('<device>', 'id of the device, or its beginning')
    .argument('<controller-key>', 'as thingmoot controller new prints it')
    .option('--for <span>', 'how long it may', '365d')
    .action((device: string, key: string, options: AddOptions) =>
      change({ device, options, ports }, (facts) => planAdd(facts, keyOf(key), options))
    )
  addOwnerOptions(addCommand(controllers, 'remove', 'let a key command a device no more'))
    .argument('<device>', 'id of the device, or its beginning')
    .argument('<controller-key>', 'one of those that thingmoot device controllers list shows')
    .action((device: string, key: string, options: OwnerOptions) =>
      change({ device, options, ports }, (facts) => planRemove(facts, keyOf(key)))
    )
  addLookOptions(addCommand(controllers, 'list', 'who may command a device, proved'))
    .argument('<device>', 'id of the device')
    .action((device: string, options: LookOptions) => list(device, options, ports))
}

async function change(
  asked: {
    readonly device: string
    readonly options: OwnerOptions
    readonly ports: CommandPorts
  },
  plan: (facts: DeviceFacts) => PlannedAct
): Promise<void> {
  await withOwnerDesk(asked.options, asked.ports, async (desk) => {
    await orderAct(desk, namedDevice(asked.device, desk), plan)
  })
}

function planAdd(facts: DeviceFacts, controllerKey: Uint8Array, options: AddOptions): PlannedAct {
  const notAfterMs = facts.timeMs + parseDurationMs(options.for)
  const others = othersOf(facts, controllerKey)
  if (others.length >= CONTROLLERS_MAX)
    throw usage(`a device has at most ${CONTROLLERS_MAX} controllers: remove one first`)
  return {
    ...planList([...others, { controllerKey, notAfterMs }]),
    done: `may be commanded by ${toHex(controllerKey).slice(0, 8)} until ${at(notAfterMs)}`,
    next: 'It commands by: thingmoot device command <device> <text> --controller … --node …'
  }
}

function planRemove(facts: DeviceFacts, controllerKey: Uint8Array): PlannedAct {
  const others = othersOf(facts, controllerKey)
  if (others.length === facts.controllers.length) throw usage('this key may not command the device')
  return {
    ...planList(others),
    done: `is commanded by ${toHex(controllerKey).slice(0, 8)} no more`,
    next: 'What that key has sent before and is final already still reaches the device.'
  }
}

function othersOf({ controllers }: DeviceFacts, controllerKey: Uint8Array): readonly Term[] {
  return controllers.filter((one) => !equalBytes(one.controllerKey, controllerKey))
}

function planList(terms: readonly Term[]): Pick<PlannedAct, 'order' | 'json'> {
  const controllers = terms
    .map(({ controllerKey, notAfterMs }) => ({ controllerKey, notAfterMs }))
    .sort((left, right) => compareBytes(left.controllerKey, right.controllerKey))
  return { order: { kind: 'controllers-set', controllers }, json: { controllers } }
}

async function list(device: string, options: LookOptions, ports: CommandPorts): Promise<void> {
  const desk = await openLook(options, ports)
  const deviceId = idBytes(resolveId(device, [], 'device'))
  const { controllers, timeMs, height } = await lookAt(deviceId, desk)
  desk.output.answer({
    json: {
      deviceId,
      height,
      controllers: controllers.map(({ bucket: _bucket, ...one }) => one)
    },
    lines: (paint) => [
      `${count(controllers.length, 'key')} may command device ${shortDevice(deviceId)}, at block ${height}`,
      ...table(
        controllers.map(({ controllerKey, commandSequence, notAfterMs }): [string, string] => [
          toHex(controllerKey),
          `${notAfterMs > timeMs ? 'until' : 'over since'} ${at(notAfterMs)}, ${count(commandSequence, 'command')} counted`
        ]),
        paint
      )
    ]
  })
}

function keyOf(text: string): Uint8Array {
  const key = fromHex(text.toLowerCase())
  if (key === undefined || (key.length !== 32 && key.length !== 33))
    throw usage('<controller-key> is a key of 32 or 33 bytes in hexadecimal')
  return key
}
