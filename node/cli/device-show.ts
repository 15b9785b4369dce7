/**
 * `thingmoot device show`: how a device stands, proved, in plain words.
 *
 * @module
 */

import type { Command } from 'commander'
import type { DeviceFacts } from '../../client/index.ts'
import { DEVICE_STATUS, ownershipAt, toHex } from '../../protocol/index.ts'
import { addCommand, type CommandPorts, parseHex } from './command.ts'
import { at, isQuarantineOver, standingSentences } from './device-words.ts'
import { table } from './output.ts'
import { addLookOptions, type LookOptions, lookAt, openLook } from './wallet-desk.ts'

/** Adds `device show`. */
export function addDeviceShowCommand(group: Command, ports: CommandPorts): void {
  addLookOptions(addCommand(group, 'show', 'how a device stands, proved, in plain words'))
    .argument('<device>', 'id of the device')
    .action((device: string, options: LookOptions) => show(device, options, ports))
}

async function show(text: string, options: LookOptions, ports: CommandPorts): Promise<void> {
  const deviceId = parseHex(text, 32, 'device')
  const desk = await openLook(options, ports)
  const facts = await lookAt(deviceId, desk)
  const sentences = standingSentences(facts)
  desk.output.answer({
    json: { deviceId, ...summaryOf(facts), sentences },
    lines: (paint) => [
      paint.bold(`Device ${toHex(deviceId)}`),
      ...sentences,
      ...table(
        [
          ['class', `${toHex(facts.device.classId)}, version ${facts.device.classVersion}`],
          ['proved', `at height ${facts.height}, ${at(facts.timeMs)}`]
        ],
        paint
      )
    ]
  })
}

/** The same for programs; what is over by time is left out. */
function summaryOf(facts: DeviceFacts): Readonly<Record<string, unknown>> {
  const { device, timeMs } = facts
  const { quarantine, rival, suspectUntilMs } = device
  const { openOffer, guardians, pendingGuardians, pendingOwner, ...rest } = ownershipAt(
    facts.ownership,
    timeMs
  )
  const isOver = isQuarantineOver(quarantine, timeMs)
  return {
    status: facts.isRevoked ? 'revoked' : statusName(isOver ? DEVICE_STATUS.active : device.status),
    isLost: device.lost === 1,
    isContested: rival !== null,
    isSuspect: suspectUntilMs > timeMs,
    suspectUntilMs,
    quarantine: isOver ? null : quarantine,
    incarnation: device.incarnation,
    sequence: device.sequence,
    headMessageId: device.headMessageId,
    dataKeyEpoch: device.dataKeyEpoch,
    ownerSequence: rest.ownerSequence,
    rotationKeyHashes: rest.rotationKeyHashes,
    rotationThreshold: rest.rotationThreshold,
    openOffer,
    guardians,
    pendingGuardians,
    pendingOwner,
    transferFrozenUntilMs: rest.transferFrozenUntilMs,
    overlay: rest.overlay,
    controllers: facts.controllers.map(({ controllerKey, notAfterMs }) => ({
      controllerKey,
      notAfterMs
    })),
    readers: facts.readers?.readers.map(({ readerId, notAfterMs }) => ({ readerId, notAfterMs })),
    alerts: facts.alerts?.entries ?? [],
    height: facts.height,
    timeMs
  }
}

function statusName(status: number): string {
  const found = Object.entries(DEVICE_STATUS).find(([, number]) => number === status)
  return found?.[0] ?? String(status)
}
