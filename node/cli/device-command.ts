/**
 * `thingmoot device command`: seals a command to a device, waits for its answer on the ledger, and
 * says what happened.
 *
 * @module
 */

import { setTimeout as sleep } from 'node:timers/promises'
import type { Command } from 'commander'
import {
  COMMAND_INTERRUPTED,
  type DeviceFacts,
  type Reply,
  signCommand,
  systemRandomBytes
} from '../../client/index.ts'
import { canSpeak, DEVICE_STATUS, equalBytes, publicKeyOf, toHex } from '../../protocol/index.ts'
import { NodeError } from '../errors.ts'
import { addCommand, type CommandPorts, parseDurationMs, usage } from './command.ts'
import { type ControllerFolder, type StoredCommand, withController } from './controller-folder.ts'
import { bytesOf } from './device-folder.ts'
import { findReply } from './device-replies.ts'
import { explainOwnerCode, isQuarantineOver, shortDevice } from './device-words.ts'
import { absolute } from './settings.ts'
import { idBytes, resolveId } from './short-id.ts'
import {
  addLookOptions,
  type LookDesk,
  type LookOptions,
  lookAt,
  openLook,
  sendProved
} from './wallet-desk.ts'

interface CommandOptions extends LookOptions {
  readonly controller: string
  readonly wait: string
  readonly for: string
  readonly again?: string
  readonly dryRun?: boolean
}

interface CommandDesk extends LookDesk {
  readonly waitMs: number
}

const ASK_AGAIN_MS = 500

/** Adds `device command`. */
export function addDeviceCommandCommand(group: Command, ports: CommandPorts): void {
  addLookOptions(addCommand(group, 'command', 'tell a device something that it alone can read'))
    .argument('<device>', 'id of the device')
    .argument('[text]', 'what it is told')
    .requiredOption('--controller <dir>', 'folder of a controller whom its owner lets command it')
    .option('--for <span>', 'after this it is not followed any more', '1h')
    .option('--wait <span>', 'how long to wait for the answer', '60s')
    .option('--again <command>', 'wait for the answer to one that was sent before')
    .option('--dry-run', 'show what would be signed, and sign and send nothing')
    .action((device: string, text: string | undefined, options: CommandOptions) =>
      withController(absolute(options.controller), async (folder) => {
        const waitMs = parseDurationMs(options.wait)
        const desk = { ...(await openLook(options, ports, waitMs)), waitMs }
        const deviceId = idBytes(resolveId(device, knownDevices(folder), 'device commanded before'))
        if ((text === undefined) === (options.again === undefined))
          throw usage('say what the device is told, or --again and the id of a command')
        if (options.again !== undefined) {
          const ids = folder.sent().map((one) => one.commandId)
          const named = resolveId(options.again, ids, 'command of this controller')
          const sent = folder.sent().find(({ commandId }) => commandId === named)
          if (sent === undefined) throw usage('this controller sent no such command')
          await awaitReply(desk, sent)
        } else await command(desk, folder, { deviceId, text: text ?? '', options })
      })
    )
}

function knownDevices(folder: ControllerFolder): readonly string[] {
  return folder.sent().map(({ deviceId }) => deviceId)
}

async function command(
  desk: CommandDesk,
  folder: ControllerFolder,
  asked: {
    readonly deviceId: Uint8Array
    readonly text: string
    readonly options: CommandOptions
  }
): Promise<void> {
  const { deviceId, text, options } = asked
  const facts = await lookAt(deviceId, desk)
  const stopped = stoppedSentence(facts)
  const commandSequence = nextSequence(facts, folder, deviceId)
  const notAfterMs = facts.timeMs + parseDurationMs(options.for)
  if (options.dryRun === true) {
    showPlanned(desk, { ...asked, commandSequence, notAfterMs, stopped })
    return
  }
  if (stopped !== null)
    throw new NodeError('REQUEST_FAILED', `nothing was sent: ${stopped} (DEVICE_STOPPED)`)
  const signed = await signCommand(
    {
      networkTag: desk.network.networkTag,
      deviceId,
      incarnation: facts.device.incarnation,
      encryptionKey: facts.ownership.encryptionKey,
      controllerKey: folder.key,
      commandSequence,
      notAfterMs,
      plaintext: new TextEncoder().encode(text)
    },
    systemRandomBytes
  )
  if (!signed.ok)
    throw usage(
      signed.fault === 'COMMAND_TOO_LARGE'
        ? 'that is too much for one command: at most 2,032 bytes'
        : 'the device has no sound key to seal to'
    )
  const { transactionId, wire, replySecret } = signed.value
  const stored: StoredCommand = {
    commandId: toHex(transactionId),
    deviceId: toHex(deviceId),
    commandSequence,
    replySecret: toHex(replySecret),
    wire: toHex(wire)
  }
  await folder.remember(stored)
  await awaitReply(desk, stored)
}

/** Hands the command in, again if it was before: the ledger counts it once. */
async function awaitReply(desk: CommandDesk, sent: StoredCommand): Promise<void> {
  const endMs = performance.now() + desk.waitMs
  const transactionId = bytesOf(sent.commandId)
  const end = await sendProved(desk, [{ transactionId, wire: bytesOf(sent.wire) }], 'command')
  for (;;) {
    const reply = await findReply(desk, sent, end.height)
    if (reply !== undefined) {
      tell(desk, sent, { height: end.height, reply })
      return
    }
    if (performance.now() >= endMs) break
    await sleep(ASK_AGAIN_MS)
  }
  throw new NodeError(
    'NODE_NOT_READY',
    `command ${sent.commandId} is final in block ${end.height}, and the device has not answered yet; look again with --again ${sent.commandId.slice(0, 8)}`
  )
}

function tell(
  { output }: CommandDesk,
  sent: StoredCommand,
  { height, reply }: { readonly height: number; readonly reply: Reply }
): void {
  const { resultCode } = reply
  const answer = reply.answer === null ? null : new TextDecoder().decode(reply.answer)
  const { commandId, deviceId, commandSequence } = sent
  output.answer({
    json: { commandId, deviceId, commandSequence, height, resultCode, answer },
    lines: (paint) => [sentenceOf(paint, bytesOf(deviceId), { resultCode, answer })]
  })
}

function sentenceOf(
  paint: LookDesk['paint'],
  deviceId: Uint8Array,
  { resultCode, answer }: { readonly resultCode: number; readonly answer: string | null }
): string {
  // Whatever a device says is shown as one line of text.
  const said = answer === null || answer === '' ? '' : ` and answers ${JSON.stringify(answer)}`
  const name = `device ${shortDevice(deviceId)}`
  if (resultCode === 0) return `${paint.green('✔')} ${name} did it${said}.`
  if (resultCode === COMMAND_INTERRUPTED)
    return `${paint.yellow('?')} ${name} was cut off while it did it: whether it was done, nobody knows.`
  return `${paint.red('✘')} ${name} could not do it, by its code ${resultCode},${said === '' ? ' and says no more' : said}.`
}

/** Above the last of this key on the ledger, and above those that were sent and are not there yet. */
function nextSequence(
  { controllers }: DeviceFacts,
  folder: ControllerFolder,
  deviceId: Uint8Array
): number {
  const own = publicKeyOf(folder.key)
  const counted = controllers.find(({ controllerKey }) => equalBytes(controllerKey, own))
  const sent = folder
    .sent()
    .filter((one) => one.deviceId === toHex(deviceId))
    .map(({ commandSequence }) => commandSequence)
  return Math.max(0, counted?.commandSequence ?? 0, ...sent) + 1
}

function stoppedSentence({ device, isRevoked, timeMs }: DeviceFacts): string | null {
  if (isRevoked || device.status === DEVICE_STATUS.retired) return explainOwnerCode('DEVICE_ENDED')
  if (device.lost === 1) return 'the device is marked lost'
  const isOver =
    device.status === DEVICE_STATUS.quarantined && isQuarantineOver(device.quarantine, timeMs)
  return canSpeak(device) || isOver ? null : 'the device is quarantined'
}

function showPlanned(
  { output, url }: CommandDesk,
  planned: {
    readonly deviceId: Uint8Array
    readonly text: string
    readonly commandSequence: number
    readonly notAfterMs: number
    readonly stopped: string | null
  }
): void {
  const { deviceId, text, commandSequence, notAfterMs, stopped } = planned
  output.answer({
    json: { isSent: false, deviceId, node: url, text, commandSequence, notAfterMs, stopped },
    lines: (paint) => [
      paint.bold('Nothing was signed or sent.'),
      `Command ${commandSequence} of this key for device ${toHex(deviceId)} would go to ${url}.`,
      ...(stopped === null ? [] : [`! It would not be sent now: ${stopped}.`])
    ]
  })
}
